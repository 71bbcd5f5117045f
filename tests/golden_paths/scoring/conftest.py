"""Places of scores: a folder, a table of an SQLite file, a table of a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from golden_paths.scoring.database import Database
from outputs import empty
from postgres_server import postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_server("127.0.0.1") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Without a table."""
    return empty(request.param, request, tmp_path)
