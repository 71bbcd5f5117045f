"""Asking a fitted model: what kind it is, and what it says about rows. Child side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_paths import answers
from golden_paths.modelling.metrics import BINARY, MULTICLASS, REGRESSION, Outcome

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def kind_of(model: Any, label: pd.Series[Any]) -> str:
    """binary, multiclass or regression: as the estimator says, or else by its methods and the label's type."""
    import pandas as pd
    from sklearn.base import BaseEstimator, is_classifier, is_regressor

    estimator = isinstance(model, BaseEstimator)
    if estimator and is_regressor(model):
        return REGRESSION
    says = (estimator and is_classifier(model)) or hasattr(model, "classes_") or hasattr(model, "predict_proba")
    if not says and pd.api.types.is_numeric_dtype(label) and not pd.api.types.is_bool_dtype(label):
        return REGRESSION
    return BINARY if len(classes_of(model, label)) <= 2 else MULTICLASS


def classes_of(model: Any, label: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """The model's classes in its own order, or those of the label, sorted."""
    import numpy as np

    found = getattr(model, "classes_", None)
    return answers.natural(np.unique(label.to_numpy()) if found is None else np.asarray(found))


def ask(
    model: Any, kind: str, features: pd.DataFrame, label: pd.Series[Any], classes: np.ndarray[Any, Any] | None
) -> Outcome:
    """The model's predictions on `features`, shape (rows,), and its probabilities when it has them.

    Raises `WrongAnswer` for answers of another shape or type, and whatever the model raises.
    """
    rows, truth = len(features), answers.natural(label.to_numpy())
    predictions = answers.of_predict(model.predict(features), rows)
    if classes is None or not hasattr(model, "predict_proba"):
        return Outcome(kind, truth, predictions, classes)
    probabilities = answers.of_predict_proba(model.predict_proba(features), rows, len(classes))
    return Outcome(kind, truth, predictions, classes, probabilities)
