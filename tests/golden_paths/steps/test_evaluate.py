"""The step evaluate: what it measures, and that a no ends the path with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fakes.online import FIT, Online
from golden_paths.artifacts import Evidence, Model
from golden_paths.errors import DigestMismatch, GateFailed
from golden_paths.modelling import metrics
from golden_paths.modelling.metrics import Outcome
from golden_paths.monitoring.profile import Profile
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
    made = {"importance.png", "report.html", "evidence.json", "reference.json"}
    assert {path.name for path in folder.iterdir()} == plots | made
    reference = Profile.read(folder / "reference.json")
    assert (reference.model, reference.training_set) == (model.digest, online.training_set.digest)
    assert reference.prediction is not None and (reference.score is not None) == (kind == "binary")
    assert reference.prediction.kind == ("numbers" if kind == "regression" else "categories")
    report = (folder / "report.html").read_text()
    assert report.count("data:image/png;base64,") == len(plots) + 1
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


def biased(tmp_path: Path, gap: bool) -> tuple[Online, Model]:
    """A model that never sees `sex`, and treats the sexes differently or not: their doses differ, or do not."""
    online, rows = Online(tmp_path), 1200
    rng = np.random.default_rng(3)
    sex = rng.choice(["f", "m"], rows)
    dose = rng.normal(size=rows) + (np.where(sex == "f", 1.5, -1.5) if gap else 0)
    made = pd.DataFrame({"patient": range(rows), "age": 50, "dose": dose, "sex": sex})
    made["event_timestamp"] = pd.date_range("2026-01-01", periods=rows, freq="h", tz="UTC")
    made["y"] = (dose + rng.normal(scale=0.5, size=rows) > 0).astype(int)
    made["split"] = np.where(np.arange(rows) < rows // 2, "train", "test")
    frozen = online._frozen(tmp_path / "again", made)
    online.training_set = frozen.model_copy(update={"sensitive": ("sex",)})
    online.write("fit.py", FIT)
    return online, train.run(online.context())


BIAS = {"metrics": {"roc_auc": ">= 0.5"}, "bias": {"at_most": 0.2}}


def test_a_model_that_never_saw_the_sensitive_column_is_judged_by_it(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    online, model = biased(tmp_path, gap=True)
    context = online.context(model, spec=online.spec(evaluate=BIAS))
    with pytest.raises(GateFailed, match=r"sex: selection rate differs by 0\.\d+ .* between 'f' .* and 'm'"):
        evaluate.run(context)
    (gate,) = (one for one in context.record.gates if one.name.startswith("bias."))
    assert (gate.name, gate.passed, gate.column) == ("bias.demographic_parity", False, "sex")
    folder = online.clients.tracking.folder / model.mlflow_run_id / "evaluation"
    assert (folder / "bias_1.png").stat().st_size > 1000
    report = (folder / "report.html").read_text()
    assert "<h2>Groups of people</h2>" in report
    assert "selection rate differs" in report


def test_groups_that_are_treated_alike_pass_and_the_same_seed_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    online, model = biased(tmp_path, gap=False)
    said = []
    for _ in range(2):
        context = online.context(model, spec=online.spec(evaluate=BIAS))
        evaluate.run(context)
        said.append([(one.name, one.passed, one.found) for one in context.record.gates])
    assert said[0] == said[1]
    assert ("bias.demographic_parity", True) in [(name, passed) for name, passed, _ in said[0]]


def test_what_may_be_noise_does_not_stop_a_challenger_and_swapping_the_two_turns_the_verdict(tmp_path: Path) -> None:
    from golden_paths.modelling import gates, intervals
    from known_truth import binary

    good, bad = binary(4000, noise=0.1, seed=1).outcome, binary(4000, noise=0.3, seed=1).outcome
    section = Online(tmp_path).spec(
        evaluate={"metrics": {"accuracy": ">= 0"}, "champion": {"metric": "accuracy", "may_lose": 0.0}}
    ).evaluate
    assert section is not None

    def verdict(ours: Outcome, theirs: Outcome) -> list[str]:
        lost = intervals.difference(ours, theirs, "accuracy")
        return gates.whys(gates.judged(section, metrics.compute(ours), metrics.compute(theirs), "1", lost=lost))

    assert verdict(good, bad) == []
    assert verdict(bad, good)[0].startswith("accuracy is 0.697")
    few = [one.only(np.arange(4000) < 40) for one in (good, binary(4000, noise=0.12, seed=1).outcome)]
    assert [verdict(few[0], few[1]), verdict(few[1], few[0])] == [[], []]
