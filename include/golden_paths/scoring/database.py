"""The platform's database of scores: PostgreSQL, or an SQLite file. One writer of a table at a time; all of its work or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from golden_paths.errors import StepFailed

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

POSTGRES, SQLITE = "postgresql", "sqlite"
PATIENCE = 60  # seconds for another writer of an SQLite file
CONNECTED_WITHIN = 30  # seconds
HINT = "see the Airflow connection scores_default, or GOLDEN_PATHS_SCORES_URI"


@dataclass(frozen=True)
class Database:
    """Where it is. `schema`: of PostgreSQL, the one that has the tables."""

    url: URL = field(repr=False)
    schema: str | None

    @classmethod
    def at(cls, uri: str | None) -> Database:
        """Raises `StepFailed` for None, and for what is no such database."""
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        if uri is None:
            raise StepFailed("score.table is set, and the platform has no database of scores", remedy=HINT)
        try:
            url = make_url(uri)
        except (ArgumentError, ValueError):  # its text has the whole address, and the password
            raise StepFailed("the address of the database of scores is none", remedy=HINT) from None
        kind = url.get_backend_name()
        if kind not in (POSTGRES, SQLITE) or url.database in (None, "", ":memory:"):
            raise StepFailed(
                f"scores cannot go into a database of type {kind}, or without a name",
                remedy=f"name postgresql+psycopg://HOST/DATABASE or sqlite:////FILE: {HINT}",
            )
        if "@" in (url.host or ""):
            raise StepFailed("the address of the database of scores has a second @", remedy="write %40 for one of the password")
        schema = url.query.get("schema", "public")
        url = url.difference_update_query(["schema"])
        if kind == POSTGRES:
            return cls(url.set(drivername=f"{POSTGRES}+psycopg"), str(schema))
        return cls(url.set(drivername=SQLITE), None)

    def address(self, table: str) -> str:
        """Of a table, without a sign-in."""
        if self.schema is None:
            return f"sqlite://localhost/{(self.url.database or '').lstrip('/')}/{table}"
        return f"postgres://{self.url.host or 'localhost'}:{self.url.port or 5432}/{self.url.database}/{self.schema}/{table}"

    @contextmanager
    def begun(self, lock: str | None = None) -> Iterator[Connection]:
        """A transaction; with `lock` the only one with this lock. Raises `StepFailed`."""
        from sqlalchemy import text
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError

        engine = self._engine()
        driver: Any = engine.dialect.loaded_dbapi
        try:
            with engine.begin() as connection:
                if lock and self.schema is not None:
                    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))"), {"lock": lock})
                yield connection
        except (SQLAlchemyError, driver.Error, ValueError, OverflowError) as error:  # SQLite's driver counts integers itself
            found = error.orig if isinstance(error, DBAPIError) else error  # SQLAlchemy's own text has the rows
            said = str(found).strip().partition("\n")[0][:300]
            for_good = isinstance(found, (*_of_the_values(driver), ValueError, OverflowError))
            told = StepFailed(f"the database of scores ({self._place}): {said}", remedy=HINT, retry=not for_good)
            raise told from None  # a traceback would have the rows
        finally:
            engine.dispose()

    @property
    def _place(self) -> str:
        return f"{self.url.host or 'localhost'}/{self.url.database}" if self.schema else str(self.url.database)

    def _engine(self) -> Engine:
        from sqlalchemy import create_engine, event
        from sqlalchemy.pool import NullPool

        try:
            if self.schema is not None:  # a snapshot from before the lock would not show what the other one wrote
                given = {"connect_timeout": CONNECTED_WITHIN, "client_encoding": "utf8"}
                given = {key: value for key, value in given.items() if key not in self.url.query}
                return create_engine(self.url, poolclass=NullPool, connect_args=given, isolation_level="READ COMMITTED")
            engine = create_engine(self.url, poolclass=NullPool, connect_args={"timeout": PATIENCE})
        except ImportError as error:
            raise StepFailed(f"scores cannot go into PostgreSQL here: {error}", remedy="install psycopg[binary]") from error
        event.listen(engine, "connect", _without_transactions_of_its_own)
        event.listen(engine, "begin", _alone)
        return engine


def _of_the_values(driver: Any) -> tuple[type[Exception], ...]:
    return (driver.DataError, driver.ProgrammingError, driver.IntegrityError)


def _without_transactions_of_its_own(connection: Any, _: Any) -> None:
    connection.isolation_level = None


def _alone(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
