"""The emergency brake on a real endpoint and a real MLflow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner

from fakes.target import FakeTarget
from golden_paths import digests, history
from golden_paths.artifacts import ModelVersion
from golden_paths.clients.local_target import LocalTarget
from golden_paths.clients.mlflow_models import REBUILT, MlflowModels
from golden_paths.clients.mlflow_tracking import MlflowTracking
from golden_paths.commands import app, withdraw
from golden_paths.errors import StepFailed
from golden_paths.project import Project
from local_endpoints import NAME, processes, saved_model, serve
from serving import Saved

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


def champion(uri: str, saved: Saved) -> MlflowModels:
    """Version 1 of the model is the champion."""
    tracking, models = MlflowTracking(uri), MlflowModels(uri)
    run = tracking.run(NAME, uuid4().hex, name="train", tags={})
    tags = {f"golden_paths.{name}": saved.digest for name in REBUILT}
    models.register(NAME, uri=tracking.log_model(run.id, saved.folder), run_id=run.id, tags=tags)
    models.set_alias(NAME, "champion", "1")
    history.add(models, NAME, history.Change("promoted", "1", saved.digest, "run-1", "ada"))
    return models


def test_it_withdraws_what_serves_and_says_so_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("dags", "include"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri := f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.delenv("GOLDEN_PATHS_STATE", raising=False)
    saved = saved_model(tmp_path / "saved")
    models, target = champion(uri, saved), LocalTarget(Project.at(tmp_path))

    def call(*arguments: str) -> Any:
        return CliRunner().invoke(app, [*arguments, "--project", str(tmp_path)], env={"COLUMNS": "300"})

    try:
        nothing = call("withdraw", "no-such-model", "--reason", "x")
        assert (nothing.exit_code, "no version of no-such-model serves" in str(nothing.exception)) == (1, True)
        url = serve(target, saved, "1").url
        done = call("withdraw", NAME, "--reason", "it answers nonsense")
        assert (done.exit_code, "version 1 is withdrawn: it answers nonsense" in done.output) == (0, True), done.output
        answer = httpx.post(f"{url}/predict", json={})
        assert (answer.status_code, answer.json()["error"]) == (503, "withdrawn: it answers nonsense")
        assert models.champion(NAME) is None
        assert [(one.what, one.why) for one in history.entries(models, NAME)][-1] == ("withdrawn", "it answers nonsense")
        told = call("history", NAME)
        assert (told.exit_code, "it answers nonsense" in told.output) == (0, True)
        (listed,) = json.loads(call("endpoints", "--json").stdout)
        assert (listed["status"], listed["reason"], listed["version"]) == ("withdrawn", "it answers nonsense", "1")
        assert "withdrawn: it answers nonsense" in call("endpoints").output
        again = call("withdraw", NAME, "--reason", "another")
        assert (again.exit_code, "no version is the champion in MLflow" in again.output) == (0, True)
    finally:
        target.stop(NAME)
    assert processes(tmp_path) == []


def test_a_brake_works_without_mlflow_and_says_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("dags", "include", "model"):
        (tmp_path / folder).mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors: {}\n")
    told = {"digest": digests.of_folder(tmp_path / "model"), "weights": "w", "training_set": "t", "golden_records": "g"}
    version = ModelVersion(model=NAME, version="1", mlflow_run_id="r", uri="u", golden_digest="g", **told)
    served = FakeTarget()
    served.shift(served.start(version, fetch=lambda: tmp_path / "model", features=None, service=None))

    def away(*_: Any) -> None:
        raise StepFailed("MLflow at http://mlflow:5000 did not answer", remedy="start it", retry=True)

    monkeypatch.setattr(MlflowModels, "champion", away)
    monkeypatch.setattr(withdraw, "_address", lambda *_: served)
    done = CliRunner().invoke(app, ["withdraw", NAME, "--reason", "it lies", "--project", str(tmp_path)], env={"COLUMNS": "300"})
    assert isinstance(done.exception, StepFailed)
    assert "MLflow does not know of it yet" in done.output
    assert served.withdrawn(NAME) == "it lies"
