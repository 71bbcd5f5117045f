"""Batch scores on a real Airflow: the interval that is due, and a backfill of those before it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from servers import Servers
from sqlalchemy import make_url

from examples import ROOT, environment, golden_paths
from golden_paths.project import Project
from local_endpoints import eventually
from postgres_server import postgres_server

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
MODEL, SCORES, IN_TABLE = "diabetes-progression", "diabetes-scores", "diabetes-scores-in-table"
DAYS = 2


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_server("127.0.0.1") as url:
        yield url


@pytest.fixture(scope="module")
def servers(project: Path, postgres: str) -> Iterator[Servers]:
    """Without a policy, so that nobody is asked; any interval may be scored by the champion of now."""
    for name in ("load_golden_paths.py", f"{MODEL}.yaml", f"{SCORES}.yaml"):
        shutil.copy(ROOT / "dags" / name, project / "dags")
    spec = project / "dags" / f"{SCORES}.yaml"
    text = f"{spec.read_text().rstrip()}\n  newer_model: true\n"
    spec.write_text(text)
    in_table = text.replace(f"name: {SCORES}", f"name: {IN_TABLE}") + "  table: progression_scores\n"
    (project / "dags" / f"{IN_TABLE}.yaml").write_text(in_table)
    made = Servers(Project(project, project / ".golden_paths"), home=project / "home")
    home = {"AIRFLOW_HOME": str(made.home / "airflow"), "MLFLOW_TRACKING_URI": made.mlflow_url}
    made.settings |= environment(project) | home | {"AIRFLOW_CONN_SCORES_DEFAULT": connection(postgres)}
    try:
        made.start()
        made.wait_for_dag(SCORES)
        yield made
    finally:
        made.stop()
        golden_paths(project, "stop", "--all")


def connection(url: str) -> str:
    """The database as a platform team would name it in Airflow."""
    of = make_url(url)
    where = {"host": of.host, "port": of.port, "schema": of.database, "login": of.username, "password": of.password}
    return json.dumps({"conn_type": "postgres", **where})


def succeeded(servers: Servers, dag: str, run: str) -> None:
    def has_ended() -> bool:
        servers.are_alive()
        return servers.airflow.run_state(dag, run) in ("success", "failed")

    assert eventually(has_ended, 240)
    assert servers.airflow.run_state(dag, run) == "success", servers.airflow.tasks(dag, run)


def test_each_interval_is_a_file_and_a_backfill_makes_those_of_before(servers: Servers, project: Path) -> None:
    airflow = servers.airflow
    succeeded(servers, MODEL, airflow.trigger(MODEL))
    airflow.unpause(SCORES)  # the interval that is due runs by itself
    assert eventually(lambda: bool(airflow.runs(SCORES)), 60)
    succeeded(servers, SCORES, str(airflow.runs(SCORES)[0]["dag_run_id"]))
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin, end = today - timedelta(days=DAYS + 1), today - timedelta(days=2)
    airflow.backfill(SCORES, begin, end)
    assert eventually(lambda: len(airflow.runs(SCORES)) == 1 + DAYS, 60)
    for run in airflow.runs(SCORES):
        succeeded(servers, SCORES, str(run["dag_run_id"]))

    folder = project / ".golden_paths" / "scores" / SCORES
    intervals = sorted(path.name for path in folder.iterdir() if path.name.startswith("interval="))
    days = [today - timedelta(days=number) for number in range(DAYS + 1, -1, -1)]
    expected = [f"interval={one:%Y%m%dT%H%M%SZ}_{two:%Y%m%dT%H%M%SZ}" for one, two in pairwise(days)]
    assert intervals == expected
    assert {str(run["run_type"]) for run in airflow.runs(SCORES)} == {"scheduled", "backfill"}
    patients = pd.read_parquet(project / "include/data/diabetes/patients.parquet")
    for (one, two), name in zip(pairwise(days), expected, strict=True):
        rows = pd.read_parquet(folder / name / "scores.parquet")
        due = patients[(patients["event_timestamp"] >= one) & (patients["event_timestamp"] < two)]
        assert sorted(rows["patient_id"]) == sorted(due["patient_id"])
        assert set(rows["version"]) == {"1"} and rows["prediction"].notna().all()
        assert json.loads((folder / name / "_manifest.json").read_text())["rows"] == len(due) > 0


def test_an_interval_is_rows_of_a_table_and_scored_again_it_is_the_same(servers: Servers, project: Path, postgres: str) -> None:
    """After the test above: the model has a champion."""
    airflow = servers.airflow
    airflow.unpause(IN_TABLE)
    assert eventually(lambda: bool(airflow.runs(IN_TABLE)), 60)
    run = str(airflow.runs(IN_TABLE)[0]["dag_run_id"])
    succeeded(servers, IN_TABLE, run)
    rows = pd.read_sql("SELECT * FROM progression_scores ORDER BY event_timestamp, patient_id", postgres)
    folder = project / ".golden_paths" / "scores" / SCORES
    in_files = pd.read_parquet(folder).sort_values(["event_timestamp", "patient_id"])
    in_files = in_files[in_files["interval"].astype(str) == rows["interval"][0]]
    assert len(rows) == len(in_files) > 0 and rows["interval"].nunique() == 1
    assert rows["prediction"].tolist() == in_files["prediction"].tolist()
    assert rows["score"].tolist() == pytest.approx(in_files["score"].tolist(), abs=0)
    told = airflow.task_log(IN_TABLE, run, "publish_scores", 1)
    password = str(make_url(postgres).password)
    assert "/public/progression_scores, interval " in told and password not in told
