"""Shapley values against what theory gives in closed form, and against the average over every order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from golden_paths import shapley

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(11)


def shares(answer: Callable[[Array], Array], row: Array, reference: Array, *, mixes: int = 2048, seed: int = 0) -> Any:
    plan = shapley.plan(row != reference, mixes=mixes, seed=seed)
    return plan.shares(answer(np.where(plan.taken, row, reference)))


@pytest.mark.parametrize("features", [1, 4, 10, 11, 30])
def test_a_linear_answers_share_is_the_coefficient_times_the_difference(features: int) -> None:
    coefficients, row, reference = RNG.normal(size=(3, features))
    found = shares(lambda rows: rows @ coefficients, row, reference)
    assert found.shares == pytest.approx(coefficients * (row - reference))
    assert found.errors == pytest.approx(np.zeros(features), abs=1e-12)


@pytest.mark.parametrize("features", [2, 9, 11, 25])
def test_what_two_features_do_together_is_shared_exactly_however_many_there_are(features: int) -> None:
    """Of a quadratic form the share is the difference times the slope halfway."""
    square = RNG.normal(size=(features, features))
    square, (row, reference) = square + square.T, RNG.normal(size=(2, features))
    found = shares(lambda rows: np.einsum("ri,ij,rj->r", rows, square, rows), row, reference)
    assert found.shares == pytest.approx((row - reference) * (square @ (row + reference)))
    assert found.errors == pytest.approx(np.zeros(features), abs=1e-10)


@pytest.mark.parametrize("features", [3, 10])
def test_of_a_product_that_needs_every_feature_each_has_the_same_part(features: int) -> None:
    found = shares(lambda rows: rows.prod(axis=1), np.ones(features), np.zeros(features))
    assert found.shares == pytest.approx(np.full(features, 1 / features))
    assert not found.errors.any()


def test_the_exact_shares_are_the_average_over_every_order() -> None:
    worth = dict(zip(itertools.product([False, True], repeat=5), RNG.normal(size=32), strict=True))

    def answer(rows: Array) -> Array:
        return np.array([worth[tuple(row == 1)] for row in rows])

    wanted = np.zeros(5)
    for order in itertools.permutations(range(5)):
        taken = [False] * 5
        for feature in order:
            before = worth[tuple(taken)]
            taken[feature] = True
            wanted[feature] += (worth[tuple(taken)] - before) / math.factorial(5)
    assert shares(answer, np.ones(5), np.zeros(5)).shares == pytest.approx(wanted)


def three_together(rows: Array) -> Array:
    return rows[:, 0] * rows[:, 1] * rows[:, 2] + 5 * rows[:, 3]


def test_what_three_do_together_is_estimated_and_the_standard_error_says_how_well() -> None:
    wanted = np.array([1 / 3, 1 / 3, 1 / 3, 5, *[0] * 16])
    off = []
    for seed in range(200):
        found = shares(three_together, np.ones(20), np.zeros(20), seed=seed)
        assert found.shares[3:] == pytest.approx(wanted[3:], abs=1e-12)
        off += ((found.shares - wanted)[:3] / found.errors[:3]).tolist()
    assert abs(np.mean(off)) < 0.2
    assert 0.8 < np.std(off) < 1.3


@pytest.mark.parametrize("features", [7, 11, 40])
def test_shares_sum_to_the_difference_of_the_answers_whatever_the_function(features: int) -> None:
    row, reference = RNG.normal(size=(2, features))

    def answer(rows: Array) -> Array:
        return np.tanh(rows.prod(axis=1) * 9 + np.sin(rows).sum(axis=1))

    ends = answer(np.stack([row, reference]))
    assert shares(answer, row, reference).shares.sum() == pytest.approx(ends[0] - ends[1])


@pytest.mark.parametrize("features", [3, 15])
def test_the_first_mix_is_the_reference_and_the_last_one_the_row(features: int) -> None:
    taken = shapley.plan(np.ones(features, bool), mixes=100, seed=0).taken
    assert (taken[0].any(), taken[-1].all()) == (False, True)


def test_features_that_do_not_differ_are_not_asked_about_and_share_nothing() -> None:
    row, reference = np.arange(40.0), np.arange(40.0)
    reference[[4, 30]] = 0
    plan = shapley.plan(row != reference, mixes=2048, seed=0)
    assert len(plan.taken) == 4
    found = plan.shares(np.where(plan.taken, row, reference).sum(axis=1))
    assert {feature: share for feature, share in enumerate(found.shares) if share} == {4: 4.0, 30: 30.0}


def test_a_row_that_is_the_reference_is_one_mix_and_shares_nothing() -> None:
    plan = shapley.plan(np.zeros(3, bool), mixes=2048, seed=0)
    assert plan.taken.tolist() == [[False] * 3]
    assert plan.shares(np.array([0.25])).shares.tolist() == [0, 0, 0]


@pytest.mark.parametrize(("features", "mixes"), [(30, 2048), (11, 2048), (100, 2048), (500, 2048)])
def test_the_mixes_stay_near_what_is_allowed(features: int, mixes: int) -> None:
    asked = len(shapley.plan(np.ones(features, bool), mixes=mixes, seed=0).taken)
    assert 0.75 * mixes < asked <= mixes + 2


def test_the_seed_decides_the_orders() -> None:
    one, again, other = (
        shares(three_together, np.ones(20), np.zeros(20), mixes=200, seed=seed).shares.tolist() for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other
