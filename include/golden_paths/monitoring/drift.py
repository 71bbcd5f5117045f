"""Drift: whether a window's rows are of another population than the model was trained on, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.monitor_sections import DriftSection
from golden_paths.monitoring import drift_cells, drift_counts, drift_family, drift_tests
from golden_paths.monitoring.drift_counts import PREDICTION, SCORE, Counts
from golden_paths.monitoring.drift_tests import Tested
from golden_paths.monitoring.profile import Profile

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array: TypeAlias = np.ndarray[Any, Any]

TOO_FEW, NOTHING_SURE, TOO_SMALL, DRIFT = "too few rows", "not significant", "too small to matter", "drift"
VALUES, GAPS = "values", "missing values"
UNTESTED = Tested(1.0, lambda x: x)


@dataclass(frozen=True)
class Compared:
    """One comparison of a column, of its values or of its missing values.

    `distance` is from 0 to 1, None when there is nothing to compare; `p` is of this test alone, `is_significant` of all together.
    """

    what: str
    distance: float | None
    p: float
    is_significant: bool
    state: str


@dataclass(frozen=True)
class ColumnDrift:
    """What is said of one column. `rows` and `reference_rows` have a value; the counts are for plots."""

    column: str
    role: str  # feature, prediction, score
    values: Compared
    gaps: Compared
    rows: int
    reference_rows: int
    counts: Counts

    @property
    def worst(self) -> Compared:
        """What decides: what alarms before what does not, then the larger distance."""
        rank = (DRIFT, TOO_SMALL, NOTHING_SURE, TOO_FEW)
        return min((self.values, self.gaps), key=lambda one: (rank.index(one.state), -(one.distance or 0.0)))

    @property
    def is_alarm(self) -> bool:
        """It is significant, and large enough to matter."""
        return self.worst.state == DRIFT

    @property
    def is_significant(self) -> bool:
        """Something of it is, of whatever size."""
        return self.values.is_significant or self.gaps.is_significant


def judge(
    profile: Profile,
    window: pd.DataFrame,
    section: DriftSection,
    *,
    predictions: str = PREDICTION,
    scores: str = SCORE,
) -> tuple[ColumnDrift, ...]:
    """Every feature of the profile, and its predictions, in a window of shape (rows, columns); in the profile's order.

    An alarm takes significance at `section.alpha`, all columns and their missing values together, and a distance of at least
    `section.effect`. `predictions` and `scores` name the window's columns of these.
    """
    found = drift_counts.counted(profile, window, predictions=predictions, scores=scores)
    return judge_counts(found, section)


def judge_counts(columns: Sequence[Counts], section: DriftSection) -> tuple[ColumnDrift, ...]:
    """The same, of columns that are counted already."""
    cells = [_cells(one) for one in columns]
    least = section.alpha / max(1, 2 * len(columns))
    family: list[Tested] = []
    for one, (ref, live) in zip(columns, cells, strict=True):
        family += _tests(one, ref, live, least, section)
    sure = drift_family.significant(family, section.alpha)
    return tuple(
        _told(one, cells[place], family[2 * place : 2 * place + 2], sure[2 * place : 2 * place + 2], section)
        for place, one in enumerate(columns)
    )


def _cells(counts: Counts) -> tuple[Array, Array]:
    """(ref, live), rare categories in groups."""
    if counts.kind != "categories":
        return counts.ref, counts.live
    belongs = drift_cells.cells(counts.ref, counts.live, counts.places)
    return drift_cells.joined(counts.ref, belongs), drift_cells.joined(counts.live, belongs)


def _tests(counts: Counts, ref: Array, live: Array, least: float, section: DriftSection) -> tuple[Tested, Tested]:
    """Of the values, and of the missing ones. Which are not made is paid for, too: it must not depend on what is found."""
    if counts.window < section.at_least:
        return UNTESTED, UNTESTED
    gaps = drift_tests.shares(counts.live_missing, counts.window, counts.ref_missing, counts.ref_window)
    if counts.rows < section.at_least:
        return UNTESTED, gaps
    if counts.kind == "categories":
        return drift_tests.unordered(ref, live, least=least), gaps
    return drift_tests.ordered(ref, live, least=least, most=section.alpha), gaps


def _told(
    counts: Counts, cells: tuple[Array, Array], tests: Sequence[Tested], sure: Sequence[bool], section: DriftSection
) -> ColumnDrift:
    few = counts.window < section.at_least, counts.rows < section.at_least
    gaps = None
    if counts.window and counts.ref_window:
        gaps = abs(counts.live_missing / counts.window - counts.ref_missing / counts.ref_window)
    values = _distance(*cells, in_order=counts.kind != "categories")
    first, second = (
        Compared(what, distance, test.p, is_sure, _state(is_few, distance, is_sure, section))
        for what, distance, test, is_sure, is_few in (
            (VALUES, values, tests[0], sure[0], few[1]),
            (GAPS, gaps, tests[1], sure[1], few[0]),
        )
    )
    return ColumnDrift(counts.column, counts.role, first, second, counts.rows, counts.ref_rows, counts)


def _distance(ref: Array, live: Array, *, in_order: bool) -> float | None:
    """Kolmogorov and Smirnov's between numbers, total variation between categories; None when one side has none."""
    if not ref.sum() or not live.sum():
        return None
    apart = live / live.sum() - ref / ref.sum()
    return float(abs(apart.cumsum()).max() if in_order else abs(apart).sum() / 2)


def _state(is_few: bool, distance: float | None, is_sure: bool, section: DriftSection) -> str:
    if is_few:
        return TOO_FEW
    if not is_sure or distance is None:
        return NOTHING_SURE
    return DRIFT if distance >= section.effect else TOO_SMALL
