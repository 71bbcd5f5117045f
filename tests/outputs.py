"""Places of scores, for tests: a folder, and tables of real databases."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy

from golden_paths import digests
from golden_paths.scoring.database import Database
from golden_paths.scoring.manifest import Manifest
from golden_paths.scoring.output import Output


def file(folder: Path, content: str, rows: int = 1) -> Path:
    """A file of scores, all of which are this text."""
    made = folder / f"{content}-{rows}.parquet"
    pd.DataFrame({"prediction": [content] * rows}).to_parquet(made)
    return made


def manifest(made: Path, start: datetime | None, end: datetime, **more: Any) -> Manifest:
    """What a file of scores is made of, as far as a place looks at it."""
    facts = {"spec": "daily", "model": "churn", "version": "1", "uri": "runs:/1/scores.parquet", "by_hand": False}
    of = dict.fromkeys(("spec_digest", "model_digest", "entities_digest", "features_digest"), "d" * 64)
    rows = len(pd.read_parquet(made))
    told = {"start": start, "end": end, "rows": rows, "unanswered": 0, "digest": digests.of_file(made)}
    return Manifest(**{**facts, **of, **told, **more})


def publish(
    output: Output, folder: Path, content: str, start: datetime | None, end: datetime, *, many: int = 1, **more: Any
) -> bool:
    """Put `many` rows of this text into the interval's place."""
    made = file(folder, content, many)
    return output.publish(made, manifest(made, start, end, **more))


def table(database: Database, name: str) -> pd.DataFrame:
    """All of a table's rows, in the order of intervals."""
    with database.begun() as connection:
        named = sqlalchemy.text(f'SELECT * FROM "{name}" ORDER BY interval')
        return pd.read_sql(named, connection)


def empty(kind: str, request: pytest.FixtureRequest, folder: Path) -> Database:
    """A database without a table: an SQLite file, or the PostgreSQL of the fixture `postgres`."""
    if kind == "sqlite":
        return Database.at(f"sqlite:///{folder / 'scores.db'}")
    made = Database.at(request.getfixturevalue("postgres"))
    with made.begun() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    return made
