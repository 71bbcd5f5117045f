"""Permutation importance: what a model's answers lose when one feature's values are handed to other rows. Pure.

Importance is a mean over pairs of rows, one that is answered and one that gives the value. What it owes to each row, in
either part, is kept as that row's influence: resampling influences gives intervals over rows and repeats at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.modelling.metrics import REGRESSION

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array: TypeAlias = np.ndarray[Any, Any]
    # A frame's answers as numbers, shape (rows, outputs); NaN where there is none.
    Answer: TypeAlias = Callable[[pd.DataFrame], Array]


@dataclass(frozen=True)
class Target:
    """What is true, as numbers: `wanted` (rows, outputs). `worst` (rows,) is the loss of a row without an answer."""

    wanted: Array
    unit: float
    worst: Array

    def lost(self, said: Array) -> Array:
        """The loss of each row, shape (rows,); of answers (repeats x rows, outputs), as many."""
        import numpy as np

        repeats = len(said) // len(self.wanted)
        loss = ((said - np.tile(self.wanted, (repeats, 1))) ** 2).sum(axis=1) * self.unit
        found: Array = np.where(np.isfinite(loss), loss, np.tile(self.worst, repeats))
        return found

    def only(self, rows: Array) -> Target:
        """The target of some rows."""
        return Target(self.wanted[rows], self.unit, self.worst[rows])


def target(kind: str, truth: Array, classes: Array | None) -> Target:
    """Losses are squared errors: of probabilities (Brier score, 0 to 1), or in variances of the label.

    Of a classifier without probabilities the loss is 1 for a wrong answer. A row without an answer loses all, or as much
    as the mean would.
    """
    import numpy as np

    if kind == REGRESSION or classes is None:
        wanted = truth.astype(float)
        unit = 1 / (float(wanted.var()) or 1.0)
        return Target(wanted[:, None], unit, (wanted - wanted.mean()) ** 2 * unit)
    return Target((truth[:, None] == classes[None, :]).astype(float), 0.5, np.ones(len(truth)))


def importance(
    answer: Answer, features: pd.DataFrame, truth: Target, *, repeats: int, seed: int
) -> tuple[Array, Array]:
    """The mean loss that permuting each feature adds, shape (features,), and the influence of each row (rows, features).

    A row never gets its own value back, so a sample of few rows is not biased. Raises what `answer` raises.
    """
    import numpy as np

    rows = len(features)
    base, repeats = truth.lost(answer(features)), min(repeats, rows - 1)
    values, influence = np.zeros(features.shape[1]), np.zeros(features.shape)
    again = features.take(np.tile(np.arange(rows), repeats)).reset_index(drop=True)
    for place, name in enumerate(features.columns):
        order = _random(seed, str(name)).permutation(rows)
        giver = np.empty((repeats, rows), dtype=int)
        for repeat in range(repeats):
            giver[repeat, order] = np.roll(order, repeat + 1)
        permuted = again.copy()
        permuted[name] = features[name].take(giver.ravel()).array
        added = truth.lost(answer(permuted)).reshape(repeats, rows) - base
        given = np.bincount(giver.ravel(), weights=added.ravel(), minlength=rows) / repeats
        values[place] = added.mean()
        influence[:, place] = added.mean(axis=0) + given - 2 * values[place]
    return values, influence


def _random(seed: int, name: str) -> np.random.Generator:
    """Of each feature its own: what stands beside it, in this model or another, changes nothing."""
    import numpy as np

    return np.random.default_rng([seed, zlib.crc32(name.encode())])
