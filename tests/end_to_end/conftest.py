"""A copy of the examples in a folder of its own, so that end-to-end runs leave nothing in the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BROUGHT = ("feature_repos", "models", "notebooks", "data")


def environment(project: Path) -> dict[str, str]:
    """The environment of a user whose project lies there, with this checkout's packages."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "MLFLOW", "GOLDEN_PATHS"))
    }
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "include"), str(ROOT / "operators")]),
        "GOLDEN_PATHS_STATE": str(project / ".golden_paths"),
        "AIRFLOW_HOME": str(project / "airflow"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "COLUMNS": "200",
    }


def golden_paths(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """python -m golden_paths, in the project."""
    command = [sys.executable, "-m", "golden_paths", *arguments]
    return subprocess.run(command, cwd=project, env=environment(project), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with the examples' content and an empty dags/; its endpoints are stopped at the end."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "dags").mkdir()
    for name in BROUGHT:
        shutil.copytree(ROOT / "include" / name, folder / "include" / name)
    yield folder
    golden_paths(folder, "stop", "--all")
