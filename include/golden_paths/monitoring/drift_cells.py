"""Which categories are compared one by one, and which together as the rare ones. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.monitoring.drift_tests import EXPECTED

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, Any]

LEAST = 2.0  # rows that the smaller sample should have of a category that is compared by itself
MOST = 100  # categories of which draws are made
RARE = 0.05  # share of rows that the rare ones may be for chi-square to do


def common(ref: Array, live: Array, places: Array) -> tuple[Array, Array]:
    """The cells that are compared by themselves, the most frequent first, and the rare ones, as indices.

    Chosen by the rows that both samples have together, never by those of one: a category that is kept because the
    reference happens to have many of it has fewer in the next sample, by luck alone. The rare ones never join a frequent
    one: where the latter turned into one of them, nothing would be seen.
    """
    import numpy as np

    pooled = ref + live
    total = max(1, int(pooled.sum()))
    expected = pooled * (min(int(ref.sum()), int(live.sum())) / total)
    order = np.lexsort((places, -pooled))
    kept = int((expected >= EXPECTED).sum())
    rest = float(expected[order[kept:]].sum())
    is_for_chi_square = rest <= RARE * expected.sum() and (rest == 0 or rest >= EXPECTED)
    if not is_for_chi_square:
        kept = min(MOST, int((expected >= LEAST).sum()))
    return order[:kept], order[kept:]


def joined(cells: Array, kept: Array, rest: Array) -> Array:
    """The cells kept, and all others as one; shape (kept + 1,), or (kept,) when there are no others."""
    import numpy as np

    return np.append(cells[kept], cells[rest].sum()) if len(rest) else cells[kept]
