"""Whether a model treats groups alike: the largest gap of a measure between two groups, and how sure that is. Pure.

A gap on few rows flips with the seed, so it passes only when the whole interval does, on groups that are large enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.errors import StepFailed
from golden_paths.modelling.bias_rates import MEASURES as MEASURES
from golden_paths.modelling.bias_rates import Resampling, Spread
from golden_paths.modelling.intervals import Gap, gap
from golden_paths.modelling.metrics import Outcome

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, Any]

WITHIN, BEYOND, TOO_LITTLE = "within", "beyond", "too little evidence"
MISSING = "(missing)"
MOST_NUMBERS, MOST_GROUPS = 10, 100
# pandas' names for what an array holds
NUMBERS = {"integer", "floating", "mixed-integer-float", "decimal", "complex"} | {
    "datetime64",
    "datetime",
    "date",
    "timedelta64",
    "timedelta",
    "time",
    "period",
}
MOST_TIMES = 1000.0  # a sample so much larger is no advice
NAMED = 3  # small groups that a line names


@dataclass(frozen=True)
class Rule:
    """How large a gap may be, and what counts as evidence: rows in each group's denominator, and confidence.

    `confidence` is two-sided: at 0.9, a gap that is just too large is called within in at most 5 of 100 cases.
    """

    measure: str
    at_most: float
    least: int = 30
    confidence: float = 0.9
    resamples: int = 2000
    seed: int = 0


@dataclass(frozen=True)
class GroupRate:
    """One group's rate with its interval: that of the measure's rates which differs most; None where no row counts.

    `counted` are the rows in the denominator, the smallest where a measure has several.
    """

    name: str
    rows: int
    counted: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Verdict:
    """What is known of one sensitive column. `value`, `low` and `high` are None where no two groups can be compared."""

    column: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    at_most: float
    groups: tuple[GroupRate, ...]
    state: str
    words: str

    @property
    def passed(self) -> bool:
        """Only a gap that is within passes; too little evidence does not."""
        return self.state == WITHIN


def judge(
    outcome: Outcome,
    columns: Mapping[str, Array],
    rule: Rule,
    intersections: Sequence[Sequence[str]] = (),
) -> list[Verdict]:
    """One verdict for each column, of shape (rows,), and each intersection of columns. The same rows give the same.

    A row without an answer is wrong, and not selected. Raises `StepFailed` for a measure that does not fit the model,
    and for a column that has no groups but numbers, or too many.
    """
    if rule.measure not in (fit := [name for name, measure in MEASURES.items() if outcome.kind in measure.kinds]):
        raise StepFailed(
            f"bias measure '{rule.measure}' cannot judge a {outcome.kind} model",
            remedy=f"choose among {', '.join(fit)}",
        )
    if unknown := sorted({name for names in intersections for name in names} - columns.keys()):
        raise StepFailed(
            f"an intersection names {', '.join(unknown)}, which is no sensitive column",
            remedy=f"choose among {', '.join(columns)}",
        )
    named = {name: _named(name, values, len(outcome.truth)) for name, values in columns.items()}
    for names in intersections:
        named[" x ".join(names)] = _crossed([named[name] for name in names])
    return [_verdict(name, groups, outcome, rule) for name, groups in named.items()]


def _verdict(column: str, named: Array, outcome: Outcome, rule: Rule) -> Verdict:
    import numpy as np

    names, codes = np.unique(named, return_inverse=True)
    if not len(names):
        words = f"{column}: {TOO_LITTLE}, there are no rows"
        return Verdict(column, rule.measure, None, None, None, rule.at_most, (), TOO_LITTLE, words)
    if len(names) > MOST_GROUPS:
        raise StepFailed(
            f"sensitive column '{column}' has {len(names)} groups, at most {MOST_GROUPS} can be compared",
            remedy="name a column of coarser groups",
        )
    spread = MEASURES[rule.measure].spread(outcome, codes, Resampling(rule.resamples, rule.seed))
    found = gap(spread, rule.confidence)
    groups = _groups(names, np.bincount(codes, minlength=len(names)), spread, found, rule)
    lacking = _lacking(groups, found, rule, len(codes))
    if found is None:
        words = f"{column}: {TOO_LITTLE}, {lacking}"
        return Verdict(column, rule.measure, None, None, None, rule.at_most, groups, TOO_LITTLE, words)
    state = BEYOND if found.low > rule.at_most else TOO_LITTLE if lacking else WITHIN
    words = f"{_measured(column, spread, found, names, rule)}: {state}{f', {lacking}' if state == TOO_LITTLE else ''}"
    return Verdict(column, rule.measure, found.value, found.low, found.high, rule.at_most, groups, state, words)


def _groups(names: Array, rows: Array, spread: Spread, found: Gap | None, rule: Rule) -> tuple[GroupRate, ...]:
    import numpy as np

    which, tail = found.rate if found else 0, (1 - rule.confidence) / 2
    groups = []
    for place, name in enumerate(names):
        rate, counted = float(spread.rates[which, place]), int(spread.counted[:, place].min())
        if math.isnan(rate):
            groups.append(GroupRate(str(name), int(rows[place]), counted, None, None, None))
            continue
        low, high = (float(bound) for bound in np.quantile(spread.draws[:, which, place], [tail, 1 - tail]))
        groups.append(GroupRate(str(name), int(rows[place]), counted, rate, min(low, rate), max(high, rate)))
    return tuple(groups)


def _measured(column: str, spread: Spread, found: Gap, names: Array, rule: Rule) -> str:
    one, other = found.groups
    rates = spread.rates[found.rate]
    return (
        f"{column}: {spread.names[found.rate]} differs by {found.value:.3g} "
        f"({rule.confidence:.0%} interval {found.low:.3g} to {found.high:.3g}, at most {rule.at_most:g} is allowed) "
        f"between '{names[one]}' ({rates[one]:.3g}) and '{names[other]}' ({rates[other]:.3g})"
    )


def _lacking(groups: Sequence[GroupRate], found: Gap | None, rule: Rule, rows: int) -> str:
    """What evidence lacks for the gap to be within, in words; empty when nothing does."""
    if len(groups) < 2:
        return f"there is only the group '{groups[0].name}', two are compared"
    counts = MEASURES[rule.measure].counts
    if small := [group for group in groups if group.counted < max(rule.least, 1)]:
        told = ", ".join(f"'{group.name}' has {group.counted}" for group in small[:NAMED])
        more = f", and {len(small) - NAMED} more groups have too few" if len(small) > NAMED else ""
        return f"{told} {counts}{more}; {max(rule.least, 1)} are needed in each group"
    if found is None:
        return "the label does not vary on these rows"
    if found.high <= rule.at_most:
        return ""
    past = f"the interval reaches past {rule.at_most:g}"
    if found.value >= rule.at_most:
        return f"{past} and so does the gap itself, which more rows alone will hardly bring within"
    times = ((found.high - found.value) / (rule.at_most - found.value)) ** 2
    if times > MOST_TIMES:
        return f"{past} and the gap itself is too close to it for a larger sample to decide"
    needed = _rounded(rows * times)
    return f"{past}; about {needed} held-out rows instead of {rows} would do if the gap stays as measured"


def _rounded(rows: float) -> int:
    """Upwards, to two digits: more would promise too much."""
    unit: int = 10 ** (len(str(math.ceil(rows))) - 2) if rows > 99 else 1
    return math.ceil(rows / unit) * unit


def _named(column: str, values: Array, rows: int) -> Array:
    """The name of each row's group, shape (rows,)."""
    import numpy as np
    import pandas as pd

    if len(values) != rows:
        raise ValueError(f"sensitive column '{column}' has {len(values)} values for {rows} rows")
    series = pd.Series(np.asarray(values))
    distinct = series.dropna().unique()
    if len(distinct) > MOST_NUMBERS and pd.api.types.infer_dtype(series, skipna=True) in NUMBERS:
        raise StepFailed(
            f"sensitive column '{column}' holds {len(distinct)} different numbers or dates, which are no groups",
            remedy="name a column that bands them, such as age_group for age",
        )
    names = series.map({value: _name(value) for value in distinct}).where(series.notna(), MISSING)
    found: Array = names.to_numpy().astype(str)
    return found


def _name(value: object) -> str:
    """A column of whole numbers with gaps comes as floats."""
    whole = isinstance(value, Real) and not isinstance(value, bool) and float(value).is_integer()
    return f"{float(value):.0f}" if isinstance(value, Real) and whole else str(value)


def _crossed(columns: Sequence[Array]) -> Array:
    import numpy as np

    crossed = columns[0]
    for column in columns[1:]:
        crossed = np.char.add(np.char.add(crossed, " x "), column)
    return crossed
