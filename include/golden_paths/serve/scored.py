"""The number that an explanation is about: a model's answer is a number, or a class that some number stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_paths import answers
from golden_paths.serve.model import ServedModel

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Score:
    """`what` it is, in words, and `of`: from rows as the estimator takes them to numbers, shape (rows,)."""

    what: str
    of: Callable[[Any], Numbers]


def score(model: ServedModel, prediction: Any, table: Any) -> Score:
    """What stands for this prediction, which is the answer to `table`, one row.

    A regression's number; a classifier's probability of the predicted class, without probabilities its decision function
    for it, and without that 1 for the same class and 0 for another.
    """
    if model.classes is not None and prediction in model.classes:
        return _probability(model, model.classes, prediction)
    if not _is_classifier(model.estimator) and type(prediction) in (int, float):
        return Score("the prediction", lambda rows: _predictions(model, rows))
    return _decision(model, prediction, table) or Score(
        f"1 where the prediction is {prediction}, 0 elsewhere",
        lambda rows: _predictions(model, rows) == prediction,
    )


def _probability(model: ServedModel, classes: list[Any], prediction: Any) -> Score:
    column = classes.index(prediction)
    return Score(
        f"the probability of {prediction}",
        lambda rows: answers.of_predict_proba(model.estimator.predict_proba(rows), len(rows), len(classes))[:, column],
    )


def _decision(model: ServedModel, prediction: Any, table: Any) -> Score | None:
    import numpy as np

    classes = answers.listed(answers.natural(np.asarray(getattr(model.estimator, "classes_", []))))
    if not hasattr(model.estimator, "decision_function") or prediction not in classes or _is_in_pairs(model.estimator):
        return None
    column, what = classes.index(prediction), f"the decision function for {prediction}"
    found = np.asarray(model.estimator.decision_function(table))
    if found.ndim == 1 and len(classes) == 2:
        sign = 1.0 if column else -1.0
        return Score(what, lambda rows: sign * np.asarray(model.estimator.decision_function(rows)))
    if found.shape != (1, len(classes)):
        return None
    return Score(what, lambda rows: np.asarray(model.estimator.decision_function(rows))[:, column])


def _is_in_pairs(estimator: Any) -> bool:
    """Whether its decisions are of one class against another: of three classes it has three, which are not the classes'."""
    params = estimator.get_params() if hasattr(estimator, "get_params") else {}
    return any(name.endswith("decision_function_shape") and value == "ovo" for name, value in params.items())


def _predictions(model: ServedModel, rows: Any) -> Numbers:
    return answers.of_predict(model.estimator.predict(rows), len(rows))


def _is_classifier(estimator: Any) -> bool:
    from sklearn.base import BaseEstimator, is_classifier

    return hasattr(estimator, "classes_") or (isinstance(estimator, BaseEstimator) and is_classifier(estimator))
