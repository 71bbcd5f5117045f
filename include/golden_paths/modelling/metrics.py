"""The metrics a spec may bound: for which kinds of model, in which direction, and how they are computed.

Specs are checked against `METRICS` whenever a DAG file is parsed, so nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_paths.errors import StepFailed

if TYPE_CHECKING:
    import numpy as np

BINARY, MULTICLASS, REGRESSION = "binary", "multiclass", "regression"
CLASSES = (BINARY, MULTICLASS)


@dataclass(frozen=True)
class Outcome:
    """What a model said about some rows, and what was true.

    `truth` and `predictions` have shape (rows,). `classes` has shape (classes,), sorted as the model's, and
    `probabilities` (rows, classes) in that order; both are None for regression, and the latter for a classifier without.
    """

    kind: str
    truth: np.ndarray[Any, Any]
    predictions: np.ndarray[Any, Any]
    classes: np.ndarray[Any, Any] | None = None
    probabilities: np.ndarray[Any, Any] | None = None

    @property
    def positive(self) -> np.ndarray[Any, Any]:
        """Of a binary classifier: the probability of its second class, shape (rows,)."""
        assert self.probabilities is not None
        column: np.ndarray[Any, Any] = self.probabilities[:, 1]
        return column

    @property
    def is_positive(self) -> np.ndarray[Any, Any]:
        """Of a binary classifier: which rows truly are of its second class, shape (rows,)."""
        assert self.classes is not None
        found: np.ndarray[Any, Any] = self.truth == self.classes[1]
        return found

    @property
    def answered(self) -> np.ndarray[Any, Any]:
        """Which rows got an answer, shape (rows,): a prediction, and probabilities where there are any, that are no NaN."""
        import numpy as np
        import pandas as pd

        numbers = self.predictions.dtype.kind == "f"
        found: np.ndarray[Any, Any] = np.isfinite(self.predictions) if numbers else ~pd.isna(self.predictions)
        return found if self.probabilities is None else found & np.isfinite(self.probabilities).all(axis=1)

    def only(self, rows: np.ndarray[Any, Any]) -> Outcome:
        """The outcome for the rows that are true in `rows`."""
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return Outcome(self.kind, self.truth[rows], self.predictions[rows], self.classes, probabilities)


@dataclass(frozen=True)
class Metric:
    """One metric. `compute` may raise what scikit-learn raises for rows it cannot judge."""

    kinds: tuple[str, ...]
    greater_is_better: bool
    compute: Callable[[Outcome], float]
    needs_probabilities: bool = False


def _plain(name: str, **settings: Any) -> Callable[[Outcome], float]:
    """A scikit-learn metric of truth and predictions."""

    def compute(outcome: Outcome) -> float:
        from sklearn import metrics

        return float(getattr(metrics, name)(outcome.truth, outcome.predictions, **settings))

    return compute


def _scored(name: str) -> Callable[[Outcome], float]:
    """A scikit-learn metric of binary truth and the positive class' probability."""

    def compute(outcome: Outcome) -> float:
        from sklearn import metrics

        return float(getattr(metrics, name)(outcome.is_positive, outcome.positive))

    return compute


def _of_positive(name: str) -> Callable[[Outcome], float]:
    """A scikit-learn metric of one class: for a binary model of its second, whatever the labels are."""

    def compute(outcome: Outcome) -> float:
        from sklearn import metrics

        assert outcome.classes is not None
        found = outcome.predictions == outcome.classes[1]
        return float(getattr(metrics, name)(outcome.is_positive, found, zero_division=0))

    return compute


def _of_classes(name: str, **settings: Any) -> Callable[[Outcome], float]:
    """A scikit-learn metric of truth and every class' probability, which it takes in the sorted order of the classes."""

    def compute(outcome: Outcome) -> float:
        import numpy as np
        from sklearn import metrics

        assert outcome.classes is not None
        assert outcome.probabilities is not None
        order = np.argsort(outcome.classes)
        probabilities = outcome.probabilities[:, order]
        return float(getattr(metrics, name)(outcome.truth, probabilities, labels=outcome.classes[order], **settings))

    return compute


METRICS: dict[str, Metric] = {
    "roc_auc": Metric((BINARY,), True, _scored("roc_auc_score"), needs_probabilities=True),
    "average_precision": Metric((BINARY,), True, _scored("average_precision_score"), needs_probabilities=True),
    "accuracy": Metric(CLASSES, True, _plain("accuracy_score")),
    "balanced_accuracy": Metric(CLASSES, True, _plain("balanced_accuracy_score")),
    "f1": Metric((BINARY,), True, _of_positive("f1_score")),
    "precision": Metric((BINARY,), True, _of_positive("precision_score")),
    "recall": Metric((BINARY,), True, _of_positive("recall_score")),
    "brier": Metric((BINARY,), False, _scored("brier_score_loss"), needs_probabilities=True),
    "f1_macro": Metric((MULTICLASS,), True, _plain("f1_score", average="macro", zero_division=0)),
    "roc_auc_ovr": Metric(
        (MULTICLASS,), True, _of_classes("roc_auc_score", multi_class="ovr"), needs_probabilities=True
    ),
    "log_loss": Metric(CLASSES, False, _of_classes("log_loss"), needs_probabilities=True),
    "r2": Metric((REGRESSION,), True, _plain("r2_score")),
    "mae": Metric((REGRESSION,), False, _plain("mean_absolute_error")),
    "rmse": Metric((REGRESSION,), False, _plain("root_mean_squared_error")),
    "medae": Metric((REGRESSION,), False, _plain("median_absolute_error")),
    "mape": Metric((REGRESSION,), False, _plain("mean_absolute_percentage_error")),
}


def fitting(outcome: Outcome) -> dict[str, Metric]:
    """The metrics that can be computed for this outcome."""
    has_probabilities = outcome.probabilities is not None
    return {
        name: metric
        for name, metric in METRICS.items()
        if outcome.kind in metric.kinds and (has_probabilities or not metric.needs_probabilities)
    }


def compute(outcome: Outcome) -> dict[str, float]:
    """Every fitting metric; those that the rows do not allow (one class only, say) are left out."""
    import math
    import warnings

    computed = {}
    for name, metric in fitting(outcome).items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = metric.compute(outcome)
        except ValueError:
            continue
        if math.isfinite(value):
            computed[name] = value
    return computed


def require(wanted: Mapping[str, object], outcome: Outcome) -> None:
    """Refuse metrics that do not fit the model. Raises `StepFailed` naming each of them and what would fit."""
    known = fitting(outcome)
    wrong = [name for name in wanted if name not in known]
    if wrong:
        without = "" if outcome.probabilities is not None else " without probabilities"
        raise StepFailed(
            f"evaluate.metrics {', '.join(wrong)} cannot judge a {outcome.kind} model{without}",
            remedy=f"choose among {', '.join(known)}",
        )


def loss(metric: str, *, champion: float, challenger: float) -> float:
    """By how much the challenger is worse, in the metric's own direction; negative when it is better."""
    return champion - challenger if METRICS[metric].greater_is_better else challenger - champion
