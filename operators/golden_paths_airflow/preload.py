"""Libraries that a scheduler imports before it forks its workers, so that their tasks find them imported.

With LocalExecutor the scheduler forks its workers when it starts, and each task is a fork of its worker: what is there is
shared memory, and what a task imports is lost with it. Importing these takes 4 to 6 s of CPU, in six of a path's eight
tasks. Opt in with GOLDEN_PATHS_PRELOAD=1 in the scheduler's environment: it makes the scheduler larger by what is imported.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module

VARIABLE = "GOLDEN_PATHS_PRELOAD"
# What the steps use in the worker's own process; what a spec brings runs in children of other kinds.
LIBRARIES = (
    "mlflow.tracking",
    "mlflow.artifacts",
    "mlflow.store.tracking.rest_store",
    "mlflow.store.model_registry.rest_store",
    "mlflow.store.artifact.mlflow_artifacts_repo",
    "pandas",
    "pyarrow.parquet",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.calibration",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "httpx",
    "psutil",
)


def wanted() -> bool:
    """Whether this process is a scheduler that was asked to. Other processes of Airflow run no steps."""
    return os.environ.get(VARIABLE) == "1" and sys.argv[1:2] == ["scheduler"]


def preload() -> None:
    """Import them; one that is not installed is left to the step that needs it."""
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            import_module(name)
