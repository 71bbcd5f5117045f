"""What an audit reads of MLflow is what the platform wrote there."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from fakes.registry import FakeRegistry
from golden_paths.audit.registry import Registry
from golden_paths.clients.mlflow_models import MlflowModels
from golden_paths.clients.mlflow_reader import MlflowReader
from golden_paths.clients.mlflow_tracking import MlflowTracking
from golden_paths.errors import StepFailed


@pytest.fixture(
    params=[pytest.param("database", marks=pytest.mark.real), pytest.param("server", marks=pytest.mark.real)]
)
def uri(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_uri"))


def test_versions_runs_alias_and_files_are_read_as_they_were_written(uri: str, tmp_path: Path) -> None:
    model, reader = f"model-{uuid4().hex[:8]}", MlflowReader(uri)
    tracking, models = MlflowTracking(uri), MlflowModels(uri)
    assert (reader.versions(model), reader.champion(model)) == ((), None)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors: {}\n")
    (tmp_path / "spec.yaml").write_text("name: churn\n")
    for number in ("1", "2"):
        run = tracking.run(model, f"key:{number}", name="train", tags={"golden_paths.code": "fit"})
        tracking.params(run.id, {"C": 0.5})
        tracking.metrics(run.id, {"roc_auc": 0.8})
        tracking.upload(run.id, tmp_path / "spec.yaml")
        logged = tracking.log_model(run.id, tmp_path / "model")
        tracking.finish(run.id)
        assert models.register(model, uri=logged, run_id=run.id, tags={"golden_paths.digest": number}) == number
    models.set_alias(model, "champion", "1")

    assert model in reader.models()
    assert [(one.version, one.tags["digest"]) for one in reader.versions(model)] == [("1", "1"), ("2", "2")]
    assert reader.versions(model)[1].run_id == run.id
    assert reader.champion(model) == "1"
    found = reader.run(run.id)
    assert found
    assert (found.status, found.params, found.metrics) == ("FINISHED", {"C": "0.5"}, {"roc_auc": 0.8})
    assert found.tags["golden_paths.code"] == "fit"
    assert reader.fetch(f"runs:/{run.id}/spec.yaml", tmp_path / "a").read_text() == "name: churn\n"
    assert [one.name for one in reader.fetch(logged, tmp_path / "b").rglob("MLmodel")] == ["MLmodel"]


@pytest.mark.parametrize(
    "kind", ["fake", pytest.param("database", marks=pytest.mark.real), pytest.param("server", marks=pytest.mark.real)]
)
def test_what_is_not_there_is_none_or_says_so(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    reader: Registry = (
        FakeRegistry(tmp_path / "fake") if kind == "fake" else MlflowReader(request.getfixturevalue(f"{kind}_uri"))
    )
    assert (reader.run("f" * 32), reader.versions("nobody"), reader.champion("nobody")) == (None, (), None)
    gone = f"runs:/{'f' * 32}/spec.yaml"
    with pytest.raises(StepFailed, match=gone) as refused:
        reader.fetch(gone, tmp_path)
    assert not refused.value.retry  # it is gone, and MLflow is not: other questions are asked still
