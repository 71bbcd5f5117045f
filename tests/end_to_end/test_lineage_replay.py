"""Marquez was down and is back: a real scheduler sends what it was not given, and nobody had to switch anything on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Servers

from bad_marquez import Marquez, marquez
from examples import ROOT, environment
from golden_paths.lineage import log
from golden_paths.lineage.replay import missing
from golden_paths.project import Project
from lineage_events import event
from local_endpoints import eventually

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
DAG = "golden-paths-maintenance"


@pytest.fixture
def airflow(project: Path) -> Iterator[tuple[Servers, Marquez, Path]]:
    """Airflow alone, with the platform's own DAG, a Marquez, and a log of which it knows nothing."""
    shutil.copy(ROOT / "dags" / "golden_paths_maintenance.py", project / "dags")
    of_project = Project(project, project / ".golden_paths")
    folder = of_project.state / "lineage"
    for number in range(3):
        log.Writer(folder).append(json.dumps(event(f"job{number}", "COMPLETE", number)))
    servers = Servers(of_project, home=project / "home")
    with marquez() as server:
        home = {"AIRFLOW_HOME": str(servers.home / "airflow"), "GOLDEN_PATHS_PRELOAD": "", "OPENLINEAGE_URL": server.url}
        servers.settings |= environment(project) | home
        try:
            servers.start_airflow()
            servers.wait("Airflow is healthy", servers.airflow.is_healthy, 240)
            servers.airflow.sign_in()
            yield servers, server, folder
        finally:
            servers.stop()


def test_the_platforms_dag_is_on_and_sends_what_is_missing_and_says_nothing_of_itself(
    airflow: tuple[Servers, Marquez, Path],
) -> None:
    servers, server, folder = airflow
    servers.wait_for_dag(DAG)
    assert eventually(lambda: missing(folder) == [], 180)
    assert [one["job"]["name"] for one in server.got] == ["job0", "job1", "job2"]
    run = servers.airflow.trigger(DAG)
    assert eventually(lambda: servers.airflow.run_state(DAG, run) in ("success", "failed"), 120)
    assert servers.airflow.run_state(DAG, run) == "success"
    assert len(server.got) == 3
    assert {one["job"]["name"] for one in log.read(folder)} == {"job0", "job1", "job2"}
