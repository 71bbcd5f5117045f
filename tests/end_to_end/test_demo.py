"""`make demo` on real Airflow: scheduler, REST API, MLflow server, endpoint; and nothing is left running."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from examples import ROOT, environment

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
    assert [process.cmdline() for process in running() if str(tmp_path) in " ".join(environment_of(process))] == []


def running() -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if process.status() != psutil.STATUS_ZOMBIE]


def environment_of(process: psutil.Process) -> list[str]:
    try:
        return list(process.environ().values())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
