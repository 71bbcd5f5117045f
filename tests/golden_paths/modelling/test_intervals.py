"""Intervals: how often they hold the truth, and that two models are compared on the same rows."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import known_truth
from golden_paths.errors import StepFailed
from golden_paths.modelling import metrics
from golden_paths.modelling.counted import COUNTED
from golden_paths.modelling.intervals import difference, intervals
from golden_paths.modelling.metrics import METRICS, Outcome


def scored(n: int, *, strength: float = 1.0, seed: int = 0, luck: int = 1) -> Outcome:
    """A binary model whose scores of positives are higher by `strength` standard deviations. `luck` seeds its noise."""
    truth = (np.random.default_rng(seed).random(n) < 0.3).astype(int)
    score = strength * truth + np.random.default_rng(luck + seed).normal(size=n)
    positive = 1 / (1 + np.exp(-score))
    return Outcome(
        "binary", truth, (positive > 0.5).astype(int), np.array([0, 1]), np.column_stack([1 - positive, positive])
    )


def number(n: int, *, noise: float, seed: int = 0) -> Outcome:
    truth = np.random.default_rng(seed).normal(size=n)
    return Outcome("regression", truth, truth + noise * np.random.default_rng(seed + 1).normal(size=n))


# --- intervals of metrics ---


@pytest.mark.parametrize(
    ("outcome", "names"),
    [
        (scored(200), [name for name, metric in METRICS.items() if "binary" in metric.kinds]),
        (known_truth.multiclass(200, seed=0).outcome, ["accuracy", "balanced_accuracy", "f1_macro"]),
        (number(200, noise=0.5), [name for name, metric in METRICS.items() if "regression" in metric.kinds]),
    ],
)
def test_every_metric_that_fits_has_an_interval_around_its_value(outcome: Outcome, names: list[str]) -> None:
    found, measured = intervals(outcome, names, resamples=50), metrics.compute(outcome)
    assert list(found) == names
    for name, (low, high) in found.items():
        assert low < measured[name] < high, name


@pytest.mark.parametrize(("confidence", "least", "most"), [(0.9, 96, 116), (0.5, 46, 74)])
def test_intervals_hold_the_truth_as_often_as_they_say(confidence: float, least: int, most: int) -> None:
    held = 0
    for seed in range(120):
        outcome = number(150, noise=0.5, seed=1000 + 2 * seed)
        ((low, high),) = intervals(outcome, ["mae"], confidence=confidence, resamples=100).values()
        held += low <= 0.5 * np.sqrt(2 / np.pi) <= high
    assert least <= held <= most  # 108 and 60 expected, with standard deviations of 3.3 and 5.5


def test_more_rows_and_less_confidence_make_intervals_narrower() -> None:
    def width(n: int, confidence: float) -> float:
        ((low, high),) = intervals(scored(n), ["accuracy"], confidence=confidence).values()
        return high - low

    assert width(200, 0.95) > width(200, 0.8) > width(200, 0.5)
    assert 3 < width(200, 0.95) / width(3200, 0.95) < 5.5  # 4 expected


def test_the_same_seed_gives_the_same_intervals_and_another_others() -> None:
    names = ["roc_auc", "brier"]
    first, again, other = (intervals(scored(150), names, resamples=50, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_a_rare_class_is_in_every_resample() -> None:
    truth = np.array([0] * 200 + [1])
    chances = np.linspace(0, 0.6, 201)
    outcome = Outcome(
        "binary", truth, (chances > 0.5).astype(int), np.array([0, 1]), np.column_stack([1 - chances, chances])
    )
    # The one positive has the highest score: a resample without it could not be ranked at all.
    for low, high in intervals(outcome, ["roc_auc", "recall"], resamples=50).values():
        assert (low, high) == pytest.approx((1.0, 1.0))


def test_what_cannot_be_computed_is_left_out() -> None:
    sure = scored(80)
    plain = Outcome("binary", sure.truth, sure.predictions, sure.classes)
    assert list(intervals(plain, ["roc_auc", "accuracy", "rmse", "no_metric"], resamples=20)) == ["accuracy"]
    alone = sure.only(sure.truth == 1)
    assert list(intervals(alone, ["roc_auc", "accuracy"], resamples=20)) == ["accuracy"]
    silent = number(80, noise=0.5)
    silent.predictions[3] = np.nan
    assert intervals(silent, ["mae", "r2"], resamples=20) == {}
    assert intervals(sure, [], resamples=20) == {}


@pytest.mark.parametrize(
    ("rows", "resamples", "drawn"), [(2000, 200, 200), (20_000, 150, 150), (25_000, 200, 160), (60_000, 200, 100)]
)
def test_many_rows_are_resampled_less_often_and_never_less_than_100_times(
    rows: int, resamples: int, drawn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counting(times: np.ndarray[Any, Any]) -> float:
        asked.append(times.sum())
        return 0.0

    monkeypatch.setitem(COUNTED, "mae", lambda _: counting)
    intervals(number(rows, noise=1.0), ["mae"], resamples=resamples)
    assert asked == [rows] * drawn


# --- differences of two models ---


@pytest.mark.parametrize("metric", ["roc_auc", "brier", "log_loss"])
@pytest.mark.parametrize("seed", range(2))
def test_swapping_two_models_negates_the_difference_and_mirrors_its_interval(metric: str, seed: int) -> None:
    ours, theirs = scored(150), scored(150, strength=1.3, luck=7)
    for confidence in (0.95, 0.8):
        value, low, high = difference(ours, theirs, metric, seed=seed, resamples=41, confidence=confidence)
        assert difference(theirs, ours, metric, seed=seed, resamples=41, confidence=confidence) == (
            -value,
            -high,
            -low,
        )
        assert low < value < high


@pytest.mark.parametrize(
    ("metric", "better", "worse"),
    [
        ("roc_auc", scored(600, strength=3), scored(600, strength=0.5)),
        ("brier", scored(600, strength=3), scored(600, strength=0.5)),
        ("rmse", number(300, noise=0.2), number(300, noise=0.6)),
        ("r2", number(300, noise=0.2), number(300, noise=0.6)),
    ],
)
def test_a_worse_model_loses_in_the_metrics_own_direction(metric: str, better: Outcome, worse: Outcome) -> None:
    value, low, high = difference(worse, better, metric, resamples=60)
    ours, theirs = metrics.compute(worse)[metric], metrics.compute(better)[metric]
    assert value == metrics.loss(metric, champion=theirs, challenger=ours) > 0
    assert 0 < low < value < high
    assert difference(better, worse, metric, resamples=60)[2] < 0


def test_a_model_against_itself_loses_nothing_for_sure() -> None:
    assert difference(scored(100), scored(100), "roc_auc", resamples=20) == (0.0, 0.0, 0.0)


def test_pairs_of_rows_tell_small_differences_that_two_intervals_do_not() -> None:
    ours = number(400, noise=0.5)
    theirs = dataclasses.replace(ours, predictions=ours.truth + (ours.predictions - ours.truth) * 0.97)
    value, low, high = difference(ours, theirs, "mae")
    assert 0 < low < value < high
    apart = [intervals(outcome, ["mae"])["mae"] for outcome in (theirs, ours)]
    assert all(left[1] > right[0] for left, right in pairwise(apart))  # they overlap
    assert (high - low) < 0.1 * (apart[0][1] - apart[0][0])


def test_differences_hold_the_truth_as_often_as_they_say() -> None:
    held = 0
    for seed in range(120):
        ours, other = number(150, noise=0.5, seed=5000 + 3 * seed), np.random.default_rng(9000 + seed)
        theirs = dataclasses.replace(ours, predictions=ours.truth + 0.4 * other.normal(size=150))
        _, low, high = difference(ours, theirs, "mae", confidence=0.9, resamples=100)
        held += low <= 0.1 * np.sqrt(2 / np.pi) <= high
    assert 96 <= held <= 116


def test_models_are_compared_on_the_same_rows_alone() -> None:
    with pytest.raises(ValueError, match="on the same rows"):
        difference(scored(100), scored(100, seed=5), "roc_auc")
    with pytest.raises(ValueError, match="on the same rows"):
        difference(scored(100), scored(99), "roc_auc")


def test_a_metric_that_one_model_lacks_cannot_be_compared() -> None:
    ours = scored(100)
    theirs = Outcome("binary", ours.truth, ours.predictions, ours.classes)
    silent = Outcome("binary", ours.truth, ours.predictions, ours.classes, np.full((100, 2), np.nan))
    for one, other in ((ours, theirs), (theirs, ours), (ours, silent)):
        with pytest.raises(StepFailed) as caught:
            difference(one, other, "roc_auc")
        assert str(caught.value) == (
            "roc_auc cannot be computed for both models on these 100 rows; "
            "choose a metric that fits both, and see that neither leaves a row without an answer"
        )
