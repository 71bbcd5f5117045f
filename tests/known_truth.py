"""Rows whose gaps between groups are known, for judges of bias: what a measure should find, but for chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from golden_paths.modelling.metrics import Outcome

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Known:
    """`gaps`: measure -> the true gap between the two groups of `columns["sex"]`, F (the minority) and M."""

    outcome: Outcome
    columns: dict[str, Array]
    gaps: dict[str, float]


def binary(
    n: int,
    *,
    gap: float = 0.0,
    of: str = "positives",
    share: float = 0.3,
    base: float = 0.5,
    noise: float = 0.2,
    seed: int,
) -> Known:
    """Answers are wrong with chance `noise`; the `of` (positives, negatives) of F by `gap` more often.

    `share` is F's share of the rows, `base` that of the truly positive ones, in both groups.
    """
    random = np.random.default_rng(seed)
    female, truth = random.random(n) < share, random.random(n) < base
    hit = female & (truth == (of == "positives"))
    wrong = random.random(n) < noise + gap * hit
    outcome = Outcome("binary", truth.astype(int), np.where(wrong, ~truth, truth).astype(int), np.array([0, 1]))
    part = base if of == "positives" else 1 - base
    gaps = {
        "demographic_parity": gap * part,
        "accuracy_parity": gap * part,
        "equal_opportunity": gap * (of == "positives"),
        "predictive_equality": gap * (of == "negatives"),
        "equalized_odds": gap,
    }
    return Known(outcome, {"sex": np.where(female, "F", "M")}, gaps)


def multiclass(n: int, *, gap: float = 0.0, share: float = 0.3, noise: float = 0.2, seed: int) -> Known:
    """Three classes, as likely; a share of F's answers is turned into 'a', so that F is told 'a' by `gap` more often."""
    random = np.random.default_rng(seed)
    classes, female = np.array(["a", "b", "c"]), random.random(n) < share
    truth = random.integers(0, 3, n)
    said = np.where(random.random(n) < noise, random.integers(0, 3, n), truth)
    said = np.where(female & (random.random(n) < gap * 1.5), 0, said)
    right = 1 - noise * 2 / 3
    gaps = {"demographic_parity": gap, "accuracy_parity": gap * 1.5 * (right - 1 / 3)}
    outcome = Outcome("multiclass", classes[truth], classes[said], classes)
    return Known(outcome, {"sex": np.where(female, "F", "M")}, gaps)


def regression(
    n: int, *, gap: float = 0.0, of: str = "errors", share: float = 0.3, noise: float = 0.5, seed: int
) -> Known:
    """A label of standard deviation 1. F's mean absolute error, or its mean prediction (`of` means), is larger by `gap`."""
    random = np.random.default_rng(seed)
    female, truth = random.random(n) < share, random.normal(size=n)
    width = noise + female * gap * (of == "errors") * np.sqrt(np.pi / 2)
    predictions = truth + random.normal(size=n) * width + female * gap * (of == "means")
    # Errors of a shifted normal distribution are not asked for: `of` means leaves error_parity out.
    gaps = {"error_parity": gap, "mean_parity": 0.0} if of == "errors" else {"mean_parity": gap}
    return Known(Outcome("regression", truth, predictions), {"sex": np.where(female, "F", "M")}, gaps)
