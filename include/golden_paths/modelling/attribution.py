"""SHAP values of any model: what each feature adds to an answer, averaged over the orders in which features may be told.

Sampled: an order and a row of the background are drawn, and the row's own values are put into it one by one; each order
is also walked backwards, which takes out most of the noise. For additive models that leaves the background's alone.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from golden_paths.modelling.permutation import Answer

    Array: TypeAlias = np.ndarray[Any, Any]

ASKED_AT_ONCE = 20_000  # rows


def shapley(answer: Answer, features: pd.DataFrame, rows: Array, *, pairs: int, seed: int) -> Array:
    """Values for some `rows` (indices) of `features` against all of them, shape (rows, features, outputs).

    Each row's values sum to its answer less that of `pairs` rows of the background. NaN where a model has no answer.
    """
    import numpy as np

    width, random = features.shape[1], np.random.default_rng(seed)
    at_once = max(1, ASKED_AT_ONCE // (2 * pairs * (width + 1)))
    found = []
    for start in range(0, len(rows), at_once):
        own = np.repeat(rows[start : start + at_once], pairs)
        background = random.integers(0, len(features), len(own))
        place = random.permuted(np.tile(np.arange(width), (len(own), 1)), axis=1)
        places = np.stack([place, width - 1 - place], axis=1).reshape(-1, width)
        gains = _walked(answer, features, np.repeat(own, 2), np.repeat(background, 2), places)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # no walk of a row has an answer
            found.append(np.nanmean(gains.reshape(-1, 2 * pairs, *gains.shape[1:]), axis=1))
    together: Array = np.concatenate(found)
    return together


def _walked(answer: Answer, features: pd.DataFrame, own: Array, background: Array, places: Array) -> Array:
    """What each feature added when it was put in at its place, shape (walks, features, outputs)."""
    import numpy as np
    import pandas as pd

    walks, width = places.shape
    steps = np.arange(width + 1)[None, :, None]
    source = np.where(places[:, None, :] < steps, own[:, None, None], background[:, None, None]).reshape(-1, width)
    asked = pd.DataFrame({name: features[name].take(source[:, at]).array for at, name in enumerate(features.columns)})
    said = answer(asked).reshape(walks, width + 1, -1)
    gains: Array = np.take_along_axis(np.diff(said, axis=1), places[:, :, None], axis=1)
    return gains
