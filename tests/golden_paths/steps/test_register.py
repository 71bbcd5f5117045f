"""The step register, and the three steps on a real MLflow."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.online import FIT, Online
from golden_paths.artifacts import Evidence, Model
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


def test_registering_again_is_the_same_version_with_the_alias_candidate(tmp_path: Path) -> None:
    online = Online(tmp_path)
    version = register.run(online.context(MODEL, EVIDENCE))
    assert register.run(online.context(MODEL, EVIDENCE)) == version
    registered = online.clients.models.models["progression"]
    assert (list(registered.versions), registered.aliases) == (["1"], {"candidate": "1"})
    assert registered.description == "Chance of progression."
    tags = registered.versions["1"].tags
    assert tags["golden_paths.training_set"] == online.training_set.digest == version.training_set
    assert tags["golden_paths.owner"] == "clinical-analytics"
    assert '"name":"progression"' in tags["golden_paths.spec"]


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
