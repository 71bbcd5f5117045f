"""The history of a model: what it says, and that nothing of it can be altered unseen. Fake and MLflow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from fakes.models import FakeModelRegistry
from golden_paths import history
from golden_paths.clients import ModelRegistry
from golden_paths.clients.mlflow_models import MlflowModels
from golden_paths.clients.mlflow_tracking import MlflowTracking
from golden_paths.commands import app

MODEL = "churn"
REBUILT = ("digest", "weights", "training_set", "golden_records", "golden_digest")


@pytest.fixture(params=["fake", pytest.param("mlflow", marks=pytest.mark.real)])
def models(request: pytest.FixtureRequest, tmp_path: Path) -> ModelRegistry:
    """With three versions that were never promoted."""
    found: ModelRegistry = FakeModelRegistry()
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    if request.param == "mlflow":
        found = MlflowModels(uri)
    for number in (1, 2, 3):
        tags = {f"golden_paths.{name}": f"{number}" * 64 for name in REBUILT} | {history.GATES: json.dumps({"auc": str(number)})}
        run, model = logged(uri, tmp_path) if request.param == "mlflow" else (str(number), f"models:/m-{number}")
        assert found.register(MODEL, uri=model, run_id=run, tags=tags) == str(number)
    return found


def logged(uri: str, folder: Path) -> tuple[str, str]:
    """A run of its own with a model."""
    tracking = MlflowTracking(uri)
    run = tracking.run("churn", uuid4().hex, name="train", tags={})
    place = folder / uuid4().hex
    place.mkdir()
    (place / "MLmodel").write_text("flavors: {}\n")
    return run.id, tracking.log_model(run.id, place)


def promote(models: ModelRegistry, version: str, run: str, instead_of: str | None = None) -> history.Entry:
    models.set_alias(MODEL, "champion", version)
    return history.add(models, MODEL, history.Change("promoted", version, version * 64, run, "Ada", instead_of=instead_of))


def test_it_says_who_when_what_and_instead_of_which_and_a_retry_adds_nothing(models: ModelRegistry) -> None:
    assert history.entries(models, MODEL) == []
    assert list(history.faults(models, MODEL)) == []
    first = promote(models, "1", "run-1")
    second = promote(models, "2", "run-2", "1")
    assert promote(models, "2", "run-2", "1") == second
    assert history.entries(models, MODEL) == [first, second]
    assert (second.number, second.before, second.by, second.instead_of) == (2, first.hash, "Ada", "1")
    assert list(history.faults(models, MODEL)) == []
    promote(models, "1", "run-3", "2")  # a version may come back
    assert [one.version for one in history.entries(models, MODEL)] == ["1", "2", "1"]
    assert list(history.faults(models, MODEL)) == []


def test_a_retry_after_a_kill_between_entry_and_tag_mends_the_tag(models: ModelRegistry) -> None:
    entry = promote(models, "1", "run-1")
    models.tag_version(MODEL, "1", {history.HASH: ""})
    assert promote(models, "1", "run-1") == entry
    assert list(history.faults(models, MODEL)) == []


def altered(models: ModelRegistry, number: int, **change: Any) -> None:
    text = json.loads(models.history(MODEL)[number - 1])
    models.add_history(MODEL, number, json.dumps(text | change, sort_keys=True, separators=(",", ":")))


BROKEN: dict[str, tuple[Any, list[str]]] = {
    "who": (
        lambda models: altered(models, 2, by="Eve"),
        [
            "entry 3 does not follow from the one before: one of them was altered",
            "entry 2 is not the one that version 2 was tagged with",
        ],
    ),
    "the last": (
        lambda models: altered(models, 3, by="Eve"),
        ["entry 3 is not the one that version 3 was tagged with"],
    ),
    "what is no entry": (
        lambda models: models.add_history(MODEL, 2, "gone"),
        ["entry 2 cannot be read", "entry 3 does not follow from the one before: one of them was altered"],
    ),
    "what its gates said": (
        lambda models: models.tag_version(MODEL, "3", {history.GATES: "{}"}),
        ["the gates of version 3 are not those of entry 3"],
    ),
    "the alias": (
        lambda models: models.set_alias(MODEL, "champion", "1"),
        ["the champion is version 1, and by entry 3 it is version 3: the alias was moved by hand"],
    ),
    "the bytes": (
        lambda models: models.tag_version(MODEL, "3", {"golden_paths.digest": "e" * 64}),
        ["the champion is version 3, and by entry 3 it is version 3: the alias was moved by hand"],
    ),
}


def withdrawn(models: ModelRegistry, version: str) -> None:
    models.remove_alias(MODEL, "champion")
    history.add(models, MODEL, history.Change("withdrawn", version, version * 64, "run-9", "the watch", why="it has expired"))


def test_after_a_withdrawal_no_version_is_the_champion_until_the_next_is_promoted(models: ModelRegistry) -> None:
    promote(models, "1", "run-1")
    withdrawn(models, "1")
    assert list(history.faults(models, MODEL)) == []
    models.set_alias(MODEL, "champion", "1")
    said = "the champion is version 1, and by entry 2 version 1 was withdrawn: the alias was moved by hand"
    assert list(history.faults(models, MODEL)) == [said]
    promote(models, "2", "run-2")
    assert list(history.faults(models, MODEL)) == []
    history.add(models, MODEL, history.Change("recertified", "2", "2" * 64, "run-3", "Ada", why="still good"))
    assert list(history.faults(models, MODEL)) == []


@pytest.mark.parametrize("what", BROKEN)
def test_what_was_altered_is_seen(models: ModelRegistry, what: str) -> None:
    for version, before in (("1", None), ("2", "1"), ("3", "2")):
        promote(models, version, f"run-{version}", before)
    alter, said = BROKEN[what]
    alter(models)
    assert list(history.faults(models, MODEL)) == said


def test_an_entry_that_was_taken_out_is_missed(models: ModelRegistry) -> None:
    if not isinstance(models, FakeModelRegistry):
        pytest.skip("through MLflow's client, which deletes tags: see the fake")
    for version in ("1", "2", "3"):
        promote(models, version, f"run-{version}")
    del models.models[MODEL].history[2]
    assert next(history.faults(models, MODEL)) == "entry 2 is missing"


@pytest.mark.real
def test_the_command_prints_it_and_ends_with_1_when_it_was_altered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    (tmp_path / "dags").mkdir()
    models = MlflowModels(uri)
    run, model = logged(uri, tmp_path)
    tags = {f"golden_paths.{name}": "1" * 64 for name in REBUILT}
    models.register(MODEL, uri=model, run_id=run, tags=tags)
    history.add(models, MODEL, history.Change("approved", "1", "1" * 64, "run-1", "Grace", why="it is better"))
    promote(models, "1", "run-1")
    call = ["history", MODEL, "--project", str(tmp_path)]
    done = CliRunner().invoke(app, call, env={"COLUMNS": "200"})
    assert (done.exit_code, "promoted" in done.output, "Ada" in done.output) == (0, True, True)
    assert "approved" in done.output and "Grace" in done.output and "it is better" in done.output
    altered(models, 2, by="Eve")
    assert CliRunner().invoke(app, call).exit_code == 1
    found = json.loads(CliRunner().invoke(app, [*call, "--json"]).stdout)
    assert found["faults"] == ["entry 2 is not the one that version 1 was tagged with"]
