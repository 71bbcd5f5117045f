"""A model asked about many rows: answers as `predict` gives them, and a reason for each row without one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from golden_paths.errors import CodeFailed
from golden_paths.scoring import asked, once
from golden_paths.scoring.asked import Asked
from golden_paths.serve.columns import Column
from golden_paths.serve.model import ServedModel


class Model:
    """Says whether x is positive; refuses rows of 13."""

    classes_ = np.array([False, True])

    def __init__(self, answer: float | None = None) -> None:
        self.asked, self.answer = 0, answer

    def predict(self, table: Any) -> Any:
        self.asked += 1
        x = np.asarray(table)[:, 0]
        if (x == 13).any():
            raise ValueError("13 is unlucky")
        return x > 0 if self.answer is None else np.where(x > 0, self.answer, x)


def of(model: Any, *, missing: bool = False, kind: str = "double", classes: list[Any] | None = None) -> Asked:
    return Asked(ServedModel(model, [Column("x", kind, missing)], classes), "version 1 of m")


def frame(*values: Any) -> pd.DataFrame:
    return pd.DataFrame({"x": values})


def test_rows_that_the_model_refuses_are_found_and_the_others_answered() -> None:
    found = of(Model()).about(frame(1.0, 13.0, -1.0, 13.0, 5.0))
    assert found.predictions.tolist() == [True, None, False, None, True]
    assert found.reasons.tolist() == [None, "the model refuses this row: 13 is unlucky", None] + [
        "the model refuses this row: 13 is unlucky",
        None,
    ]


def test_one_refused_row_in_many_costs_few_questions() -> None:
    model = Model()
    found = of(model).about(frame(*[1.0] * 4095, 13.0))
    assert sum(reason is not None for reason in found.reasons) == 1
    assert model.asked <= 2 * 12 + 1


def test_a_model_that_refuses_nearly_everything_ends_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "MOST_REFUSED", 10)
    with pytest.raises(CodeFailed) as caught:
        of(Model()).about(frame(*[13.0] * 30))
    assert str(caught.value) == (
        "version 1 of m refuses more than 10 rows, the last one with: 13 is unlucky; "
        "see whether the service's features are those that it was trained on"
    )


@pytest.mark.parametrize(
    ("kind", "values", "reasons"),
    [
        ("double", (1.0, np.nan), (None, "x is missing, and the model takes no missing value")),
        ("long", (1.0, np.nan), (None, "x is missing, and the model takes no missing value")),
        ("double", (1.0, np.inf, -np.inf), (None, "x is no finite number", "x is no finite number")),
        ("long", (1.0, 2.5), (None, "x is no whole number")),
        ("long", (np.nan, 2.5), ("x is missing, and the model takes no missing value", "x is no whole number")),
        ("string", ("a", None), (None, "x is missing, and the model takes no missing value")),
    ],
)
def test_what_the_model_cannot_be_given_is_said_and_not_guessed(kind: str, values: Any, reasons: Any) -> None:
    class Takes(Model):
        def predict(self, table: Any) -> Any:
            return np.ones(len(table), dtype=int)

    assert of(Takes(), kind=kind).about(frame(*values)).reasons.tolist() == list(reasons)


def test_an_answer_that_is_no_number_is_none() -> None:
    found = of(Model(answer=np.inf)).about(frame(-1.0, 2.0))
    assert found.reasons.tolist() == [None, "the model's answer is no number"]


def test_what_a_model_raises_besides_is_the_end() -> None:
    class Broken(Model):
        def predict(self, table: Any) -> Any:
            raise RuntimeError("no memory")

    with pytest.raises(CodeFailed, match="version 1 of m cannot answer: RuntimeError: no memory; see the log above"):
        of(Broken()).about(frame(1.0))


def trees() -> list[Any]:
    from sklearn.ensemble import (
        ExtraTreesClassifier,
        GradientBoostingClassifier,
        HistGradientBoostingClassifier,
        RandomForestClassifier,
    )
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    few = {"n_estimators": 10, "random_state": 0}
    boosted = HistGradientBoostingClassifier(max_iter=10, random_state=0)
    return [
        *(RandomForestClassifier(**few), ExtraTreesClassifier(**few), GradientBoostingClassifier(**few), boosted),
        make_pipeline(StandardScaler(), RandomForestClassifier(**few)),
    ]


@pytest.mark.parametrize("estimator", trees(), ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("classes", [2, 3])
def test_a_model_that_is_asked_once_says_what_predict_says_ties_included(estimator: Any, classes: int) -> None:
    from sklearn.base import clone

    rng = np.random.default_rng(classes)
    table = pd.DataFrame(rng.integers(0, 3, (600, 4)).astype(float), columns=list("abcd"))  # few values: many ties
    label = np.array(["no", "yes", "perhaps"])[rng.integers(0, classes, 600)]
    fitted = clone(estimator).fit(table, label)
    assert once.is_enough(fitted)
    chances = fitted.predict_proba(table)
    assert once.predictions(fitted, table, chances).tolist() == fitted.predict(table).tolist()


def test_any_other_model_is_asked_for_both() -> None:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.svm import SVC

    class Mine(RandomForestClassifier):
        def predict(self, table: Any) -> Any:
            return np.zeros(len(table))

    assert not any(once.is_enough(one) for one in (SVC(probability=True), Mine(), object()))
