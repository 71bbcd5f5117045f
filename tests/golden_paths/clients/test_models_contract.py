"""What every ModelRegistry keeps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from golden_paths.artifacts import ModelVersion
from golden_paths.clients.mlflow_models import MlflowModels
from golden_paths.clients.mlflow_tracking import MlflowTracking
from golden_paths.errors import StepFailed

TAGS = {
    "golden_paths.digest": "d" * 64,
    "golden_paths.weights": "w" * 64,
    "golden_paths.training_set": "t" * 64,
    "golden_paths.golden_records": "runs:/x/golden_records.json",
    "golden_paths.golden_digest": "g" * 64,
    "golden_paths.description": "Chance of progression.",
}


@pytest.fixture
def model() -> str:
    return f"model-{uuid4().hex[:8]}"


def logged(tracking: Any, model: str, key: str, folder: Path) -> tuple[str, str]:
    folder.mkdir(exist_ok=True)
    (folder / "MLmodel").write_text("flavors: {}\n")
    run = tracking.run(model, key, name="train", tags={})
    return run.id, tracking.log_model(run.id, folder)


def test_a_run_becomes_one_version(mlflow: Any, model: str, tmp_path: Path) -> None:
    first, uri = logged(mlflow.tracking, model, "key:1", tmp_path / "model")
    other, other_uri = logged(mlflow.tracking, model, "key:2", tmp_path / "model")
    assert mlflow.models.register(model, uri=uri, run_id=first, tags=TAGS) == "1"
    assert mlflow.models.register(model, uri=uri, run_id=first, tags=TAGS) == "1"
    assert mlflow.models.register(model, uri=other_uri, run_id=other, tags=TAGS) == "2"


def test_the_champion_is_rebuilt_from_its_tags(mlflow: Any, model: str, tmp_path: Path) -> None:
    assert mlflow.models.champion(model) is None
    run_id, uri = logged(mlflow.tracking, model, "key:1", tmp_path / "model")
    version = mlflow.models.register(model, uri=uri, run_id=run_id, tags=TAGS)
    mlflow.models.set_alias(model, "candidate", version)
    assert mlflow.models.champion(model) is None
    mlflow.models.set_alias(model, "champion", version)
    assert mlflow.models.champion(model) == ModelVersion(
        model=model,
        version="1",
        mlflow_run_id=run_id,
        uri=uri,
        digest="d" * 64,
        weights="w" * 64,
        training_set="t" * 64,
        golden_records="runs:/x/golden_records.json",
        golden_digest="g" * 64,
    )
    mlflow.models.tag_version(model, version, {"golden_paths.digest": "e" * 64})
    assert mlflow.models.champion(model).digest == "e" * 64


def test_an_alias_is_removed_and_removing_it_again_is_no_error(mlflow: Any, model: str, tmp_path: Path) -> None:
    run_id, uri = logged(mlflow.tracking, model, "key:1", tmp_path / "model")
    version = mlflow.models.register(model, uri=uri, run_id=run_id, tags=TAGS)
    for alias in ("candidate", "champion"):
        mlflow.models.set_alias(model, alias, version)
    for _ in range(2):
        mlflow.models.remove_alias(model, "champion")
        assert (mlflow.models.champion(model), mlflow.models.candidate(model)) == (None, version)
    mlflow.models.remove_alias(f"no-{model}", "champion")


def test_a_version_is_rebuilt_by_its_number_whatever_the_alias_says(mlflow: Any, model: str, tmp_path: Path) -> None:
    assert mlflow.models.version(model, "1") is None
    for number in ("1", "2"):
        run_id, uri = logged(mlflow.tracking, model, f"key:{number}", tmp_path / "model")
        assert mlflow.models.register(model, uri=uri, run_id=run_id, tags=TAGS | {"golden_paths.weights": number}) == number
        mlflow.models.set_alias(model, "champion", number)
        assert mlflow.models.version(model, number) == mlflow.models.champion(model)
    assert mlflow.models.version(model, "1").weights == "1"
    assert mlflow.models.version(model, "3") is None


def test_a_version_downloads_by_name_too(mlflow: Any, model: str, tmp_path: Path) -> None:
    if not isinstance(mlflow.models, MlflowModels):
        pytest.skip("the fake tracking knows no registered names; no step asks for one")
    run_id, uri = logged(mlflow.tracking, model, "key:1", tmp_path / "model")
    mlflow.models.register(model, uri=uri, run_id=run_id, tags=TAGS)
    assert (
        mlflow.tracking.download(f"models:/{model}/1", tmp_path / "down") / "MLmodel"
    ).read_text() == "flavors: {}\n"


@pytest.mark.real
def test_two_registrations_at_once_converge(server_uri: str, model: str, tmp_path: Path) -> None:
    run_id, uri = logged(MlflowTracking(server_uri), model, "key:1", tmp_path / "model")

    def register(_: int) -> str:
        return MlflowModels(server_uri).register(model, uri=uri, run_id=run_id, tags=TAGS)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(register, range(4)))
    assert register(0) == register(1)


@pytest.mark.real
def test_a_champion_of_another_platform_is_refused(server_uri: str, model: str) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(server_uri)
    client.create_registered_model(model)
    client.create_model_version(model, "s3://elsewhere/model")
    client.set_registered_model_alias(model, "champion", "1")
    with pytest.raises(StepFailed) as caught:
        MlflowModels(server_uri).champion(model)
    assert str(caught.value) == (
        f"champion {model} version 1 lacks the tags golden_paths.digest, golden_paths.weights, golden_paths.training_set, "
        "golden_paths.golden_records, golden_paths.golden_digest; it was not registered by this platform: "
        "give the alias champion to a version that was, or remove it"
    )
