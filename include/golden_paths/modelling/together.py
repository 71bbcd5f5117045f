"""Features that go together: each is understated by importance, for the model can read one from the other. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array: TypeAlias = np.ndarray[Any, Any]

MOST_ROWS, MOST_FEATURES = 5000, 100
MOST_NAMES = 20  # distinct texts; the rarer ones are one group
BANDS = 5
ALIKE_RANKS, ALIKE_GROUPS = 0.8, 0.6  # a rank correlation of 0.8 is about 0.5 to 0.6 between fifths


def pairs(features: pd.DataFrame) -> Iterator[tuple[str, str, float]]:
    """(one, other, strength), the strongest first: Spearman's correlation of numbers, else Cramér's V, without its bias.

    Looks at the first 5,000 rows and the first 100 columns.
    """
    import numpy as np

    frame = features.iloc[:MOST_ROWS, :MOST_FEATURES]
    ranks = {str(name): ranked for name in frame if (ranked := _ranks(frame[name])) is not None}
    groups = {str(name): _groups(frame[name], ranks.get(str(name))) for name in frame}
    names = list(groups)
    found: list[tuple[str, str, float]] = []
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            if one in ranks and other in ranks:
                strength, least = abs(float(np.mean(ranks[one] * ranks[other]))), ALIKE_RANKS
            else:
                strength, least = _association(groups[one], groups[other]), ALIKE_GROUPS
            if strength >= least:
                found.append((one, other, min(strength, 1.0)))
    yield from sorted(found, key=lambda pair: -pair[2])


def _ranks(column: pd.Series[Any]) -> Array | None:
    """Standardized ranks of numbers, a missing one in the middle; None for text, and zeros for a constant."""
    import numpy as np
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(column):
        return None
    ranks = column.astype(float).rank().to_numpy()
    ranks = np.where(np.isfinite(ranks), ranks - np.nanmean(ranks) if np.isfinite(ranks).any() else 0.0, 0.0)
    standardized: Array = ranks / (ranks.std() or 1.0)
    return standardized


def _groups(column: pd.Series[Any], ranks: Array | None) -> Array:
    """A whole number for each row: a fifth of the numbers, or which text it is."""
    import numpy as np
    import pandas as pd

    if ranks is not None and column.nunique() > BANDS:
        edges = np.quantile(ranks, np.linspace(0, 1, BANDS + 1)[1:-1])
        return np.digitize(ranks, edges)
    codes = pd.factorize(column.astype(str).where(column.notna(), ""))[0]
    frequent = np.argsort(-np.bincount(codes), kind="stable")[:MOST_NAMES]
    found: Array = np.where(np.isin(codes, frequent), codes, codes.max() + 1)
    return found


def _association(one: Array, other: Array) -> float:
    """Cramér's V, less what chance alone would give (Bergsma's correction)."""
    import numpy as np

    one, other = (np.unique(groups, return_inverse=True)[1] for groups in (one, other))
    rows, across = one.max() + 1, other.max() + 1
    total = len(one)
    if min(rows, across) < 2 or total < 2:
        return 0.0
    table = np.bincount(one * across + other, minlength=rows * across).reshape(rows, across)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / total
    squared = float(((table - expected) ** 2 / expected).sum()) / total
    squared = max(0.0, squared - (rows - 1) * (across - 1) / (total - 1))
    rows, across = (count - (count - 1) ** 2 / (total - 1) for count in (rows, across))
    return float(np.sqrt(squared / max(min(rows, across) - 1, 1e-9)))
