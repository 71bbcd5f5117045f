"""Reaching MLflow: what must hold in a process that does nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from golden_paths.clients import mlflow_client

CALLS = {
    "connect": "from golden_paths.clients.mlflow_client import connect; connect(sys.argv[1]).search_experiments()",
    "download": (
        "from golden_paths.clients.mlflow_tracking import MlflowTracking; from pathlib import Path\n"
        "try: MlflowTracking(sys.argv[1]).download('runs:/none/f', Path('.'))\n"
        "except Exception as error: print(type(error).__name__)"
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_the_plugin_that_feast_brings_for_mlflow_is_not_loaded(tmp_path: Path, call: str) -> None:
    code = f"import sys\n{CALLS[call]}\nprint('feast' in sys.modules)\n"
    code += "from mlflow.tracking.request_header.registry import resolve_request_headers as headers; print(sorted(headers()))"
    done = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{tmp_path}/mlflow.db"],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(mlflow_client.__file__).parents[2]),
            "MLFLOW_TRACKING_TOKEN": "s3cret",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-2:] == ["False", "['User-Agent', 'X-MLflow-Client-Version']"]
