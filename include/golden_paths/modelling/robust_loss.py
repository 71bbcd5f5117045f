"""What changed rows cost a model, as a share of what it gains over always giving one answer. Pure.

An AUC that falls from 0.75 to 0.7 has lost a fifth of what it knows, not a fifteenth: 0.5 is had for nothing. Measured so,
one tolerance fits every metric, those of errors too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_paths.errors import StepFailed
from golden_paths.modelling import intervals
from golden_paths.modelling.metrics import REGRESSION, Outcome, fitting, loss

if TYPE_CHECKING:
    import numpy as np

CONFIDENCE, RESAMPLES = 0.9, 100
SAID = 2.0  # a larger loss is told as more than that


@dataclass(frozen=True)
class Scale:
    """A metric of the model on rows as they are, and of one constant answer: the mean, or the most frequent class."""

    metric: str
    plain: float
    constant: float

    @property
    def gain(self) -> float:
        """By how much the model is better; not above 0 when there is nothing to lose."""
        return loss(self.metric, champion=self.plain, challenger=self.constant)


@dataclass(frozen=True)
class Loss:
    """A share of the gain with its interval. Above 1 the model is worse than the constant answer."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        if self.low > SAID:
            return f"more than {SAID:.0%} of the gain"
        return f"{self.value:.1%} of the gain ({CONFIDENCE:.0%} interval {self.low:.1%} to {self.high:.1%})"


def scale(plain: Outcome, metric: str) -> Scale | None:
    """None when the metric cannot be computed on these rows."""
    measure = fitting(plain).get(metric)
    if measure is None:
        return None
    own, other = intervals.computed(measure, plain), intervals.computed(measure, _constant(plain))
    return None if own is None or other is None else Scale(metric, own, other)


def share(scale: Scale, plain: Outcome, changed: Outcome) -> float | None:
    """Without an interval. None when the metric cannot be computed on the changed rows."""
    measure = fitting(plain)[scale.metric]
    before, after = intervals.computed(measure, plain), intervals.computed(measure, changed)
    if before is None or after is None:
        return None
    return loss(scale.metric, champion=before, challenger=after) / scale.gain


def lost(scale: Scale, plain: Outcome, changed: Outcome) -> Loss | None:
    """From pairs of the same rows. None when the metric cannot be computed on the changed rows."""
    try:
        found = intervals.difference(changed, plain, scale.metric, confidence=CONFIDENCE, resamples=RESAMPLES)
    except StepFailed:
        return None
    value, low, high = (one / scale.gain for one in found)
    return Loss(value, low, high)


def _constant(plain: Outcome) -> Outcome:
    import numpy as np

    truth, rows = plain.truth, len(plain.truth)
    if plain.kind == REGRESSION:
        return Outcome(plain.kind, truth, np.full(rows, truth.astype(float).mean()))
    values, counts = np.unique(truth, return_counts=True)
    most: np.ndarray[Any, Any] = np.full(rows, values[counts.argmax()])
    if plain.probabilities is None or plain.classes is None:
        return Outcome(plain.kind, truth, most, plain.classes)
    shares = np.array([(truth == name).mean() for name in plain.classes])
    return Outcome(plain.kind, truth, most, plain.classes, np.tile(shares, (rows, 1)))
