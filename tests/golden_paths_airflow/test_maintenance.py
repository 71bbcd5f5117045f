"""The platform's own DAG: there when there is a Marquez, and silent about itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bad_marquez import closed_port, marquez
from golden_paths.lineage import log
from lineage_events import event
from projects import make_project


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    return make_project(tmp_path)


def made(dags: Path) -> list[Any]:
    from golden_paths_airflow.maintenance import maintenance_dags

    return maintenance_dags(dags)


def test_without_a_marquez_there_is_none(dags: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENLINEAGE_URL", raising=False)
    assert made(dags) == []


def test_it_sends_what_is_missing_and_fails_while_marquez_is_away(dags: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.exceptions import AirflowException

    from golden_paths.project import Project

    monkeypatch.setenv("OPENLINEAGE_URL", closed_port())
    (dag,) = made(dags)
    assert (dag.is_paused_upon_creation, dag.catchup, dag.max_active_runs) == (False, False, 1)
    (task,) = dag.tasks
    log.Writer(log.folder_of(Project.of(dags / "spec.yaml"))).append(json.dumps(event("train", "COMPLETE", 1)))
    with pytest.raises(AirflowException, match="^1 lineage events are not sent yet: .* does not answer"):
        task.execute({})
    with marquez() as server:
        monkeypatch.setenv("OPENLINEAGE_URL", server.url)
        assert (task.execute({}), task.execute({}), len(server.got)) == (1, 0, 1)


def test_its_own_runs_are_not_recorded(tmp_path: Path) -> None:
    from golden_paths.lineage.events import Ref
    from golden_paths.lineage.events import event as made_event
    from golden_paths.lineage.touched import Touched
    from golden_paths.lineage.transport import LogFirstConfig, LogFirstTransport
    from golden_paths_airflow.maintenance import DAG_ID

    transport = LogFirstTransport(LogFirstConfig(str(tmp_path)))
    for job in (DAG_ID, f"{DAG_ID}.replay_lineage", "churn"):
        ref = Ref("00000000-0000-4000-8000-000000000001", job, "golden-paths", "TASK", "platform", "A job.")
        transport.emit(made_event("COMPLETE", ref, None, Touched()))
    assert [one["job"]["name"] for one in log.read(tmp_path)] == ["churn"]
