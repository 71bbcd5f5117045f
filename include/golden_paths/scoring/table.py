"""The table of scores: the rows of an interval are replaced in one transaction, and what they are made of is noted beside them.

A table belongs to the spec that was first to put scores into it, and one that no scores made is nobody's.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from golden_paths.errors import StepFailed
from golden_paths.scoring import interval, rows
from golden_paths.scoring.database import Database
from golden_paths.scoring.interval import Interval
from golden_paths.scoring.manifest import Manifest, Replaced
from golden_paths.scoring.output import Tell, in_silence, require_room

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Table as SqlTable

TABLES, SCORED = "golden_paths_score_tables", "golden_paths_scored"  # which spec's a table is; what its intervals are made of


class Table:
    """An `Output`."""

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name = database, name

    @property
    def address(self) -> str:
        """Of the table."""
        return self._database.address(self._name)

    def intervals(self) -> list[Interval]:
        """Those that are noted."""
        with self._database.begun() as connection:
            return _Noted(connection, self._database, self._name).intervals()

    def is_by_hand(self, one: Interval) -> bool:
        """As is noted."""
        with self._database.begun() as connection:
            return _Noted(connection, self._database, self._name).is_by_hand(one)

    def named(self, one: Interval) -> str:
        """The table, and what its column `interval` says."""
        return _named(self._database, self._name, one)

    def publish(self, scores: Path, manifest: Manifest, tell: Tell = in_silence) -> bool:
        """Readers see the interval's rows as they were before, or as they are then."""
        with self._database.begun(TABLES) as connection:  # two at once would both make them
            _bookkeeping(self._database)[0].metadata.create_all(connection)
        with self._database.begun(f"{TABLES}.{self._name}") as connection:
            noted = _Noted(connection, self._database, self._name)
            noted.own(manifest.spec)
            others = require_room(noted, manifest.interval, by_hand=manifest.by_hand)
            before = noted.manifests.get(manifest.interval)
            changed = not (manifest.says_the_same_as(before) and noted.rows(manifest.interval) == manifest.rows)
            if changed:
                given_way = [noted.replaced(one) for one in others]
                noted.remove(manifest.interval)
                rows.fill(connection, noted.table, scores, _text(manifest.interval))
                noted.add(manifest.in_place_of(before, given_way))
            for one in others:
                tell(one)
                noted.remove(one)
        return changed or bool(others)


class _Noted:
    """What is there of one table, in a transaction."""

    def __init__(self, connection: Connection, database: Database, name: str) -> None:
        from sqlalchemy import inspect, select

        self._connection, self._database, self._name = connection, database, name
        self._tables, self._scored = _bookkeeping(database)
        self.table = rows.table(name, database.schema)
        self.manifests: dict[Interval, Manifest] = {}
        self.there: set[str] = set()  # intervals that have rows
        look = inspect(connection)
        self._is_made = look.has_table(name, schema=database.schema)
        if not look.has_table(SCORED, schema=database.schema):
            return
        asked = select(self._scored.c.manifest).where(self._scored.c.table_name == name)
        found = [Manifest.model_validate_json(text) for text in connection.scalars(asked)]
        self.there = self._there()
        kept = [one for one in found if not one.rows or _text(one.interval) in self.there]  # others' rows were removed
        self.manifests = {one.interval: one for one in sorted(kept, key=lambda one: one.end)}

    def intervals(self) -> list[Interval]:
        return list(self.manifests)

    def is_by_hand(self, one: Interval) -> bool:
        return self.manifests[one].by_hand

    def named(self, one: Interval) -> str:
        return _named(self._database, self._name, one)

    def own(self, spec: str) -> None:
        """Raises `StepFailed` when the table is another spec's, or none that scores made."""
        from sqlalchemy import select

        whose = self._connection.scalar(select(self._tables.c.spec).where(self._tables.c.table_name == self._name))
        if whose is None:
            if self._is_made:
                problem = f"there is a table {self._name} in the database already, and no scores have made it"
                raise StepFailed(problem, remedy="name another one in score.table")
            self._connection.execute(self._scored.delete().where(self._scored.c.table_name == self._name))
            self.manifests = {}
            self._connection.execute(self._tables.insert().values(table_name=self._name, spec=spec))
        elif whose != spec:
            raise StepFailed(f"table {self._name} holds the scores of {whose}", remedy="name another one in score.table")
        elif self.there.difference(_text(one) for one in self.manifests):
            problem = f"table {self._name} has rows that are noted in {SCORED} for no interval: no scores have written them"
            raise StepFailed(problem, remedy="remove them, or name another table in score.table")

    def _there(self) -> set[str]:
        """The intervals of the table's rows. Raises `StepFailed` for a table that no scores made."""
        from sqlalchemy import inspect, select

        if not self._is_made:
            return set()
        columns = inspect(self._connection).get_columns(self._name, schema=self._database.schema)
        if rows.INTERVAL not in {str(one["name"]) for one in columns}:
            problem = f"table {self._name} has no column {rows.INTERVAL}: no scores have made it"
            raise StepFailed(problem, remedy="name another one in score.table")
        return {str(one) for one in self._connection.scalars(select(self.table.c.interval).distinct())}

    def rows(self, one: Interval) -> int:
        """How many there are, whatever is noted."""
        from sqlalchemy import func, select

        if not self._is_made:
            return -1
        found = select(func.count()).select_from(self.table).where(self.table.c.interval == _text(one))
        return int(self._connection.scalar(found) or 0)

    def replaced(self, one: Interval) -> Replaced:
        return Replaced(folder=one.folder, version=self.manifests[one].version, digest=self.manifests[one].digest)

    def remove(self, one: Interval) -> None:
        """Rows and note."""
        noted = self._scored.c
        self._connection.execute(
            self._scored.delete().where(noted.table_name == self._name, noted.interval == _text(one))
        )
        if self._is_made:
            self._connection.execute(self.table.delete().where(self.table.c.interval == _text(one)))

    def add(self, manifest: Manifest) -> None:
        values = {"table_name": self._name, "interval": _text(manifest.interval), "manifest": manifest.model_dump_json()}
        self._connection.execute(self._scored.insert().values(values))


def _bookkeeping(database: Database) -> tuple[SqlTable, SqlTable]:
    from sqlalchemy import Column, MetaData, Text
    from sqlalchemy import Table as SqlTable

    metadata = MetaData(schema=database.schema)

    def column(name: str, *, is_key: bool = True) -> Column[str]:
        return Column(name, Text, primary_key=is_key, nullable=False)

    tables = SqlTable(TABLES, metadata, column("table_name"), column("spec", is_key=False))
    scored = SqlTable(SCORED, metadata, column("table_name"), column("interval"), column("manifest", is_key=False))
    return tables, scored


def _text(one: Interval) -> str:
    return one.folder.removeprefix(interval.PREFIX)


def _named(database: Database, name: str, one: Interval) -> str:
    return f"{database.address(name)}, interval {_text(one)}"
