"""The step evaluate: what it measures, and that a no ends the path with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.online import FIT, Online
from golden_paths.artifacts import Evidence, Model
from golden_paths.errors import DigestMismatch, GateFailed
from golden_paths.steps import evaluate, register, train

RIDGE = """
from sklearn.linear_model import Ridge

def fit(features, label):
    return Ridge().fit(features, label)
"""
KINDS = {
    "binary": (FIT, {"roc_auc": ">= 0.8", "brier": "<= 0.2"}, {"roc.png", "calibration.png", "confusion_matrix.png"}),
    "multiclass": (FIT, {"f1_macro": ">= 0.5"}, {"roc.png", "calibration.png", "confusion_matrix.png"}),
    "regression": (RIDGE, {"r2": ">= 0.5"}, {"residuals.png", "predicted_and_true.png"}),
}


def trained(root: Path, kind: str, code: str) -> tuple[Online, Model]:
    online = Online(root, kind=kind)
    online.write("fit.py", code)
    return online, train.run(online.context())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_is_measured_and_reported(tmp_path: Path, kind: str) -> None:
    code, bounds, plots = KINDS[kind]
    online, model = trained(tmp_path, kind, code)
    evidence = evaluate.run(online.context(model, spec=online.spec(evaluate={"metrics": bounds})))
    run = online.clients.tracking.runs[model.mlflow_run_id]
    assert bounds.keys() <= evidence.metrics.keys() <= run.metrics.keys()
    assert [line.split()[0] for line in online.log if "(bound" in line] == list(bounds)
    assert (evidence.champion_version, evidence.model_digest) == (None, model.digest)
    assert run.tags["golden_paths.verdict"] == "passed"
    folder = online.clients.tracking.folder / model.mlflow_run_id / "evaluation"
    assert evidence.report == f"runs:/{model.mlflow_run_id}/evaluation/report.html"
    assert {path.name for path in folder.iterdir()} == plots | {"report.html"}
    report = (folder / "report.html").read_text()
    assert report.count("data:image/png;base64,") == len(plots)
    assert "Every gate was passed." in report


def test_a_failed_gate_stops_the_path_and_is_in_mlflow(tmp_path: Path) -> None:
    online, model = trained(tmp_path, "binary", FIT)
    spec = online.spec(evaluate={"metrics": {"accuracy": ">= 1.01", "log_loss": "<= 0"}})
    with pytest.raises(GateFailed) as caught:
        evaluate.run(online.context(model, spec=spec))
    run = online.clients.tracking.runs[model.mlflow_run_id]
    accuracy, log_loss = run.metrics["accuracy"], run.metrics["log_loss"]
    reason = f"accuracy is {accuracy:.6g}, must be >= 1.01; log_loss is {log_loss:.6g}, must be <= 0"
    assert str(caught.value) == (
        f"progression did not pass evaluation: {reason}; "
        "improve the model, or change evaluate in the spec; what serves goes on serving"
    )
    assert not caught.value.retry
    assert (run.tags["golden_paths.verdict"], run.tags["golden_paths.reason"]) == ("failed", reason)
    report = online.clients.tracking.folder / model.mlflow_run_id / "evaluation" / "report.html"
    assert "The path stopped here:" in report.read_text()


def promoted(online: Online, model: Model, evidence: Evidence, spec: Any) -> None:
    version = register.run(online.context(model, evidence, spec=spec))
    online.clients.models.set_alias("progression", "champion", version.version)


def test_the_champion_is_asked_about_the_same_rows_and_may_stop_the_path(tmp_path: Path) -> None:
    online, model = trained(tmp_path, "binary", FIT)
    spec = online.spec(evaluate={"metrics": {"roc_auc": ">= 0"}, "champion": {"metric": "roc_auc", "may_lose": 0.01}})
    evidence = evaluate.run(online.context(model, spec=spec))
    promoted(online, model, evidence, spec)
    again = evaluate.run(online.context(model, spec=spec))
    assert (again.champion_version, again.champion_metrics) == ("1", evidence.metrics)
    online.write(
        "fit.py",
        "from sklearn.dummy import DummyClassifier\n"
        "def fit(features, label):\n    return DummyClassifier().fit(features, label)",
    )
    worse = train.run(online.context(run="run-2"))
    with pytest.raises(GateFailed) as caught:
        evaluate.run(online.context(worse, spec=spec, run="run-2"))
    champion = f"champion version 1 has {evidence.metrics['roc_auc']:.6g} on the same rows"
    assert champion in caught.value.problem
    assert "roc_auc is 0.5, " in caught.value.problem


def test_a_model_that_was_changed_is_not_loaded(tmp_path: Path) -> None:
    online, model = trained(tmp_path, "binary", FIT)
    stored = online.clients.tracking.folder / model.uri.removeprefix("models:/") / "requirements.txt"
    stored.write_text(stored.read_text() + "# changed\n")
    with pytest.raises(DigestMismatch) as caught:
        evaluate.run(online.context(model))
    assert caught.value.expected == model.digest


def test_a_champion_whose_features_are_gone_is_named(tmp_path: Path) -> None:
    from golden_paths.errors import CodeFailed

    online, model = trained(tmp_path, "binary", FIT)
    spec = online.spec(evaluate={"metrics": {"roc_auc": ">= 0"}, "champion": {"metric": "roc_auc"}})
    promoted(online, model, evaluate.run(online.context(model, spec=spec)), spec)
    online.training_set = online.training_set.model_copy(update={"features": ("dose",)})
    narrower = train.run(online.context(run="run-2"))
    with pytest.raises(CodeFailed) as caught:
        evaluate.run(online.context(narrower, spec=spec, run="run-2"))
    assert str(caught.value) == (
        "champion version 1 needs age, which the training set does not have; "
        "keep these features in the service, or remove the alias champion from that version"
    )
