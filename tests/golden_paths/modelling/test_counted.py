"""Metrics from counts are those that scikit-learn gives for the rows repeated as often."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from golden_paths.modelling.counted import COUNTED
from golden_paths.modelling.metrics import METRICS, Outcome


def classifier(names: list[object], *, n: int = 300, ties: bool = False, seed: int = 0) -> Outcome:
    """Somewhat better than chance; `ties`: its probabilities have one digit, 0 and 1 among them."""
    random, classes = np.random.default_rng(seed), np.array(names)
    truth = random.integers(0, len(classes), n)
    score = random.normal(size=(n, len(classes))) + np.eye(len(classes))[truth]
    chances = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    if ties:
        chances[:, :-1] = np.floor(chances[:, :-1] * 10) / 10
        chances[:, -1] = 1 - chances[:, :-1].sum(axis=1)
    kind = "binary" if len(classes) == 2 else "multiclass"
    return Outcome(kind, classes[truth], classes[chances.argmax(axis=1)], classes, chances)


def number(n: int, *, seed: int = 0) -> Outcome:
    """Far from 0, so that what squares and subtracts would lose digits."""
    random = np.random.default_rng(seed)
    truth = 1000 + random.normal(size=n)
    return Outcome("regression", truth, truth + random.normal(size=n))


OUTCOMES = {
    "binary": classifier([0, 1]),
    "binary, of texts": classifier(["no", "yes"]),
    "binary, of truths": classifier([False, True], ties=True),
    "binary, its classes in no order": classifier([1, 0]),
    "binary, of floats of 32 bits": dataclasses.replace(
        classifier([0, 1], ties=True), probabilities=classifier([0, 1], ties=True).probabilities.astype("float32")
    ),
    "binary, one answer alone": dataclasses.replace(classifier([0, 1]), predictions=np.zeros(300, dtype=int)),
    "three classes": classifier(["a", "b", "c"], ties=True),
    "three classes, one seldom answered": classifier([0, 1, 2], n=12, seed=3),
    "a number": number(301),
    "a number that is always right": Outcome("regression", number(50).truth, number(50).truth),
    "a number with zeros": Outcome("regression", np.arange(60) % 3 - 1, np.arange(60) % 2),
}
CASES = [
    (place, name)
    for place, outcome in OUTCOMES.items()
    for name, metric in METRICS.items()
    if outcome.kind in metric.kinds and not (name == "log_loss" and "no order" in place)
]


def drawn_rows(outcome: Outcome, seed: int) -> np.ndarray[Any, Any]:
    """As many rows, with one of each class at least: for even seeds one fewer, as medians tell odd from even."""
    random, rows = np.random.default_rng(seed), len(outcome.truth)
    first = np.unique(outcome.truth, return_index=True)[1] if outcome.kind != "regression" else np.array([0])
    return np.concatenate([first, random.integers(0, rows, rows - len(first) - (seed % 2 == 0))])


def test_every_metric_is_counted() -> None:
    assert list(COUNTED) == list(METRICS)


@pytest.mark.parametrize(("place", "name"), CASES)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_counts_give_what_repeated_rows_give(place: str, name: str) -> None:
    outcome = OUTCOMES[place]
    of_drawn, digits = COUNTED[name](outcome), 1e-6 if "32 bits" in place else 1e-9  # scikit-learn sums these in 32 bits
    for seed in range(6):
        rows = drawn_rows(outcome, seed)
        drawn = np.bincount(rows, minlength=len(outcome.truth))
        assert of_drawn(drawn) == pytest.approx(METRICS[name].compute(outcome.only(rows)), rel=digits, abs=1e-12)


@pytest.mark.parametrize(("name", "expected"), [("roc_auc", np.nan), ("average_precision", 0.0), ("recall", 0.0)])
def test_without_a_positive_nothing_is_found(name: str, expected: float) -> None:
    outcome = OUTCOMES["binary"]
    found = COUNTED[name](outcome)((outcome.truth == 0).astype(int))
    np.testing.assert_equal(found, expected)


def test_one_row_has_no_r2() -> None:
    assert np.isnan(COUNTED["r2"](number(1))(np.array([1])))
