from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from golden_paths.clients.local_target import LocalTarget
from golden_paths.project import Project
from local_endpoints import NAME, processes, saved_model
from serving import Saved


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    return saved_model(tmp_path_factory.mktemp("saved") / "model")


@pytest.fixture
def target(tmp_path: Path) -> Iterator[LocalTarget]:
    """Endpoints in `tmp_path`; nothing may be left of them."""
    target = LocalTarget(Project(tmp_path, tmp_path / "state"))
    yield target
    target.stop(NAME)
    assert processes(tmp_path) == []
