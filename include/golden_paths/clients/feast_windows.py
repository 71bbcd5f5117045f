"""Cuts an interval into windows that hold a bounded number of source rows.

Feast materializes a window in memory, so what a window holds bounds what materialization takes. A single timestamp is
never cut: when more rows than the limit share one, they make a window of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from golden_paths.clients.feast_entities import TIMESTAMP

DUMMY = "__dummy_id"  # how Feast calls the key of a view that has no entity
TICK = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """The rows of a source from `start` to `newest`, both included. `keys` counts the distinct entity keys."""

    start: datetime
    newest: datetime
    rows: int
    keys: int

    def __str__(self) -> str:
        return f"{self.rows} rows from {self.start.isoformat()} to {self.newest.isoformat()}"


@dataclass(frozen=True)
class Source:
    """A parquet file, its timestamp column, and its key columns by the name of the join key they stand for."""

    file: str
    timestamp: str
    keys: dict[str, str]

    def between(self, start: datetime, end: datetime) -> Window | None:
        """All rows of [start, end) as one window; None when there is none."""
        with _opened(self) as source:
            return source.window(_micros(start), _micros(end))

    def windows(self, start: datetime, end: datetime, *, limit: int) -> Iterator[Window]:
        """The windows of [start, end) that hold rows, oldest first, at most `limit` rows each."""
        at, until = _micros(start), _micros(end)
        with _opened(self) as source:
            while at < until and (oldest := source.oldest(at, until)) is not None:
                at = source.cut(oldest, until, limit)
                found = source.window(oldest, at)
                assert found is not None, "a row was there, and is gone: the source changed while it was read"
                yield found

    def columns(self) -> dict[str, str]:
        """duckdb's type of every column."""
        import duckdb

        with duckdb.connect() as connection:
            rows = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{_quoted(self.file)}')").fetchall()
        return {row[0]: row[1] for row in rows}

    def content(self, end: datetime, start: datetime = EPOCH) -> str:
        """A digest of all rows from `start` to before `end`, whatever their order."""
        import duckdb

        query = (
            f"SELECT count(*), sum(hash(row)::HUGEINT) FROM read_parquet('{_quoted(self.file)}') AS row"
            f" WHERE {self.moment} >= ? AND {self.moment} < ?"
        )
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            rows, total = connection.execute(query, [_micros(start), _micros(end)]).fetchall()[0]
        return f"{rows} {total}"

    @property
    def moment(self) -> str:
        """Its timestamp in SQL, in microseconds since 1970, UTC."""
        return f'epoch_us("{self.timestamp}"::TIMESTAMPTZ)'

    def put(self, start: datetime, end: datetime, columns: Mapping[str, str], file: Path) -> None:
        """Write the rows of [start, end) to a parquet file, by time and keys: name -> column, and the time as `timestamp`."""
        import duckdb

        named = ", ".join(f'"{column}" AS "{name}"' for name, column in columns.items())
        order = ", ".join([self.moment, *(f'"{column}"' for column in self.keys.values())])
        query = (
            f'SELECT {named}, "{self.timestamp}"::TIMESTAMPTZ AS "{TIMESTAMP}" FROM read_parquet(\'{_quoted(self.file)}\')'
            f" WHERE {self.moment} >= {_micros(start)} AND {self.moment} < {_micros(end)} ORDER BY {order}"
        )
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"COPY ({query}) TO '{_quoted(str(file))}' (FORMAT parquet)")

    def repeated(self, start: datetime, end: datetime) -> int:
        """How many rows of [start, end) have the keys and time of another."""
        with _opened(self) as source:
            return source.repeated(_micros(start), _micros(end))

    def keyless(self, start: datetime, end: datetime) -> int:
        """How many rows of [start, end) lack a key."""
        with _opened(self) as source:
            return source.keyless(_micros(start), _micros(end))

    def sample(self, newest: datetime, count: int = 5) -> list[dict[str, Any]]:
        """Entity keys of up to `count` rows of one moment."""
        with _opened(self) as source:
            return source.keys(_micros(newest), count)


class _Rows:
    """A source in duckdb: `moment` is its timestamp in microseconds since 1970, UTC; the keys go by their join keys' names."""

    def __init__(self, connection: Any, names: list[str]) -> None:
        self._connection, self._names = connection, names

    def oldest(self, start: int, end: int) -> int | None:
        found: int | None = self._row("SELECT min(moment) FROM source WHERE moment >= ? AND moment < ?", start, end)[0]
        return found

    def cut(self, start: int, end: int, limit: int) -> int:
        """Where a window that starts at the row of `start` must end."""
        within = "SELECT moment FROM source WHERE moment >= ? AND moment < ? ORDER BY moment LIMIT 1 OFFSET ?"
        beyond = self._row(within, start, end, limit)
        if beyond is None:
            return end
        if beyond[0] > start:
            return int(beyond[0])
        next_moment = self.oldest(start + 1, end)
        return end if next_moment is None else next_moment

    def window(self, start: int, end: int) -> Window | None:
        distinct = f"count(DISTINCT row({', '.join(self._names)}))" if self._names else "1"
        rows, oldest, newest, keys = self._row(
            f"SELECT count(*), min(moment), max(moment), {distinct} FROM source WHERE moment >= ? AND moment < ?", start, end
        )
        return Window(_time(oldest), _time(newest), rows, keys) if rows else None

    def repeated(self, start: int, end: int) -> int:
        one = f"row({', '.join([*self._names, 'moment'])})"
        query = f"SELECT count(*) - count(DISTINCT {one}) FROM source WHERE moment >= ? AND moment < ?"
        return int(self._row(query, start, end)[0])

    def keyless(self, start: int, end: int) -> int:
        lacking = " OR ".join(f"{name} IS NULL" for name in self._names) or "FALSE"
        query = f"SELECT count(*) FROM source WHERE moment >= ? AND moment < ? AND ({lacking})"
        return int(self._row(query, start, end)[0])

    def keys(self, moment: int, count: int) -> list[dict[str, Any]]:
        names = ", ".join(self._names)
        query = f"SELECT DISTINCT {names} FROM source WHERE moment = ? ORDER BY {names} LIMIT ?"
        rows = self._connection.execute(query, [moment, count]).fetchall() if names else []
        return [dict(zip((name.strip('"') for name in self._names), row, strict=True)) for row in rows]

    def _row(self, query: str, *values: int) -> Any:
        return self._connection.execute(query, list(values)).fetchone()


@contextmanager
def _opened(source: Source) -> Iterator[_Rows]:
    import duckdb

    columns = "".join(f', "{column}" AS "{name}"' for name, column in source.keys.items())
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            f"CREATE VIEW source AS SELECT {source.moment} AS moment{columns}"
            f" FROM read_parquet('{_quoted(source.file)}')"
        )
        yield _Rows(connection, [f'"{name}"' for name in source.keys])


def _quoted(file: str) -> str:
    return file.replace("'", "''")


def _micros(moment: datetime) -> int:
    return (moment.astimezone(UTC) - EPOCH) // TICK


def _time(micros: int) -> datetime:
    return EPOCH + micros * TICK
