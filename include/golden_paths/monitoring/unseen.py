"""Unknown categories: live values that no row of the training set had, more often than a long tail of rare ones explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.modelling.finding import Finding, Ruling, Table
from golden_paths.monitor_sections import DriftSection
from golden_paths.monitoring import drift_counts, drift_family
from golden_paths.monitoring.drift_counts import FEATURE, Counts
from golden_paths.monitoring.drift_tests import Tested, dealt
from golden_paths.monitoring.profile import Profile

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array: TypeAlias = np.ndarray[Any, Any]

GATE = "unknown_categories"
SHOWN, LETTERS = 10, 40
TOO_FEW, KNOWN, EXPECTED, UNKNOWN = "too few rows", "none", "as expected", "unknown categories"
HEAD = ("column", "unknown values", "rows", "share", "expected share", "p", "verdict")


@dataclass(frozen=True)
class Unknown:
    """Of one column: how many live `rows` have one of `distinct` unknown values. `values` names some, unless it is sensitive.

    `expected` is the share that training lets expect, after Good and Turing: that of its values which one row has.
    """

    column: str
    rows: int
    of_rows: int
    distinct: int
    values: tuple[str, ...]
    expected: float
    p: float
    state: str

    @property
    def share(self) -> float:
        """Of the live rows with a value."""
        return self.rows / self.of_rows if self.of_rows else 0.0

    @property
    def is_alarm(self) -> bool:
        """There are more than a long tail explains."""
        return self.state == UNKNOWN

    @property
    def words(self) -> str:
        """One line that stands alone."""
        if self.state == TOO_FEW:
            return f"{self.column}: too few rows to look for unknown categories, {self.of_rows:,} have a value"
        if self.state == KNOWN:
            return f"{self.column}: every category was seen in training"
        named = ", ".join(f"'{value[:LETTERS]}'" for value in self.values)
        names = f" ({named}{', ...' if len(self.values) < self.distinct else ''})" if named else ""
        several = f"{self.distinct:,} unknown categor{'y' if self.distinct == 1 else 'ies'}{names}"
        told = f"in {self.rows:,} of {self.of_rows:,} rows ({self.share:.2%})"
        judged = "more than" if self.is_alarm else "as many as"
        return f"{self.column}: {several} {told}, {judged} training lets expect ({self.expected:.2%})"


def judge(profile: Profile, window: pd.DataFrame, section: DriftSection) -> tuple[Unknown, ...]:
    """Every categorical feature of the profile, in a window of shape (rows, columns)."""
    return judge_counts(drift_counts.counted(profile, window), section)


def judge_counts(columns: Sequence[Counts], section: DriftSection) -> tuple[Unknown, ...]:
    """The same, of columns that are counted already; all categorical ones together are wrong with chance `section.alpha`."""
    looked = [one for one in columns if one.kind == "categories" and one.role == FEATURE and not one.is_grouped]
    few = [one.rows < section.at_least for one in looked]
    chances = [1.0 if is_few else chance(one.ref, one.live) for one, is_few in zip(looked, few, strict=True)]
    sure = drift_family.significant([Tested(p, lambda x: x) for p in chances], section.alpha)
    return tuple(_told(*each) for each in zip(looked, few, chances, sure, strict=True))


def chance(ref: Array, live: Array) -> float:
    """How likely, at most, so many rows of unknown values are without any drift; from rows by value, each of shape (values,).

    Values that are new are no proof of anything: of a column with a long tail every sample has some, by Good and Turing
    about as many rows as there are values that were seen once. The test takes both samples together. Without drift each
    way to deal the pooled rows out is equally likely, so a value with c pooled rows is unknown with the chance q(c) that all c
    fall to the live sample: n/N for c = 1, about its c-th power for more. The rows that are unknown are the sum of
    c over the values to which that happens. Of those with c = 1 their number is hypergeometric. All these events are
    negatively associated (what falls to the one sample is not there for another value), so that Chernoff's bound holds as
    if singles and each other value were independent:

        P(rows >= u) <= min over s > 0 of exp(-s u) x E exp(s singles) x product over values of (1 - q + q exp(s c)).

    It holds for all sizes. Where a long tail makes the answer close it is 5 to 30 times the chance itself: the price of no
    approximation, paid in alarms that come later. For a value that is really new c is large, and q(c) nothing.
    """
    import numpy as np
    from scipy.special import gammaln, logsumexp

    unknown, pooled = int(live[ref == 0].sum()), ref + live
    sizes, values = np.unique(pooled[pooled > 0], return_counts=True)
    rows, total = int(live.sum()), int(pooled.sum())
    if not unknown or not ref.sum():
        return 1.0
    steps = np.geomspace(1e-5, 60, 200)[:, None]  # any s gives a bound
    bounds = -unknown * steps[:, 0]
    if (singles := int(values[sizes == 1].sum())) > 0:
        low, chances = dealt(singles, rows, total)
        some = chances > 0
        bounds += logsumexp(np.log(chances[some]) + steps * (low + np.flatnonzero(some)), axis=1)
    fits = (sizes > 1) & (sizes <= rows)
    sizes, values = sizes[fits].astype(float), values[fits]
    logs = gammaln(rows + 1) - gammaln(rows - sizes + 1) - gammaln(total + 1) + gammaln(total - sizes + 1)
    logs = np.minimum(logs, -1e-15)
    bounds += (values * np.logaddexp(np.log1p(-np.exp(logs)), logs + steps * sizes)).sum(axis=1)
    return float(np.exp(min(0.0, bounds.min())))


def _told(one: Counts, is_few: bool, p: float, is_sure: bool) -> Unknown:
    import numpy as np

    new = np.flatnonzero((one.ref == 0) & (one.live > 0))
    frequent = new[np.argsort(-one.live[new], kind="stable")]
    rows = int(one.live[new].sum())
    named = () if one.is_sensitive else tuple(one.keys[cell] for cell in frequent[:SHOWN])
    state = TOO_FEW if is_few else UNKNOWN if is_sure else EXPECTED if rows else KNOWN
    return Unknown(one.column, rows, one.rows, len(new), named, one.expected, p, state)


def finding(found: Sequence[Unknown]) -> Finding:
    """A ruling for each column, and a table."""
    rulings = tuple(
        Ruling(
            gate=GATE,
            passed=not one.is_alarm,
            expected="no more than training lets expect",
            words=one.words,
            state=one.state,
            column=one.column,
            value=one.share,
        )
        for one in found
    )
    rows = tuple(
        (
            one.column,
            f"{one.distinct:,}",
            f"{one.rows:,}",
            f"{one.share:.2%}",
            f"{one.expected:.2%}",
            f"{one.p:.2g}",
            one.state,
        )
        for one in found
    )
    notes = () if found else ("No feature is a category.",)
    tables = (Table(title="Unknown categories", head=HEAD, rows=rows),) if rows else ()
    return Finding(title="Unknown categories", rulings=rulings, tables=tables, notes=notes)
