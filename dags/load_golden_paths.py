"""Turns every *.yaml beside this file into an Airflow DAG."""

import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if find_spec("golden_paths_airflow") is None:  # a checkout that is not installed
    sys.path[:0] = [str(ROOT / "operators"), str(ROOT / "include")]

from golden_paths_airflow.dag_factory import load_dags  # noqa: E402

globals().update((dag.dag_id, dag) for dag in load_dags(Path(__file__).parent))
