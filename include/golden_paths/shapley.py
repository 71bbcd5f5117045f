"""Shapley values: what each feature of a row adds to the answer, compared with a reference row.

A mix takes some features from the row and the others from the reference. A feature's share is what taking it adds, on average
over all orders in which features can be taken; the shares sum to answer(row) - answer(reference). Pure arithmetic: a plan says
which mixes to ask about, and makes shares of their answers.

Sources: Shapley, A value for n-person games, 1953; sampled orders: Castro, Gomez and Tejada, 2009, with each order's reverse
beside it: Mitchell et al., Sampling permutations for Shapley value estimation, 2022.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

EXACT = 10  # features: 1024 mixes


@dataclass(frozen=True)
class Shares:
    """Of each feature, shape (features,): its share, and the share's standard error (0 where it is exact)."""

    shares: Array
    errors: Array


@dataclass(frozen=True)
class Exact:
    """All mixes of the features that differ. `taken`, shape (mixes, features): true where the row's value is taken.

    The first mix is the reference, the last one the row.
    """

    taken: Array
    differ: Array  # positions of the features that differ

    def shares(self, answers: Array) -> Shares:
        """The shares, from the answer to each mix, shape (mixes,)."""
        import numpy as np

        count, codes = len(self.differ), np.arange(len(answers))
        weights = np.array([1 / (count * math.comb(count - 1, size)) for size in range(count)])
        shares = np.zeros(self.taken.shape[1])
        for bit, feature in enumerate(self.differ):
            without = codes[codes >> bit & 1 == 0]
            gains = answers[without + (1 << bit)] - answers[without]
            shares[feature] = weights[self.taken[without].sum(axis=1)] @ gains
        return Shares(shares, np.zeros_like(shares))


@dataclass(frozen=True)
class Sampled:
    """Mixes along sampled orders, each with its reverse. `taken` as in `Exact`.

    What one feature does alone or two do together is shared exactly; only what three or more do together is estimated.
    """

    taken: Array
    differ: Array
    steps: Array  # (2, pairs, features that differ): at which step of the order, and of its reverse, a feature is taken

    def shares(self, answers: Array) -> Shares:
        """The shares, from the answer to each mix, shape (mixes,)."""
        import numpy as np

        _, pairs, count = self.steps.shape
        paths = np.empty((2, pairs, count + 1))
        paths[..., 0], paths[..., -1] = answers[0], answers[-1]
        paths[..., 1:-1] = answers[1:-1].reshape(2, pairs, count - 1)
        gains = np.take_along_axis(np.diff(paths), self.steps, axis=-1).mean(axis=0)
        shares, errors = np.zeros((2, self.taken.shape[1]))
        shares[self.differ], errors[self.differ] = gains.mean(axis=0), gains.std(axis=0, ddof=1) / math.sqrt(pairs)
        return Shares(shares, errors)


def plan(differs: Array, *, mixes: int, seed: int) -> Exact | Sampled:
    """Which mixes to ask about. `differs`, shape (features,): where row and reference differ; the other shares are 0.

    Exact up to `EXACT` features that differ. Above, about `mixes` mixes in all, and two pairs of orders at least.
    """
    import numpy as np

    differ = np.flatnonzero(differs)
    count = len(differ)
    if count <= EXACT:
        members = np.arange(2**count)[:, None] >> np.arange(count) & 1 == 1
        return Exact(_spread(members, differ, len(differs)), differ)
    pairs = max(2, mixes // (2 * (count - 1)))
    orders = np.random.default_rng(seed).permuted(np.tile(np.arange(count), (pairs, 1)), axis=1)
    steps = np.argsort(np.stack([orders, orders[:, ::-1]]), axis=-1)
    between = (steps[:, :, None, :] <= np.arange(count - 1)[:, None]).reshape(-1, count)
    members = np.concatenate([np.zeros((1, count), bool), between, np.ones((1, count), bool)])
    return Sampled(_spread(members, differ, len(differs)), differ, steps)


def _spread(members: Array, differ: Array, features: int) -> Array:
    """Columns for all the features, false for those that do not differ."""
    import numpy as np

    taken = np.zeros((len(members), features), bool)
    taken[:, differ] = members
    return taken
