"""`make demo-drift` on real Airflow: quiet, an alarm, one retrain, a new champion, quiet; and what it leaves behind."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from examples import ROOT, environment
from golden_paths import history
from golden_paths.clients.mlflow_models import MlflowModels
from left_running import left_running

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
DAG = "diabetes-progression"


def test_shifted_traffic_is_one_alarm_one_retrain_and_quiet(tmp_path: Path) -> None:
    state = tmp_path / "state"
    mine = environment(tmp_path) | {"DEMO_ONCE": "1", "GOLDEN_PATHS_PROJECT": str(ROOT), "GOLDEN_PATHS_STATE": str(state)}
    done = subprocess.run(
        [sys.executable, str(ROOT / "include" / "demo" / "drift.py")],
        env=mine,
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-4000:]
    first, second, third = re.split(r"answers of version \d+; what follows: (?:nothing|retrain)", done.stdout)[:3]
    assert "ALARM" not in first and "ALARM  bmi has drifted" in second and "ALARM  bp has drifted" in second
    assert "ALARM" not in third and "version 2" in done.stdout
    assert left_running(tmp_path) == []

    models = MlflowModels(f"sqlite:///{state / 'drift' / 'demo' / 'mlflow.db'}")
    entries = history.entries(models, DAG)
    assert [one.what for one in entries] == ["approved", "promoted", "renewed", "approved", "promoted", "calm"]
    assert entries[2].run == entries[4].run
    assert entries[2].why.startswith("drift: bmi has drifted")
    assert list(history.faults(models, DAG)) == []
    reasons_in_airflow(state / "drift" / "demo" / "airflow" / "airflow.db", entries[2].run)


def reasons_in_airflow(database: Path, renewal: str) -> None:
    """The run has its reason in its conf, and an asset event tells it too."""
    with sqlite3.connect(database) as airflow:
        ((conf,),) = airflow.execute("SELECT conf FROM dag_run WHERE run_id = ?", [renewal]).fetchall()
        events = airflow.execute(
            "SELECT asset.name, asset_event.extra FROM asset_event JOIN asset ON asset.id = asset_event.asset_id"
        ).fetchall()
    told = json.loads(conf)["golden_paths"]
    assert (told["causes"], told["version"]) == (["drift"], "1") and told["reason"].startswith("drift: bmi has drifted")
    assert [(name, json.loads(extra)) for name, extra in events] == [(f"{DAG}.retrain", told)]
