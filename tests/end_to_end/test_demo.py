"""`make demo` on real Airflow: scheduler, REST API, MLflow server, endpoint; and nothing is left running."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from examples import ROOT, environment
from left_running import left_running

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


def test_the_demo_answers_and_stops_all_it_started(tmp_path: Path) -> None:
    mine = environment(tmp_path) | {"DEMO_ONCE": "1", "GOLDEN_PATHS_PROJECT": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(ROOT / "include" / "demo")],
        env=mine,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "200 {" in done.stdout
    assert left_running(tmp_path) == []
