"""`run FILE` of batch-scores: real Feast, a real MLflow and the example's model, without Airflow."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from examples import ROOT, environment, golden_paths

pytestmark = pytest.mark.real
TRAIN, SCORE = "dags/diabetes-progression.yaml", "dags/diabetes-scores.yaml"


def run(project: Path, *arguments: str, **variables: str) -> dict[str, Any]:
    done = golden_paths(project, "run", *arguments, "--json", **variables)
    assert done.returncode == 0, done.stderr
    return {one["step"]: one["artifact"] for one in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def url(project: Path) -> str:
    """The endpoint of the model that scores."""
    for spec in (TRAIN, SCORE):
        shutil.copy(ROOT / spec, project / spec)
    return str(run(project, TRAIN, "--run-id", "first")["promote"]["url"])


def test_the_example_scores_what_the_endpoint_would_answer(project: Path, url: str) -> None:
    made = run(project, SCORE)
    rows = pd.read_parquet(made["publish_scores"]["path"])
    patients = pd.read_parquet(project / "include/data/diabetes/patients.parquet")
    assert rows["patient_id"].tolist() == patients["patient_id"].tolist()
    assert made["score"]["rows"] == len(patients) > 400
    assert rows["reason"].isna().all()
    entities = [{"patient_id": int(patient)} for patient in rows["patient_id"][:50]]
    told = httpx.post(f"{url}/predict", json={"entities": entities}).json()["predictions"]
    assert rows["prediction"][:50].tolist() == [one["prediction"] for one in told]
    chances = [list(one["probabilities"].values())[1] for one in told]
    assert rows["score"][:50].tolist() == pytest.approx(chances, abs=1e-12)


def test_scores_go_into_a_table_of_the_platforms_database(project: Path, url: str, tmp_path: Path) -> None:
    spec, database = project / "dags" / "diabetes-table.yaml", tmp_path / "scores.db"
    text = (ROOT / SCORE).read_text().replace("name: diabetes-scores", "name: diabetes-table").rstrip()
    spec.write_text(f"{text}\n  table: progression_scores\n")
    without = golden_paths(project, "run", str(spec), "--quiet")
    assert without.returncode == 1
    assert "score.table is set, and the platform has no database of scores; see the Airflow connection" in without.stderr
    uri = f"sqlite:///{database}"
    made = run(project, str(spec), GOLDEN_PATHS_SCORES_URI=uri)
    run(project, SCORE)  # what is in no file yet
    in_files = pd.read_parquet(project / ".golden_paths" / "scores" / "diabetes-scores").sort_values("patient_id")
    rows = pd.read_sql("SELECT * FROM progression_scores ORDER BY patient_id", uri)
    assert rows["prediction"].tolist() == in_files["prediction"].tolist()
    assert rows["score"].tolist() == in_files["score"].tolist()
    assert set(rows["version"]) == {"1"} and made["publish_scores"]["changed"]
    up = golden_paths(project, "lineage", "progression_scores", "--up", GOLDEN_PATHS_SCORES_URI=uri).stdout
    assert "scores/diabetes-table" in up and "patients.parquet" in up


def interval() -> tuple[str, str]:
    """From now on, for a day: the champion serves at its end."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today - timedelta(days=6)).isoformat(), (today + timedelta(days=1)).isoformat()


def test_a_step_that_is_killed_at_work_leaves_nothing_half_and_is_done_again(project: Path, url: str) -> None:
    start, end = interval()
    output = project / ".golden_paths" / "scores" / "diabetes-scores"
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, "-m", "golden_paths", "run", SCORE, "--start", start, "--end", end]
    process = subprocess.Popen(command, cwd=project, env=environment(project), stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:  # the model is asked, or has just been
        if line.startswith("score"):
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not list(output.glob("interval=*/scores.parquet"))
    first = run(project, SCORE, "--start", start, "--end", end)
    content = Path(first["publish_scores"]["path"]).read_bytes()
    again = run(project, SCORE, "--start", start, "--end", end, "--run-id", "another")
    assert (first["publish_scores"]["changed"], again["publish_scores"]["changed"]) == (True, False)
    assert (again["score"], Path(again["publish_scores"]["path"]).read_bytes()) == (first["score"], content)


def test_an_interval_from_before_the_first_promotion_is_refused(project: Path, url: str) -> None:
    done = golden_paths(project, "run", SCORE, "--quiet", "--start", "2026-01-05", "--end", "2026-01-06")
    assert done.returncode == 1
    said = "no version of diabetes-progression served at 2026-01-06T00:00:00+00:00: version 1 was its first, from "
    assert said in done.stderr
    assert "set score.newer_model: true" in done.stderr


def test_the_scores_stand_in_the_graph_between_the_model_and_their_folder(project: Path, url: str) -> None:
    up = golden_paths(project, "lineage", "scores/diabetes-scores", "--up").stdout
    for node in ("diabetes-progression.register", "feast://diabetes/measurements", "patients.parquet"):
        assert node in up
    down = golden_paths(project, "impact", "measurements.parquet").stdout
    assert "diabetes-progression" in down


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--start", "2026-01-05"), "--start says from when; say until when, too: --end 2026-02-01"),
        (("--end", "tomorrow"), "--end 'tomorrow' is no time; write it as in 2026-01-31 or 2026-01-31T06:00"),
        (
            ("--start", "2026-01-06", "--end", "2026-01-06"),
            "--start 2026-01-06 is not before --end 2026-01-06; write the earlier one first",
        ),
    ],
)
def test_an_interval_that_is_none_is_refused(project: Path, url: str, options: tuple[str, ...], said: str) -> None:
    done = golden_paths(project, "run", SCORE, *options)
    assert (done.returncode, done.stderr.strip()) == (1, said)
