"""Registers the plugin of Golden Paths with Airflow, where the installed package does not do so itself."""

import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if find_spec("golden_paths_airflow") is None:  # a checkout that is not installed
    sys.path[:0] = [str(ROOT / "operators"), str(ROOT / "include")]

# Airflow reports a second plugin of one name as an import error.
if not entry_points(group="airflow.plugins", name="golden_paths"):
    from golden_paths_airflow.plugin import GoldenPathsPlugin  # noqa: F401
