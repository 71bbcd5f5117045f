"""Cuts an interval into windows that hold a bounded number of source rows.

Feast materializes a window in memory, at about 4 KiB a row (1M rows x 3 features took 4 GiB): at most 100,000 rows
a window keep it near half a GiB, whatever the interval. A single timestamp is never cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

WINDOW_ROWS = 100_000
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Window:
    """[start, end) of a source, with what it holds."""

    start: datetime
    end: datetime
    rows: int
    newest: datetime
    sample: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.rows} rows from {self.start.isoformat()} to {self.end.isoformat()}"


@dataclass(frozen=True)
class Source:
    """A parquet file, its timestamp column and its key columns."""

    file: str
    timestamp: str
    keys: tuple[str, ...]


def windows(source: Source, start: datetime, end: datetime, limit: int = WINDOW_ROWS) -> list[Window]:
    """The windows of [start, end) that hold rows, oldest first."""
    import duckdb

    column = f'"{source.timestamp}"'
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE VIEW source AS SELECT * FROM read_parquet('{_quoted(source.file)}')")
        counts = connection.execute(
            f"SELECT epoch_us({column}::TIMESTAMPTZ) AS moment, count(*) FROM source"
            f" WHERE {column}::TIMESTAMPTZ >= ?::TIMESTAMPTZ AND {column}::TIMESTAMPTZ < ?::TIMESTAMPTZ"
            " GROUP BY moment ORDER BY moment",
            [start.isoformat(), end.isoformat()],
        ).fetchall()
        groups = _grouped(counts, limit)
        return [_window(connection, source, group) for group in groups]


def _quoted(path: str) -> str:
    return path.replace("'", "''")


def _grouped(counts: list[tuple[int, int]], limit: int) -> list[list[tuple[int, int]]]:
    groups: list[list[tuple[int, int]]] = []
    held = 0
    for at, rows in counts:
        if not groups or held + rows > limit:
            groups.append([])
            held = 0
        groups[-1].append((at, rows))
        held += rows
    return groups


def _window(connection: Any, source: Source, group: list[tuple[int, int]]) -> Window:
    first, last = (_time(group[at][0]) for at in (0, -1))
    keys = ", ".join(f'"{key}"' for key in source.keys)
    newest = f'SELECT {keys} FROM source WHERE epoch_us("{source.timestamp}"::TIMESTAMPTZ) = ? LIMIT 1'
    row = connection.execute(newest, [group[-1][0]]).fetchone()
    sample = dict(zip(source.keys, row, strict=True))
    # Feast takes both ends as part of a window.
    return Window(first, last + TICK, sum(rows for _, rows in group), last, sample)


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
