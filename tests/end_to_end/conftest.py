"""A copy of the examples in a folder of its own, so that end-to-end runs leave nothing in the checkout."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples import BROUGHT, ROOT, golden_paths


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with the examples' content and an empty dags/; its endpoints are stopped at the end."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "dags").mkdir()
    for name in BROUGHT:
        shutil.copytree(ROOT / "include" / name, folder / "include" / name)
    yield folder
    golden_paths(folder, "stop", "--all")
