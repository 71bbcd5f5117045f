"""A feature refresh without Airflow; and on real Airflow, where two models start from one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from servers import Servers

from examples import ROOT, environment, golden_paths
from golden_paths.project import Project
from local_endpoints import eventually

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
REFRESH, MODELS = "diabetes-features", ("first", "second")
SPEC = f"dags/{REFRESH}.yaml"


@pytest.fixture(scope="module")
def refreshing(project: Path) -> Path:
    """The project with the refresh, and two models that rely on it."""
    # By hand, it takes the rows up to now; on its schedule, those up to midnight, of which the newest may be too old by day.
    (project / SPEC).write_text((ROOT / SPEC).read_text().replace('schedule: "@daily"\n', ""))
    model = (ROOT / "dags" / "diabetes-progression.yaml").read_text().replace('schedule: "@weekly"\n', "")
    model = model.replace("  service: progression_v1\n", f"  service: progression_v1\n  refreshed_by: {REFRESH}\n")
    for name in MODELS:
        (project / "dags" / f"{name}.yaml").write_text(model.replace("name: diabetes-progression", f"name: {name}"))
    return project


def test_rows_that_break_the_contract_are_told_and_not_written_until_they_are_mended(refreshing: Path) -> None:
    source = refreshing / "include" / "data" / "diabetes" / "measurements.parquet"
    before, frame = source.read_bytes(), pd.read_parquet(source)
    frame.loc[frame.index[:3], "bp"] = 1000.0
    frame.to_parquet(source)
    done = golden_paths(refreshing, "run", SPEC)
    assert done.returncode == 1
    assert "bp (range): expected from 40 to 200, found 3 of 442 rows" in done.stderr
    assert "rows written" not in done.stdout
    source.write_bytes(before)
    done = golden_paths(refreshing, "run", SPEC, "--json")
    assert done.returncode == 0, done.stderr
    made = {one["step"]: one["artifact"] for one in json.loads(done.stdout)}
    assert list(made) == ["check_features", "materialize"]
    assert {view["view"]: view["rows"] for view in made["materialize"]["views"]} == {"demographics": 442, "measurements": 442}


@pytest.fixture(scope="module")
def servers(refreshing: Path) -> Iterator[Servers]:
    (refreshing / "dags" / "load_golden_paths.py").write_text((ROOT / "dags" / "load_golden_paths.py").read_text())
    made = Servers(Project(refreshing, refreshing / "airflow-state"), home=refreshing / "home")
    made.settings |= environment(refreshing) | {
        "AIRFLOW_HOME": str(made.home / "airflow"),
        "GOLDEN_PATHS_STATE": str(made.project.state),
        "MLFLOW_TRACKING_URI": made.mlflow_url,
    }
    try:
        made.start()
        for dag in (REFRESH, *MODELS):
            made.wait_for_dag(dag)
        yield made
    finally:
        made.stop()


def test_two_models_start_from_one_refresh_and_write_no_features_themselves(servers: Servers) -> None:
    airflow = servers.airflow
    for dag in MODELS:
        airflow.unpause(dag)
    run = airflow.trigger(REFRESH)

    def looked(dag: str) -> list[str]:
        """Runs of the model in which its first step has ended well."""
        servers.are_alive()
        return [
            one["dag_run_id"]
            for one in airflow.runs(dag)
            for task in airflow.tasks(dag, one["dag_run_id"])
            if (task["task_id"], task["state"]) == ("materialize", "success")
        ]

    assert eventually(lambda: all(looked(dag) for dag in MODELS), 300), airflow.task_log(REFRESH, run, "materialize", 1)
    wrote = airflow.result(REFRESH, run, "materialize")
    assert [view["rows"] for view in wrote["views"]] == [442, 442]
    for dag in MODELS:
        (started,) = airflow.runs(dag)
        assert started["run_type"] == "asset_triggered"
        assert airflow.result(dag, started["dag_run_id"], "materialize") == wrote
        assert f"442 rows written by {REFRESH}" in airflow.task_log(dag, started["dag_run_id"], "materialize", 1)
