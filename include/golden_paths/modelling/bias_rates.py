"""What a measure of bias compares: a rate in each group, and resamples of it.

A measure of counts needs no rows: they are counted once into a table, groups x cells, and drawing rows with replacement
is a multinomial draw of that table. Specs are checked against `MEASURES` when a DAG file is parsed: nothing heavy here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.errors import StepFailed
from golden_paths.modelling.metrics import BINARY, CLASSES, REGRESSION, Outcome

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, Any]

# A rate of 30 in 30 is not certain: as in Agresti and Coull's interval, resamples are drawn as if each group had four
# rows more, spread evenly over its cells (or the quantiles of all rows). The rates that are reported have none added.
ADDED_ROWS = 4.0
MOST_DRAWN = 20_000_000  # cells x resamples: 160 MB
FEWEST_RESAMPLES = 200
CHUNK = 2_000_000  # values resampled at once: 32 MB with their indices


@dataclass(frozen=True)
class Resampling:
    """How many resamples of the rows, and from which seed."""

    resamples: int
    seed: int


@dataclass(frozen=True)
class Spread:
    """One or more rates in each group.

    `counted` (rates, groups): the rows in each rate's denominator. `rates` (rates, groups): NaN where that is none.
    `draws` (resamples, rates, groups) vary around `centre` (rates, groups).
    """

    names: tuple[str, ...]
    counted: Array
    rates: Array
    centre: Array
    draws: Array
    most: float = float("inf")


@dataclass(frozen=True)
class Measure:
    """One measure. `counts` says in words which rows its denominators hold."""

    kinds: tuple[str, ...]
    counts: str
    spread: Callable[[Outcome, Array, Resampling], Spread]


@dataclass(frozen=True)
class _Rate:
    """How often `label` is found: among all rows (selection_rate), those truly so (true_positive_rate), or the others."""

    name: str
    among: str
    label: int

    def counted(self, truth: Array) -> Array:
        if self.among == "selection_rate":
            return truth >= 0
        found: Array = truth == self.label if self.among == "true_positive_rate" else truth != self.label
        return found


@dataclass(frozen=True)
class _Cells:
    """What distinguishes rows: each is of one cell, `of_rows` (rows,), whose labels are in `truth` and `found` (cells,)."""

    of_rows: Array
    truth: Array
    found: Array


def _of_counts(cells: _Cells, of_rates: list[_Rate], groups: Array, how: Resampling) -> Spread:
    """Count rows into a table (groups, cells), take each rate from it by fairlearn, and draw the table again."""
    import numpy as np

    width, many = len(cells.found), int(groups.max()) + 1
    table = np.bincount(groups * width + cells.of_rows, minlength=many * width).reshape(many, width)
    counted = np.array([rate.counted(cells.truth) for rate in of_rates], dtype=float)
    hits = counted * np.array([cells.found == rate.label for rate in of_rates])
    sizes = table.sum(axis=1, keepdims=True)
    expected = (table + ADDED_ROWS / width) * sizes / (sizes + ADDED_ROWS)
    resamples = max(FEWEST_RESAMPLES, min(how.resamples, MOST_DRAWN // expected.size))
    chances = (expected / expected.sum()).ravel()
    drawn = np.random.default_rng(how.seed).multinomial(len(groups), chances, size=resamples)
    by_group = drawn.reshape(resamples, many, width).transpose(0, 2, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (hits @ expected.T) / (counted @ expected.T)
        draws = (hits @ by_group) / (counted @ by_group)
    # Where a resample has no row of a group, which happens to groups of a few, its rate might be anything.
    draws = np.where(np.isfinite(draws), draws, (np.arange(resamples) % 2)[:, None, None])
    rows = (counted @ table.T).astype(int)
    rates = np.where(rows > 0, _by_fairlearn(cells, of_rates, table), np.nan)
    return Spread(tuple(rate.name for rate in of_rates), rows, rates, centre, draws, most=1.0)


def _by_fairlearn(cells: _Cells, of_rates: list[_Rate], table: Array) -> Array:
    """Each rate in each group, shape (rates, groups). A cell is one row for fairlearn, as heavy as the rows it holds.

    Its functions of one group are what its MetricFrame calls, which takes 10 ms more to prepare for every comparison.
    """
    import numpy as np
    from fairlearn import metrics

    def measured(rate: _Rate, weights: Array) -> float:
        of_group = getattr(metrics, rate.among)
        return float(of_group(cells.truth, cells.found, pos_label=rate.label, sample_weight=weights))

    return np.array([[measured(rate, weights) for weights in table.astype(float)] for rate in of_rates])


def _binary(*among: str) -> Callable[[Outcome, Array, Resampling], Spread]:
    """Rates of a binary model's second class; a row without an answer is not selected."""

    def spread(outcome: Outcome, groups: Array, how: Resampling) -> Spread:
        import numpy as np

        if outcome.classes is None or len(outcome.classes) != 2:
            raise StepFailed(
                "a binary model has to know two classes before its groups can be compared",
                remedy="train it on rows of both classes",
            )
        selected = (outcome.predictions == outcome.classes[1]) & outcome.answered
        cells = _Cells(outcome.is_positive * 2 + selected, np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
        return _of_counts(cells, [_Rate(name.replace("_", " "), name, 1) for name in among], groups, how)

    return spread


def _accuracy(outcome: Outcome, groups: Array, how: Resampling) -> Spread:
    import numpy as np

    right = (outcome.predictions == outcome.truth) & outcome.answered
    cells = _Cells(right.astype(int), np.array([1, 1]), np.array([0, 1]))
    return _of_counts(cells, [_Rate("accuracy", "selection_rate", 1)], groups, how)


def _selection(outcome: Outcome, groups: Array, how: Resampling) -> Spread:
    """How often the second of two classes is predicted, or each class of more; no answer is a cell of its own."""
    import numpy as np

    if outcome.kind == BINARY:
        return _binary("selection_rate")(outcome, groups, how)
    assert outcome.classes is not None
    none = len(outcome.classes)
    of_rows = np.full(len(outcome.truth), none)
    for place, label in enumerate(outcome.classes):
        of_rows[(outcome.predictions == label) & outcome.answered] = place
    cells = _Cells(of_rows, np.zeros(none + 1, dtype=int), np.arange(none + 1))
    named = [f"share of answers '{label}'" for label in outcome.classes]
    return _of_counts(cells, [_Rate(name, "selection_rate", at) for at, name in enumerate(named)], groups, how)


def _errors(outcome: Outcome, groups: Array, how: Resampling) -> Spread:
    """Mean absolute errors; a row without an answer has the largest error that was seen."""
    import numpy as np

    errors = np.abs(outcome.predictions.astype(float) - outcome.truth.astype(float))
    answered = outcome.answered
    worst = errors[answered].max() if answered.any() else np.nan
    return _of_means("mean absolute error", np.where(answered, errors, worst), outcome, groups, how)


def _predicted(outcome: Outcome, groups: Array, how: Resampling) -> Spread:
    """Mean predictions, of the rows that have an answer."""
    import numpy as np

    values = np.where(outcome.answered, outcome.predictions.astype(float), np.nan)
    return _of_means("mean prediction", values, outcome, groups, how)


def _of_means(name: str, values: Array, outcome: Outcome, groups: Array, how: Resampling) -> Spread:
    """Means of the values that are no NaN, in standard deviations of the label, which are taken as known."""
    import numpy as np

    deviation, known = float(np.std(outcome.truth.astype(float))), np.isfinite(values)
    random, many = np.random.default_rng(how.seed), int(groups.max()) + 1
    counted = np.bincount(groups[known], minlength=many)[None]
    means, centre = np.full((1, many), np.nan), np.full((1, many), np.nan)
    draws = np.full((how.resamples, 1, many), np.nan)
    if deviation > 0 and known.any():
        added = np.quantile(values[known], (np.arange(ADDED_ROWS) + 0.5) / ADDED_ROWS)
        for group in np.flatnonzero(counted[0]):
            # Sorted, so that the order of the rows decides nothing.
            inside = np.sort(values[known & (groups == group)])
            drawn_from = np.concatenate([inside, added])
            means[0, group], centre[0, group] = inside.mean() / deviation, drawn_from.mean() / deviation
            draws[:, 0, group] = _resampled_means(drawn_from, len(inside), how.resamples, random) / deviation
    return Spread((f"{name} in standard deviations of the label",), counted, means, centre, draws)


def _resampled_means(values: Array, size: int, resamples: int, random: np.random.Generator) -> Array:
    import numpy as np

    at_once = max(1, CHUNK // size)
    chunks = [min(at_once, resamples - start) for start in range(0, resamples, at_once)]
    drawn = [values[random.integers(0, len(values), (chunk, size), dtype=np.int32)].mean(axis=1) for chunk in chunks]
    return np.concatenate(drawn)


MEASURES: dict[str, Measure] = {
    "demographic_parity": Measure(CLASSES, "rows", _selection),
    "equal_opportunity": Measure((BINARY,), "truly positive rows", _binary("true_positive_rate")),
    "predictive_equality": Measure((BINARY,), "truly negative rows", _binary("false_positive_rate")),
    "equalized_odds": Measure(
        (BINARY,),
        "rows of its rarer true class",
        _binary("true_positive_rate", "false_positive_rate"),
    ),
    "accuracy_parity": Measure(CLASSES, "rows", _accuracy),
    "error_parity": Measure((REGRESSION,), "rows that can be judged", _errors),
    "mean_parity": Measure((REGRESSION,), "rows with an answer", _predicted),
}
