"""How sure a number is that was measured on held-out rows: bootstrap intervals of metrics, differences and gaps. Pure."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.errors import StepFailed
from golden_paths.modelling.counted import COUNTED
from golden_paths.modelling.metrics import REGRESSION, Metric, Outcome, fitting, loss

if TYPE_CHECKING:
    import numpy as np

    from golden_paths.modelling.bias_rates import Spread

    Array: TypeAlias = np.ndarray[Any, Any]

MANY_ROWS, FEWEST = 20_000, 100


@dataclass(frozen=True)
class Gap:
    """The largest difference of one rate between two groups, the higher first; indices into the spread."""

    value: float
    low: float
    high: float
    rate: int
    groups: tuple[int, int]


def intervals(
    outcome: Outcome, names: Sequence[str], *, confidence: float = 0.95, resamples: int = 200, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Percentile intervals of those metrics that can be computed, from resamples of the rows within each true class.

    Past 20,000 rows, whose intervals are narrow, there are fewer resamples, and never fewer than 100.
    """
    known = fitting(outcome)
    measured = {
        name: COUNTED[name](outcome)
        for name in names
        if name in known and computed(known[name], outcome) is not None
    }
    values: dict[str, list[float]] = {name: [] for name in measured}
    if measured:
        for drawn in _resampled(outcome, resamples, seed):
            for name, of_drawn in measured.items():
                values[name].append(of_drawn(drawn))
    finite = {name: [value for value in found if math.isfinite(value)] for name, found in values.items()}
    return {name: _bounds(found, confidence) for name, found in finite.items() if found}


def difference(
    ours: Outcome, theirs: Outcome, metric: str, *, confidence: float = 0.95, resamples: int = 200, seed: int = 0
) -> tuple[float, float, float]:
    """By how much ours is worse than theirs in the metric's own direction, with a paired interval: (value, low, high).

    Both are judged on the same resamples of the same rows, in the same order; swapped, they give (-value, -high, -low).
    Raises `StepFailed` when the metric cannot be computed for both.
    """
    import numpy as np

    if not np.array_equal(ours.truth, theirs.truth):
        raise ValueError("two models are compared on the same rows")
    measure = fitting(ours).get(metric) if metric in fitting(theirs) else None
    value = None if measure is None else _lost(metric, measure, ours, theirs)
    if measure is None or value is None:
        raise StepFailed(
            f"{metric} cannot be computed for both models on these {len(ours.truth)} rows",
            remedy="choose a metric that fits both, and see that neither leaves a row without an answer",
        )
    mine, other = COUNTED[metric](ours), COUNTED[metric](theirs)
    draws = [
        found
        for drawn in _resampled(ours, resamples, seed)
        if math.isfinite(found := loss(metric, champion=other(drawn), challenger=mine(drawn)))
    ]
    return value, *_bounds(draws or [-math.inf, math.inf], confidence)


def gap(spread: Spread, confidence: float) -> Gap | None:
    """The largest difference between two groups, with its interval; None when there are not two groups with a rate.

    The largest of many differences grows by noise alone, and a resample adds noise once more: resampled as such, eight
    fair groups of 50 rows hardly ever have an interval that reaches 0. So each pair's signed difference is bounded.
    `high` is the largest upper bound: the gap is small if each pair is shown to be, which needs no correction for
    many pairs. `low` is the largest lower bound, and those hold for all pairs at once.
    """
    import numpy as np

    tail, best, low, high = (1 - confidence) / 2, None, 0.0, 0.0
    surest = np.zeros(len(spread.draws))
    for pairs in _pairs(spread):
        surest = np.maximum(surest, (np.abs(pairs.deviations) / pairs.scale).max(axis=1))
    width = float(np.quantile(surest, confidence))
    for pairs in _pairs(spread):
        least, most = np.quantile(pairs.deviations, [tail, 1 - tail], axis=0)
        apart, widest = np.abs(pairs.apart), int(np.abs(pairs.apart).argmax())
        high = max(high, float(np.maximum(pairs.apart + most, -pairs.apart - least).max()))
        low = max(low, float((apart - width * pairs.scale).max()))
        if best is None or apart[widest] > best[0]:
            both = pairs.one, int(pairs.others[widest])
            best = float(apart[widest]), pairs.rate, both if pairs.apart[widest] >= 0 else both[::-1]
    if best is None:
        return None
    value, rate, groups = best
    return Gap(value, min(low, value), min(max(high, value), spread.most), rate, groups)


@dataclass(frozen=True)
class _Pairs:
    """One group against others, arrays of shape (others,); `deviations` (resamples, others) are of the differences."""

    rate: int
    one: int
    others: Array
    apart: Array
    deviations: Array
    scale: Array


def _pairs(spread: Spread) -> Iterator[_Pairs]:
    """Every two groups that have a rate, once, for every rate."""
    import numpy as np

    for rate, of_groups in enumerate(spread.rates):
        known = np.flatnonzero(np.isfinite(of_groups))
        off = spread.draws[:, rate] - spread.centre[rate]
        for place, one in enumerate(known[:-1]):
            others = known[place + 1 :]
            deviations = off[:, [one]] - off[:, others]
            scale = np.maximum(deviations.std(axis=0), np.finfo(float).tiny)
            yield _Pairs(rate, int(one), others, of_groups[one] - of_groups[others], deviations, scale)


def _lost(metric: str, measure: Metric, ours: Outcome, theirs: Outcome) -> float | None:
    mine, other = computed(measure, ours), computed(measure, theirs)
    return None if mine is None or other is None else loss(metric, champion=other, challenger=mine)


def computed(metric: Metric, outcome: Outcome) -> float | None:
    """Its value; None when these rows do not allow it, or it is no number."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = metric.compute(outcome)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _resampled(outcome: Outcome, resamples: int, seed: int) -> Iterator[Array]:
    """How often each row is drawn, shape (rows,), of as many with replacement: within each true class, so none is lost."""
    import numpy as np

    rows = len(outcome.truth)
    if rows > MANY_ROWS:
        resamples = max(FEWEST, resamples * MANY_ROWS // rows)
    strata = (
        np.zeros(rows, dtype=int) if outcome.kind == REGRESSION else np.unique(outcome.truth, return_inverse=True)[1]
    )
    order, sizes = np.argsort(strata, kind="stable"), np.bincount(strata)
    starts, sizes = np.repeat(np.cumsum(sizes) - sizes, sizes), np.repeat(sizes, sizes)
    random = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(order[starts + (random.random(rows) * sizes).astype(int)], minlength=rows)


def _bounds(values: Sequence[float], confidence: float) -> tuple[float, float]:
    """The values between which `confidence` of them lie: two of them, so that negating all of them swaps both exactly."""
    ordered = sorted(values)
    cut = min(int((1 - confidence) / 2 * len(ordered)), (len(ordered) - 1) // 2)
    return ordered[cut], ordered[-1 - cut]
