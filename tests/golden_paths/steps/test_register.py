"""The step register, and the three steps on a real MLflow."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import evidence
from fakes.online import FIT, Online
from golden_paths import digests
from golden_paths.artifacts import Evidence, Model
from golden_paths.card.incomplete import CardIncomplete
from golden_paths.clients.mlflow_models import MlflowModels
from golden_paths.clients.mlflow_tracking import MlflowTracking
from golden_paths.errors import StepFailed
from golden_paths.steps import evaluate, register, train

MODEL = Model(
    uri="models:/m-1",
    mlflow_run_id="2" * 32,
    digest="d" * 64,
    weights="w" * 64,
    golden_records="runs:/2/g.json",
    golden_digest="g" * 64,
)
EVIDENCE = Evidence(
    mlflow_run_id="2" * 32,
    model_digest="d" * 64,
    metrics={"roc_auc": 0.9},
    champion_version=None,
    champion_metrics={},
    report="runs:/2/evaluation/report.html",
)


def judged(root: Path) -> tuple[Online, Model, Evidence]:
    """A project with a model of which everything is recorded up to its evaluation."""
    online = Online(root)
    tags = {"golden_paths.code_digest": "c" * 64, "golden_paths.python": "3.12.1"}
    run = online.clients.tracking.run("progression", "train:1", name="train", tags=tags).id
    record = evidence.record("d" * 64, online.training_set.digest)
    evidence.evaluated(online.clients.tracking, run, record)
    return online, MODEL.model_copy(update={"mlflow_run_id": run}), EVIDENCE.model_copy(update={"mlflow_run_id": run})


def test_registering_again_is_the_same_version_with_the_alias_candidate(tmp_path: Path) -> None:
    online, model, found = judged(tmp_path)
    version = register.run(online.context(model, found))
    assert register.run(online.context(model, found)) == version
    registered = online.clients.models.models["progression"]
    assert (list(registered.versions), registered.aliases) == (["1"], {"candidate": "1"})
    assert registered.description == "Chance of progression."
    tags = registered.versions["1"].tags
    assert tags["golden_paths.training_set"] == online.training_set.digest == version.training_set
    assert tags["golden_paths.owner"] == "clinical-analytics"
    assert '"name":"progression"' in tags["golden_paths.spec"]
    card = online.clients.tracking.folder / version.card.removeprefix("runs:/")
    assert card.read_text().startswith("# Model card: progression version 1\n")
    assert (tags["golden_paths.card"], tags["golden_paths.card_digest"]) == (version.card, digests.of_file(card))
    record = card.parents[1] / "evaluation" / "evidence.json"
    assert tags["golden_paths.evidence_digest"] == digests.of_file(record)


def test_a_version_without_evidence_is_no_candidate(tmp_path: Path) -> None:
    online, model, found = judged(tmp_path)
    (online.clients.tracking.folder / model.mlflow_run_id / "evaluation" / "evidence.json").unlink()
    with pytest.raises(CardIncomplete, match=r"there is no evidence.json \(runs:/"):
        register.run(online.context(model, found))
    assert online.clients.models.models["progression"].aliases == {}
    evidence.evaluated(online.clients.tracking, model.mlflow_run_id, evidence.record("d" * 64, online.training_set.digest))
    assert register.run(online.context(model, found)).version == "1"


def test_a_model_that_was_not_judged_is_refused(tmp_path: Path) -> None:
    other = EVIDENCE.model_copy(update={"model_digest": "e" * 64})
    with pytest.raises(StepFailed) as caught:
        register.run(Online(tmp_path).context(MODEL, other))
    assert str(caught.value) == (
        f"evaluation judged the model with digest {'e' * 64}, not {'d' * 64}; run the path again from train"
    )


@pytest.mark.real
def test_train_evaluate_register_on_a_real_mlflow_twice_make_one_version(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    online = Online(tmp_path, tracking=MlflowTracking(uri), models=MlflowModels(uri))
    online.write("fit.py", FIT)
    versions = []
    for _ in range(2):
        model = train.run(online.context())
        evidence = evaluate.run(online.context(model))
        versions.append(register.run(online.context(model, evidence)))
    assert versions[0] == versions[1]
    online.clients.models.set_alias("progression", "champion", "1")
    assert online.clients.models.champion("progression") == versions[0]
    assert evaluate.run(online.context(model)).champion_metrics == evidence.metrics
