"""Importance from the sandbox: one process answers for model and importance, of champion and model on the same rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.online import TEST_ROWS, Online
from golden_paths.artifacts import Model
from golden_paths.gate_sections import ExplainSection
from golden_paths.modelling import explain, judged
from golden_paths.modelling.explain_gates import Rival
from golden_paths.modelling.frame import fetched
from golden_paths.modelling.judged import Examined
from golden_paths.steps import train

RIDGE = "from sklearn.linear_model import Ridge as Model"
LABELS = "from sklearn.linear_model import RidgeClassifier as Model"
CLASSES = "from sklearn.linear_model import LogisticRegression as Model"
FITTED = "\ndef fit(features, label):\n    return Model().fit(features, label)\n"
ONE_SIZE = """
from sklearn.linear_model import LogisticRegression

class OneSize(LogisticRegression):
    def predict_proba(self, X):
        if len(X) > 80:
            raise MemoryError("80 rows fit")
        return super().predict_proba(X)

def fit(features, label):
    return OneSize().fit(features, label)
"""
EXPLAIN = ExplainSection(top=1, never=("age",), always=("dose",), stability=0.9)


def examined(online: Online, model: Model, folder: Path) -> tuple[Path, Examined]:
    context = online.context(model)
    frame = fetched(context, online.training_set, folder / "training_set")
    settings = explain.settings(EXPLAIN)
    return frame, judged.examined(
        context, online.training_set, frame, uri=model.uri, digest=model.digest, place="the model", settings=settings
    )


@pytest.mark.parametrize(
    ("kind", "code", "unit"),
    [
        ("regression", RIDGE + FITTED, "of the label's variance"),
        ("binary", CLASSES + FITTED, "of the Brier score"),
        ("multiclass", LABELS + FITTED, "of the right answers"),
    ],
)
def test_every_kind_of_model_is_explained_by_the_process_that_asked_it(
    tmp_path: Path, kind: str, code: str, unit: str
) -> None:
    online = Online(tmp_path, kind=kind)
    online.write("fit.py", code)
    frame, both = examined(online, train.run(online.context()), tmp_path / "work")
    assert (both.unexplained, len(both.outcome.truth)) == ("", TEST_ROWS)
    assert both.importance is not None
    assert (both.importance.features, both.importance.unit, both.importance.rows) == (("age", "dose"), unit, TEST_ROWS)
    assert both.importance.influence.shape == both.importance.shap.shape == (TEST_ROWS, 2)
    assert (both.importance.values > 0.01).all()
    made = explain.finding(EXPLAIN, online.training_set, frame, both, Rival("1", both), tmp_path)
    assert [(ruling.gate, ruling.column) for ruling in made.rulings] == [
        ("explain.never", "age"),
        ("explain.always", "dose"),
        ("explain.stability", None),
    ]
    assert made.rulings[2].found == "1 (1 to 1), alike"


def test_a_model_is_judged_though_it_cannot_be_explained_and_as_when_nobody_asks(tmp_path: Path) -> None:
    online = Online(tmp_path)
    online.write("fit.py", ONE_SIZE)
    model = train.run(online.context())
    frame, both = examined(online, model, tmp_path / "work")
    assert both.importance is None
    assert both.unexplained == "MemoryError: 80 rows fit"
    assert len(both.outcome.truth) == TEST_ROWS
    made = explain.finding(EXPLAIN, online.training_set, frame, both, None, tmp_path)
    assert [ruling.passed for ruling in made.rulings] == [False, False]
    asked = {"uri": model.uri, "digest": model.digest, "place": "the model"}
    outcome = judged.examined(online.context(model), online.training_set, frame, **asked).outcome
    assert np.array_equal(outcome.predictions, both.outcome.predictions)
