"""The examples, run as a user would run them: as processes, in a project folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BROUGHT = ("contracts", "feature_repos", "models", "notebooks", "data")


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
        "AIRFLOW__OPENLINEAGE__DISABLED": "False",  # which tests inside of Airflow set for this process
        "COLUMNS": "200",
    }


def golden_paths(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """python -m golden_paths, in the project."""
    command = [sys.executable, "-m", "golden_paths", *arguments]
    return subprocess.run(command, cwd=project, env=environment(project) | variables, capture_output=True, text=True, check=False)
