"""The platform's own Airflow DAG: see golden_paths_airflow/maintenance.py."""

import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if find_spec("golden_paths_airflow") is None:  # a checkout that is not installed
    sys.path[:0] = [str(ROOT / "operators"), str(ROOT / "include")]

from golden_paths_airflow.maintenance import maintenance_dags  # noqa: E402

globals().update((dag.dag_id, dag) for dag in maintenance_dags(Path(__file__).parent))
