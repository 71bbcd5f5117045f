"""Rows whose truth is known, but for chance: gaps between groups for judges of bias, leaks and breaches for gates of data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

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


def leaking(n: int, *, classes: int, strength: float, noise: float = 0.05, seed: int) -> pd.DataFrame:
    """A label `y` of that many classes, as likely (0: a number of standard deviation 1), and what may tell it.

    `leak` is the label as it was written down afterwards: exact in `strength` of the rows, anybody's in the others.
    `unit` is it as a number of another unit, measured with `noise` standard deviations of the label, and `curve` a curve of
    that. `honest` is as good as honest features get: of two classes with an AUC of 0.95, of a number with an R2 of 0.9.
    `chance` and `id` tell nothing.
    """
    random = np.random.default_rng(seed)
    label = random.integers(0, classes, n) if classes else random.normal(size=n)
    measured = label + noise * label.std() * random.normal(size=n)
    apart = label * 2.33 if classes else label * 3  # 2.33 deviations apart: AUC 0.95
    return pd.DataFrame(
        {
            "id": random.permutation(n),
            "t": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(n), unit="min"),
            "leak": np.where(random.random(n) < strength, label, random.permutation(label)),
            "unit": 32 + 1.8 * measured,
            "curve": np.exp(measured / 2),
            "honest": apart + random.normal(size=n),
            "chance": random.choice(list("abcdefgh"), n),
            "y": label,
        }
    )


def breaching(n: int, *, rate: float, seed: int) -> pd.DataFrame:
    """Each row breaks each rule of a column with chance `rate`, on its own: at least one row breaks each if `rate` is above 0.

    `typed` holds a text for a number, `ranged` one above 10, `allowed` a 'z' beside 'a' and 'b', `lacking` nothing,
    `unique` the first row's value. `y` is 1 in half of the rows, as chance has it.
    """
    random = np.random.default_rng(seed)

    def broken() -> Array:
        hit = random.random(n) < rate
        hit[-1] |= rate > 0
        return hit

    return pd.DataFrame(
        {
            "id": np.arange(n),
            "t": pd.Timestamp("2026-03-01", tz="UTC") - pd.to_timedelta(np.arange(n)[::-1], unit="min"),
            "typed": pd.Series(random.random(n)).astype(object).mask(broken(), "none"),
            "ranged": np.where(broken(), 11.0, random.uniform(0, 10, n)),
            "allowed": np.where(broken(), "z", random.choice(["a", "b"], n)),
            "lacking": np.where(broken(), np.nan, random.random(n)),
            "unique": np.where(broken(), 0, np.arange(n)),
            "y": random.integers(0, 2, n),
        }
    )
