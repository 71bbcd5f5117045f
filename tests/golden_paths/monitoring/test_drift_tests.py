"""Each test of two samples, beside scipy's where it has one, and beside all ways to deal the rows out where it has none."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy import stats

from golden_paths.monitoring import drift_cells, drift_family, drift_tests, unseen
from golden_paths.monitoring.drift_tests import Tested as OneTest

Array = np.ndarray[Any, Any]
ALWAYS = {"least": 0.0, "most": 1.0}  # exact, whatever the p-value is


def cells(ref: Array, live: Array) -> tuple[Array, Array]:
    values = np.unique(np.concatenate([ref, live]))
    counted = [np.bincount(np.searchsorted(values, one), minlength=len(values)) for one in (ref, live)]
    return counted[0], counted[1]


def dealt(ref: Array, live: Array, statistic: Any) -> float:
    """The p-value by looking at every way."""
    pooled, rows = np.concatenate([ref, live]), len(live)
    found, as_far, ways = statistic(ref, live), 0, 0
    for chosen in combinations(range(len(pooled)), rows):
        picked = np.zeros(len(pooled), dtype=bool)
        picked[list(chosen)] = True
        as_far += statistic(pooled[~picked], pooled[picked]) >= found - 1e-12
        ways += 1
    return as_far / ways


def greatest_distance(ref: Array, live: Array) -> float:
    values = np.unique(np.concatenate([ref, live]))
    upto = [np.searchsorted(np.sort(one), values, side="right") / len(one) for one in (ref, live)]
    return float(abs(upto[0] - upto[1]).max())


@pytest.mark.parametrize(
    ("rows", "ref_rows", "shift"), [(50, 300, 0.5), (500, 442, 0.2), (50, 60, 0.6), (2_000, 1_000, 0.1)]
)
def test_numbers_without_ties_have_the_p_value_that_scipy_computes(rows: int, ref_rows: int, shift: float) -> None:
    random = np.random.default_rng(1)
    live, ref = random.normal(shift, 1, rows), random.normal(0, 1, ref_rows)
    expected = stats.ks_2samp(live, ref, method="exact").pvalue
    assert drift_tests.ordered(*cells(ref, live), **ALWAYS).p == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_numbers_with_ties_have_the_p_value_of_all_ways_to_deal_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    ref, live = random.integers(0, 2 + seed, 9), random.integers(0, 3 + seed, 6)
    expected = dealt(ref, live, greatest_distance)
    assert drift_tests.ordered(*cells(ref, live), **ALWAYS).p == pytest.approx(expected, abs=1e-12)


def test_at_half_a_million_rows_the_p_value_is_that_of_the_limit_and_ties_make_it_smaller() -> None:
    rows, found = 500_000, {}
    for many in (10, 100, 2_000):
        ref = np.full(many, rows // many)
        live = ref.copy()
        live[: many // 2] += int(4e-3 * rows / many)
        live[many // 2 :] -= int(4e-3 * rows / many)
        found[many] = drift_tests.ordered(ref, live, least=0, most=1).p
    limit = stats.kstwobign.sf(2e-3 * np.sqrt(rows / 2))
    assert found[10] < found[100] < found[2_000] < limit
    assert found[2_000] == pytest.approx(limit, rel=0.15)


@pytest.mark.parametrize("table", [(3, 50, 2, 300), (30, 500, 15, 442), (0, 50, 20, 300), (900, 100_000, 700, 100_000)])
def test_shares_have_the_p_value_of_fishers_test_and_know_which_can_occur(table: tuple[int, int, int, int]) -> None:
    live, rows, ref, ref_rows = table
    tested = drift_tests.shares(*table)
    assert tested.p == pytest.approx(stats.fisher_exact([[live, rows - live], [ref, ref_rows - ref]])[1], rel=1e-9)
    assert tested.attained(tested.p) == pytest.approx(tested.p)
    assert tested.attained(0.01) <= 0.01
    assert tested.attained(1.0) == pytest.approx(1)


def test_categories_with_few_rows_are_as_rare_as_all_ways_to_deal_them_say() -> None:
    ref, live = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2]), np.array([0, 2, 2, 2, 2, 1])

    def pearson(one: Array, other: Array) -> float:
        pooled = (np.bincount(one, minlength=3) + np.bincount(other, minlength=3)) * len(other) / 15
        return float(((np.bincount(other, minlength=3) - pooled) ** 2 / pooled).sum())

    counted = np.bincount(ref, minlength=3), np.bincount(live, minlength=3)
    exact = dealt(ref, live, pearson)
    assert drift_tests.unordered(*counted, least=1e-3).p == pytest.approx(exact, rel=0.5)
    assert drift_tests.unordered(*counted, least=1e-9).p >= exact  # without draws: from above
    assert drift_tests.unordered(*counted, least=1e-3).p == drift_tests.unordered(*counted, least=1e-3).p


def test_categories_with_many_rows_have_the_p_value_of_chi_square() -> None:
    ref, live = np.array([4_000, 3_000, 2_000, 1_000]), np.array([820, 560, 410, 230])
    expected = stats.chi2_contingency(np.stack([ref, live])).pvalue
    assert drift_tests.unordered(ref, live, least=1e-4).p == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("test", ["ordered", "unordered"])
@pytest.mark.parametrize(
    ("ref", "live"), [([5, 0], [9, 0]), ([0, 0], [3, 4]), ([3, 4], [0, 0]), ([], []), ([0], [0])], ids=str
)
def test_one_value_alone_or_none_says_nothing_and_costs_nothing(test: str, ref: list[int], live: list[int]) -> None:
    arrays = (np.array(one, dtype=np.int64) for one in (ref, live))
    known = ALWAYS if test == "ordered" else {"least": 1e-3}
    tested = getattr(drift_tests, test)(*arrays, **known)
    assert (tested.p, tested.attained(0.5)) == (1.0, 0.0)


def test_a_frequent_category_that_turns_into_a_rare_one_is_not_lost_among_the_rare() -> None:
    ref, live = np.array([50_000, 50_000, 3, 2]), np.array([500, 0, 500, 0])
    belongs = drift_cells.cells(ref, live, np.arange(4))
    joined = (drift_cells.joined(one, belongs) for one in (ref, live))
    assert drift_tests.unordered(*joined, least=1e-4).p < 1e-9


def test_which_categories_are_compared_follows_from_both_samples_together() -> None:
    random = np.random.default_rng(2)
    ref, live, places = random.poisson(3, 300), random.poisson(1, 300), random.permutation(300)
    belongs = drift_cells.cells(ref, live, places)
    assert len(set(belongs.tolist())) > 2
    assert np.array_equal(belongs, drift_cells.cells(live, ref, places))


def test_thousands_of_rare_categories_are_compared_in_groups() -> None:
    """A tenth of 8,000 equal categories goes, and none is frequent enough to be looked at by itself."""
    random, places = np.random.default_rng(4), np.arange(8_000)
    shares = np.full(8_000, 1 / 8_000)
    ref, live = random.multinomial(40_000, shares), random.multinomial(5_000, shares)
    changed = random.multinomial(5_000, np.where(places % 32 < 3, 0, shares) / (29 / 32))
    for window, is_drift in ((live, False), (changed, True)):
        belongs = drift_cells.cells(ref, window, places)
        pair = (drift_cells.joined(one, belongs) for one in (ref, window))
        assert (drift_tests.unordered(*pair, least=1e-4).p < 1e-4) == is_drift


def test_a_family_of_continuous_tests_is_holms() -> None:
    def plain(*values: float) -> list[OneTest]:
        return [OneTest(p, lambda x: x) for p in values]

    assert drift_family.significant(plain(0.011, 0.4, 0.02, 0.9), 0.05) == [True, False, False, False]
    assert drift_family.significant(plain(0.012, 0.0166, 0.024, 0.05), 0.05) == [True] * 4
    assert drift_family.significant(plain(0.013, 0.0001), 0.02) == [True, True]
    assert drift_family.significant([], 0.05) == []


def test_tests_that_can_never_be_significant_cost_the_others_nothing() -> None:
    tests = [OneTest(0.03, lambda x: x), *[OneTest(1.0, lambda _: 0.0)] * 50]
    assert drift_family.significant(tests, 0.05)[0]


def test_the_bound_on_unknown_values_holds_and_is_not_far_above_the_chance() -> None:
    """400 values with one row each and 100 with two, in samples of 700 and 300 rows; by 5,000 ways to deal them."""
    random, sizes = np.random.default_rng(3), np.repeat([1, 2, 400], [400, 100, 1])
    live = random.multivariate_hypergeometric(sizes, 300, size=5_000, method="marginals")
    unknown = np.where(live == sizes, live, 0).sum(axis=1)
    for share in (0.05, 0.01):
        rows = int(np.quantile(unknown, 1 - share, method="higher"))
        place = int(np.flatnonzero(unknown == rows)[0])
        chance, found = float((unknown >= rows).mean()), unseen.chance(sizes - live[place], live[place])
        assert chance <= found <= 40 * chance
