"""What every Tracking keeps."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fakes.mlflow_server import free_port
from golden_paths import digests
from golden_paths.clients.mlflow_tracking import MlflowTracking
from golden_paths.errors import StepFailed


def key_of(request: pytest.FixtureRequest) -> str:
    return f"key:{request.node.name}"


def model_folder(folder: Path, weights: str = "1") -> Path:
    (folder / "code").mkdir(parents=True, exist_ok=True)
    (folder / "MLmodel").write_text("flavors: {}\n")
    (folder / "code" / "own.py").write_text(f"WEIGHTS = {weights}\n")
    return folder


def test_a_key_names_one_run(mlflow: Any, request: pytest.FixtureRequest) -> None:
    first = mlflow.tracking.run("contract", key_of(request), name="train", tags={"golden_paths.owner": "team"})
    again = mlflow.tracking.run("contract", key_of(request), name="train", tags={"golden_paths.owner": "other"})
    assert again.id == first.id
    assert again.tags["golden_paths.owner"] == "team"
    assert mlflow.tracking.run("contract", key_of(request) + "2", name="train", tags={}).id != first.id
    assert mlflow.tracking.run("contract-2", key_of(request), name="train", tags={}).id != first.id


def test_tags_set_later_come_back_with_the_run(mlflow: Any, request: pytest.FixtureRequest) -> None:
    run = mlflow.tracking.run("contract", key_of(request), name="train", tags={})
    mlflow.tracking.tag(run.id, {"golden_paths.model": "{}", "golden_paths.reason": ""})
    mlflow.tracking.finish(run.id, failed=True)
    found = mlflow.tracking.run("contract", key_of(request), name="train", tags={}).tags
    assert (found["golden_paths.model"], found["golden_paths.reason"]) == ("{}", "")


def test_old_runs_with_a_tag_are_retired_a_few_at_a_time(mlflow: Any, request: pytest.FixtureRequest) -> None:
    def made(number: int, verdict: str, *, experiment: str = "retired", ends: bool = True) -> str:
        run = mlflow.tracking.run(experiment, f"{key_of(request)}:{number}", name="watch", tags={"golden_paths.verdict": verdict})
        if ends:
            mlflow.tracking.finish(run.id)
        return str(run.id)

    for number in range(3):
        made(number, "quiet")
    kept = {3: made(3, "alarm"), 4: made(4, "quiet", ends=False)}
    elsewhere = made(0, "quiet", experiment="not-retired")
    before, after = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)

    def retire(before: datetime, experiment: str = "retired") -> int:
        return int(mlflow.tracking.retire(experiment, tag=("golden_paths.verdict", "quiet"), before=before, most=2))

    assert [retire(before), retire(after), retire(after), retire(after), retire(after, "nowhere")] == [0, 2, 1, 0, 0]
    assert {number: made(number, "x", ends=False) for number in kept} == kept
    assert made(0, "x", experiment="not-retired") == elsewhere


def test_tags_and_files_of_a_run_are_listed_and_none_of_a_run_that_is_not_there(
    mlflow: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run = mlflow.tracking.run("contract", key_of(request), name="train", tags={"golden_paths.owner": "team"})
    file = tmp_path / "report.html"
    file.write_text("report")
    mlflow.tracking.upload(run.id, file, "evaluation")
    mlflow.tracking.upload(run.id, file)
    assert mlflow.tracking.tags(run.id)["golden_paths.owner"] == "team"
    assert mlflow.tracking.files(run.id) == {"evaluation", "report.html"}
    assert mlflow.tracking.files(run.id, "evaluation") == {"report.html"}
    assert mlflow.tracking.files(run.id, "card") == set()
    assert (mlflow.tracking.tags("f" * 32), mlflow.tracking.files("f" * 32)) == ({}, set())


@pytest.mark.real
def test_two_callers_at_once_converge_on_one_run(server_uri: str) -> None:
    def call(_: int) -> str:
        return MlflowTracking(server_uri).run("race", "key:race", name="train", tags={}).id

    MlflowTracking(server_uri).run("race", "key:warm", name="train", tags={})
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(4)))
    assert len({call(0), call(1)}) == 1


def test_what_was_uploaded_comes_back(mlflow: Any, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    run = mlflow.tracking.run("contract", key_of(request), name="train", tags={})
    file = tmp_path / "golden_records.json"
    for text in ("old", "new"):
        file.write_text(text)
        uri = mlflow.tracking.upload(run.id, file)
    assert uri == f"runs:/{run.id}/golden_records.json"
    assert mlflow.tracking.download(uri, tmp_path / "down").read_text() == "new"
    assert mlflow.tracking.upload(run.id, file, "code") == f"runs:/{run.id}/code/golden_records.json"
    folder = model_folder(tmp_path / "report")
    assert mlflow.tracking.upload(run.id, folder, "evaluation") == f"runs:/{run.id}/evaluation"
    fetched = mlflow.tracking.download(f"runs:/{run.id}/evaluation", tmp_path / "folder")
    assert digests.of_folder(fetched) == digests.of_folder(folder)


def test_a_missing_artifact_is_an_error_that_names_it(
    mlflow: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run = mlflow.tracking.run("contract", key_of(request), name="train", tags={})
    with pytest.raises(StepFailed, match="gone.json|download"):
        mlflow.tracking.download(f"runs:/{run.id}/gone.json", tmp_path / "down")


def test_a_logged_model_keeps_its_digest_and_replaces_the_one_before(
    mlflow: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run = mlflow.tracking.run("contract", key_of(request), name="train", tags={})
    killed = mlflow.tracking.log_model(run.id, model_folder(tmp_path / "model", weights="0"))
    folder = model_folder(tmp_path / "model")
    before = digests.of_folder(folder)
    uri = mlflow.tracking.log_model(run.id, folder)
    assert uri.startswith("models:/m-")
    assert digests.of_folder(folder) == before
    assert digests.of_folder(mlflow.tracking.download(uri, tmp_path / "down")) == before
    with pytest.raises(StepFailed):
        mlflow.tracking.download(killed, tmp_path / "killed")


def test_logging_again_is_no_error_and_another_value_for_a_param_is(
    mlflow: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run = mlflow.tracking.run("contract", key_of(request), name="train", tags={})
    frame = tmp_path / "frame.parquet"
    pd.DataFrame({"dose": [0.5], "age": [3], "when": pd.to_datetime(["2026-01-01"], utc=True), "y": ["a"]}).to_parquet(
        frame
    )
    for _ in range(2):
        mlflow.tracking.params(run.id, {"C": 0.5, "deep": None})
        mlflow.tracking.metrics(run.id, {"roc_auc": 0.8})
        mlflow.tracking.log_dataset(
            run.id, name="set", digest="a" * 64, uri=f"runs:/{run.id}/x", frame=frame, label="y"
        )
    mlflow.tracking.finish(run.id)
    with pytest.raises(StepFailed, match="C"):
        mlflow.tracking.params(run.id, {"C": 0.6})


@pytest.mark.real
def test_the_run_shows_status_dataset_and_model_in_mlflow(server_uri: str, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    tracking = MlflowTracking(server_uri)
    run = tracking.run("shown", "key:shown", name="train", tags={"long": "x" * 9000})
    frame = tmp_path / "frame.parquet"
    pd.DataFrame({"dose": [0.5], "y": [1]}).to_parquet(frame)
    tracking.log_dataset(run.id, name="set", digest="a" * 64, uri="runs:/x/y", frame=frame, label="y")
    uri = tracking.log_model(run.id, model_folder(tmp_path / "model"))
    tracking.finish(run.id)
    found = MlflowClient(server_uri).get_run(run.id)
    assert found.info.status == "FINISHED"
    assert found.data.tags["long"] == "x" * 7997 + "..."
    (dataset,) = found.inputs.dataset_inputs
    assert {tag.key: tag.value for tag in dataset.tags} == {
        "mlflow.data.context": "training",
        "golden_paths.sha256": "a" * 64,
    }
    assert [output.model_id for output in found.outputs.model_outputs] == [uri.removeprefix("models:/")]


def test_a_server_that_is_away_is_named_soon_and_worth_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    uri = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    begin = time.monotonic()
    with pytest.raises(StepFailed) as caught:
        MlflowTracking(uri).run("contract", "key:away", name="train", tags={})
    assert caught.value.retry
    assert caught.value.problem.startswith(f"MLflow at {uri} did not answer: ")
    assert caught.value.remedy == "start it, or set MLFLOW_TRACKING_URI to where it runs"
    assert time.monotonic() - begin < 30
