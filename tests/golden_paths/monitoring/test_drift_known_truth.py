"""Drift over windows whose truth is known: how often there is a false alarm, and how often a true one.

Seeds were chosen before anything was looked at. A rate counts as right when it is within the interval that 99 of 100
experiments fall into when alpha is the true rate (exact binomial): for 200 windows at 0.05, 3 to 19 windows of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from drifting import counts, frame, sample
from golden_paths.monitor_sections import DriftSection
from golden_paths.monitoring import drift, profile, unseen
from golden_paths.monitoring.drift import ColumnDrift

WINDOWS = 200
FRESH = {50: 300, 500: 2_000}  # rows of a window -> of the reference that each has for itself
LONG = [(5_000, 20_000), (500_000, 500_000)]  # the same, counted instead of laid out row by row
FIXED = 100_000  # rows of one reference for all windows
SECTION = DriftSection(alpha=0.05, at_least=20, effect=0.1)
Judged = tuple[ColumnDrift, ...]


def right(windows: int, alpha: float) -> tuple[int, int]:
    low, high = binom.interval(0.99, windows, alpha)
    return int(low), int(high)


def rates(judge: Callable[[np.random.Generator], Judged], seed: int) -> tuple[int, int]:
    """(windows with anything significant, windows with an alarm)."""
    random = np.random.default_rng(seed)
    found = [judge(random) for _ in range(WINDOWS)]
    return sum(any(one.is_significant for one in judged) for judged in found), sum(
        any(one.is_alarm for one in judged) for judged in found
    )


def is_right(found: tuple[int, int]) -> bool:
    low, high = right(WINDOWS, SECTION.alpha)
    significant, alarms = found
    return low <= significant <= high and alarms <= significant


@pytest.mark.parametrize("rows", FRESH)
def test_without_drift_the_false_alarm_rate_is_alpha_with_a_reference_for_each_window(rows: int) -> None:
    def judge(random: np.random.Generator) -> Judged:
        reference = frame(FRESH[rows], random)
        return drift.judge(profile.build(reference, features=list(reference)), frame(rows, random), SECTION)

    assert is_right(found := rates(judge, seed=rows)), found


@pytest.mark.parametrize("rows", [50, 500, 5_000])
def test_without_drift_the_false_alarm_rate_is_alpha_with_one_reference_for_all(rows: int) -> None:
    reference = frame(FIXED, np.random.default_rng(0))
    known = profile.build(reference, features=list(reference))
    assert is_right(found := rates(lambda random: drift.judge(known, frame(rows, random), SECTION), seed=rows + 1)), (
        found
    )


@pytest.mark.parametrize(("rows", "reference"), LONG)
def test_without_drift_the_false_alarm_rate_is_alpha_of_long_windows(rows: int, reference: int) -> None:
    def judge(random: np.random.Generator) -> Judged:
        return drift.judge_counts(counts(sample(reference, random), sample(rows, random)), SECTION)

    assert is_right(found := rates(judge, seed=rows)), found


def test_without_drift_the_false_alarm_rate_is_alpha_of_long_windows_with_one_reference() -> None:
    """It must be much larger than a window: what it has of luck itself, every window would be blamed for."""
    fixed = sample(50_000_000, np.random.default_rng(0))
    found = rates(lambda random: drift.judge_counts(counts(fixed, sample(500_000, random)), SECTION), seed=10)
    assert is_right(found), found


def test_a_frame_of_half_a_million_rows_is_counted_in_the_same_cells() -> None:
    random = np.random.default_rng(5)
    reference, window = frame(300_000, random), frame(500_000, random)
    known = profile.build(reference, features=list(reference))
    judged = {one.column: one.counts for one in drift.judge(known, window, SECTION)}
    for name in ("normal_1", "cauchy_0", "poisson_3", "constant"):
        points, live = np.array(judged[name].points), window[name].dropna().to_numpy()
        upto = np.array([(live <= point).sum() for point in points[::97]])
        assert np.array_equal(judged[name].live.cumsum()[1::2][::97], upto)
        assert judged[name].rows == len(live)
    twelve = dict(zip(judged["twelve"].keys, judged["twelve"].live.tolist(), strict=True))
    assert twelve == window["twelve"].value_counts().to_dict()


def alarmed(judged: Judged) -> set[str]:
    return {one.column for one in judged if one.is_alarm}


def test_half_a_standard_deviation_in_one_of_twenty_columns_is_found_at_500_rows() -> None:
    random, section = np.random.default_rng(6), DriftSection(alpha=0.01, at_least=500, effect=0.1)
    reference = frame(2_000, random)
    known, found, others = profile.build(reference, features=list(reference)), 0, 0
    for _ in range(100):
        window = frame(500, random)
        window["normal_0"] += 0.5
        names = alarmed(drift.judge(known, window, section))
        found += "normal_0" in names
        others += bool(names - {"normal_0"})
    assert (found >= 95, others <= right(100, 0.01)[1]) == (True, True), (found, others)


def test_slow_drift_is_found_before_it_is_large_and_stays_found() -> None:
    random, section = np.random.default_rng(7), DriftSection()
    reference = frame(20_000, random)
    known, seen = profile.build(reference, features=list(reference)), []
    for number in range(16):
        window = frame(2_000, random)
        window["normal_2"] += 0.05 * number
        seen.append("normal_2" in alarmed(drift.judge(known, window, section)))
    first = seen.index(True)
    assert 3 <= first <= 7  # of 0.25 standard deviations the distance is 0.1
    assert all(seen[8:])


def test_one_new_category_in_two_of_a_hundred_rows_is_found_and_named() -> None:
    random, section = np.random.default_rng(8), DriftSection()
    reference, window = frame(20_000, random), frame(5_000, random)
    window.loc[random.random(5_000) < 0.02, "five"] = "new"
    found = [
        one for one in unseen.judge(profile.build(reference, features=list(reference)), window, section) if one.is_alarm
    ]
    assert [(one.column, one.values) for one in found] == [("five", ("new",))]


@pytest.mark.parametrize("rows", [50, 500, 2_000])
def test_a_long_tail_is_no_unknown_category_beyond_alpha(rows: int) -> None:
    """The bound holds for the worst case, so the rate may be lower than alpha, never higher."""
    random, false = np.random.default_rng(9 + rows), 0
    for _ in range(WINDOWS):
        tails = [1 + random.zipf(1.3 + 0.2 * place, size=4 * rows) % 10**6 for place in range(4)]
        both = pd.DataFrame({f"tail_{place}": tail.astype(str) for place, tail in enumerate(tails)})
        known = profile.build(both[rows:], features=list(both))
        false += any(one.is_alarm for one in unseen.judge(known, both[:rows], SECTION))
    assert false <= right(WINDOWS, SECTION.alpha)[1]
