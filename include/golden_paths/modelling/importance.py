"""Which features a model's answers depend on most, and how sure that is. Parent side: it sees arrays alone. Pure.

The largest of many importances are so by noise too. A place among the top is said only when every comparison that it
takes holds in intervals that hold for all comparisons of that feature at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.modelling.metrics import BINARY, MULTICLASS, REGRESSION

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, Any]

ON_TOP, BELOW, TOO_LITTLE = "on top", "not on top", "too little evidence"
RESAMPLES, AT_ONCE = 1000, 100
# what a loss is of, by the kind of model; "answers" are those of a classifier without probabilities
UNITS = {
    BINARY: "of the Brier score",
    MULTICLASS: "of the Brier score",
    REGRESSION: "of the label's variance",
    "answers": "of the right answers",
}
LEAST_ROWS = 30  # with fewer an interval says little
MOST_ASKED = 200_000  # rows x repeats x features, so that a wide table costs no more than a narrow one


@dataclass(frozen=True)
class Settings:
    """What the child is asked for; of model and champion alike, so that both are asked about the same rows."""

    rows: int = 2000
    repeats: int = 5
    seed: int = 0

    def bounded(self, features: int) -> Settings:
        """With as many rows as so many features allow."""
        affordable = max(LEAST_ROWS * 4, MOST_ASKED // (self.repeats * max(features, 1)))
        return Settings(min(self.rows, affordable), self.repeats, self.seed)


@dataclass(frozen=True)
class Importance:
    """Of one model. `values` (features,) are mean losses added by permuting, `influence` (rows, features) each row's part.

    `shap` (rows explained, features): what each feature adds to an answer, without its sign. `rows` have an answer.
    """

    features: tuple[str, ...]
    values: Array
    influence: Array
    shap: Array
    rows: int
    unit: str
    told: str = "permuted it costs"


@dataclass(frozen=True)
class Rule:
    """Dominant: among the `top` largest, with at least the share `at_least` of the largest. `confidence` is two-sided."""

    top: int = 3
    at_least: float = 0.05
    confidence: float = 0.9
    seed: int = 0


@dataclass(frozen=True)
class Standing:
    """A feature's place: as measured, and the first and the last that it may have. 1 is the largest importance."""

    state: str
    place: int
    first: int
    last: int
    value: float
    low: float
    high: float


def by_shap(found: Importance) -> Importance:
    """The same model by the mean size of its SHAP values: how far the answers move, whether for better or worse."""
    import numpy as np

    known = found.shap[np.isfinite(found.shap).all(axis=1)]
    rows, known = len(known), known if len(known) else np.zeros((1, len(found.features)))
    means = known.mean(axis=0)
    return Importance(found.features, means, known - means, known, rows, "", "by SHAP values it moves answers by")


def standings(found: Importance, features: Iterable[str], rule: Rule) -> dict[str, Standing]:
    """Whether each of these features is dominant: surely, surely not, or neither.

    Surely not: as many as `top` others are larger, or it is below the share of one; or no answer depends on it at all.
    """
    drawn = draws(found.influence, rule.seed)
    return {name: _standing(found, found.features.index(name), rule, drawn) for name in features}


def _standing(found: Importance, at: int, rule: Rule, drawn: Array) -> Standing:
    import numpy as np

    value, others = float(found.values[at]), np.arange(len(found.features)) != at
    larger, within = found.values - value, rule.at_least * found.values - value
    deviations = np.hstack([drawn - drawn[:, [at]], rule.at_least * drawn - drawn[:, [at]]])
    scale = np.maximum(deviations.std(axis=0), np.finfo(float).tiny)
    width = float(np.quantile(np.abs(deviations / scale).max(axis=1), rule.confidence))
    larger_by, within_by = width * scale[: len(larger)], width * scale[len(larger) :]
    above, below = (larger > larger_by)[others].sum(), (larger < -larger_by)[others].sum()
    first, last = 1 + int(above), len(larger) - int(below)
    unused = not value and not found.influence[:, at].any()
    if unused or first > rule.top or bool((within > within_by).any()):
        state = BELOW
    else:
        state = ON_TOP if last <= rule.top and bool((within < -within_by).all()) else TOO_LITTLE
    if found.rows < LEAST_ROWS:
        state = TOO_LITTLE
    low, high = bounds(value, drawn[:, at], rule.confidence)
    return Standing(state, 1 + int((larger > 0).sum()), first, last, value, low, high)


def overlap(ours: Importance, theirs: Importance, rule: Rule) -> tuple[float, float, float] | None:
    """How much of the importance lies where the other model has it, 0 to 1, with a paired interval: (value, low, high).

    A feature that one of them does not have is of no importance to it. None when one of them depends on nothing.
    """
    import numpy as np

    if len(ours.influence) != len(theirs.influence):
        raise ValueError("two models are compared on the same rows")
    names = sorted({*ours.features, *theirs.features})
    both = [
        (_spread(one.values[None], one, names), _spread(draws(one.influence, rule.seed), one, names))
        for one in (ours, theirs)
    ]
    (mine, my_draws), (other, other_draws) = both
    if not (mine > 0).any() or not (other > 0).any():
        return None
    value = float(_common(mine, other)[0])
    drawn = _common(mine + my_draws, other + other_draws)
    low, high = bounds(value, drawn[np.isfinite(drawn)] - value, rule.confidence)
    return value, max(0.0, low), min(1.0, high)


def rank_correlation(ours: Importance, theirs: Importance) -> float | None:
    """Spearman's, of the features that both have; None where there are fewer than three, or one ranks none."""
    import numpy as np
    import pandas as pd

    common = [name for name in ours.features if name in theirs.features]
    if len(common) < 3:
        return None
    mine, other = (
        pd.Series([one.values[one.features.index(name)] for name in common]).rank() for one in (ours, theirs)
    )
    found = float(np.corrcoef(mine, other)[0, 1]) if mine.std() and other.std() else float("nan")
    return found if np.isfinite(found) else None


def bounds(value: float, deviations: Array, confidence: float) -> tuple[float, float]:
    """The interval around a value whose resamples deviate so."""
    import numpy as np

    tail = (1 - confidence) / 2
    least, most = (float(bound) for bound in np.quantile(deviations, [tail, 1 - tail]))
    return min(value, value - most), max(value, value - least)


def draws(influence: Array, seed: int) -> Array:
    """How means over resampled rows deviate, shape (resamples, features). The same rows and seed draw the same rows."""
    import numpy as np

    rows, random = len(influence), np.random.default_rng(seed)
    starts, found = rows * np.arange(AT_ONCE)[:, None], []
    for _ in range(RESAMPLES // AT_ONCE):
        drawn = (random.integers(0, rows, (AT_ONCE, rows)) + starts).ravel()
        often = np.bincount(drawn, minlength=AT_ONCE * rows).reshape(AT_ONCE, rows)
        found.append((often @ influence - influence.sum(axis=0)) / rows)
    together: Array = np.concatenate(found)
    return together


def _spread(values: Array, one: Importance, names: list[str]) -> Array:
    """Columns in the order of `names`, 0 for those that it does not have."""
    import numpy as np

    places: Mapping[str, int] = {name: at for at, name in enumerate(one.features)}
    return np.column_stack([values[:, places[name]] if name in places else np.zeros(len(values)) for name in names])


def _common(ours: Array, theirs: Array) -> Array:
    """The share that two rows of importances have in common, shape (rows,). Less than none is none."""
    import numpy as np

    with np.errstate(invalid="ignore", divide="ignore"):
        mine, other = (np.maximum(one, 0) / np.maximum(one, 0).sum(axis=1, keepdims=True) for one in (ours, theirs))
    found: Array = np.minimum(mine, other).sum(axis=1).round(9)  # that of a model with itself is 1, to the last digit
    return found
