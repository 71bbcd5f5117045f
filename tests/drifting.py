"""Twenty columns whose population is known: no drift, unless one is asked for. As frames, and as counts of long ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from golden_paths.monitoring.drift_counts import Counts

Array = np.ndarray[Any, Any]
CATEGORIES = {"two": 2, "three": 3, "five": 5, "twelve": 12, "sixty": 60, "tail": 5_000}
MISSING = {"normal_1": 0.05, "normal_4": 0.4, "cauchy_0": 0.02, "lognormal": 0.1, "three": 0.08, "twelve": 0.01}


def weights(values: int) -> Array:
    """Shares of categories, after Zipf."""
    found = 1.0 / np.arange(1, values + 1) ** 1.1
    return np.asarray(found / found.sum())


def frame(rows: int, random: np.random.Generator) -> pd.DataFrame:
    """Normal, heavy-tailed and discrete numbers, a constant, truth values, categories, times; some with missing values."""
    columns: dict[str, Any] = {f"normal_{place}": random.normal(size=rows) for place in range(5)}
    columns |= {f"cauchy_{place}": random.standard_cauchy(size=rows) for place in range(2)}
    columns |= {"lognormal": random.lognormal(sigma=3, size=rows), "constant": np.full(rows, 7)}
    columns |= {f"poisson_{mean:g}": random.poisson(mean, size=rows) for mean in (0.3, 3, 40)}
    columns["rare_truth"] = random.random(rows) < 0.03
    columns["when"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(random.integers(0, 10**7, rows), unit="s")
    for name, values in CATEGORIES.items():
        named = np.array([f"{name} {value}" for value in range(values)], dtype=object)
        columns[name] = named[np.searchsorted(weights(values).cumsum()[:-1], random.random(rows))]
    made = pd.DataFrame(columns)
    for name, share in MISSING.items():
        made.loc[random.random(rows) < share, name] = None if name in CATEGORIES else np.nan
    assert len(made.columns) == 20
    return made


def population() -> list[tuple[str, Array, float]]:
    """(kind, shares of cells, share of missing values) of twenty columns."""
    atoms = [np.array([1.0]), np.array([0.741, 0.222, 0.033, 0.004]), np.full(10, 0.1), np.full(100, 0.01)]
    fine = [("numbers", np.full(1000, 0.001), missing) for missing in (0, 0.05, 0.4, 0, 0.01, 0, 0.02, 0)]
    coarse = [("numbers", shares, 0.0) for shares in atoms]
    named = [("categories", weights(values), 0.02 * (values % 2)) for values in (2, 3, 5, 12, 60, 300, 1000)]
    return [*fine, *coarse, *named, ("categories", np.array([0.97, 0.03]), 0.001)]


def sample(rows: int, random: np.random.Generator) -> list[tuple[Array, int]]:
    """(rows in each cell, rows without a value) of each of these columns."""
    found = []
    for _, shares, missing in population():
        gaps = int(random.binomial(rows, missing))
        found.append((random.multinomial(rows - gaps, shares), gaps))
    return found


def counts(ref: list[tuple[Array, int]], live: list[tuple[Array, int]]) -> list[Counts]:
    """Two samples side by side."""
    return [
        Counts(f"column {place}", "feature", kind, one[0], other[0], one[1], other[1], places=np.arange(len(shares)))
        for place, ((kind, shares, _), one, other) in enumerate(zip(population(), ref, live, strict=True))
    ]
