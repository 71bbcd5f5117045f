"""Registers the links of Golden Paths with Airflow."""

import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if find_spec("golden_paths_airflow") is None:  # a checkout that is not installed
    sys.path[:0] = [str(ROOT / "operators"), str(ROOT / "include")]

from golden_paths_airflow.plugin import GoldenPathsPlugin  # noqa: E402, F401
