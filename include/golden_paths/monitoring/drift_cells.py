"""Which categories are compared one by one, and which together as the rare ones. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.monitoring.drift_tests import EXPECTED

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, Any]

LEAST = 2.0  # rows that the smaller sample should have of a category that is compared by itself
MOST, GROUPS = 100, 32  # categories compared by themselves when they are not all frequent; groups of the rare ones
RARE = 0.05  # share of rows that the rare ones may be for the frequent ones alone to be compared by themselves


def cells(ref: Array, live: Array, places: Array) -> Array:
    """The cell that each category belongs to, shape (values,): one of its own, or one of a group of rare ones.

    Chosen by the rows that both samples have together, never by those of one: a category that is kept because the
    reference happens to have many of it has fewer in the next sample, by luck alone. The rare ones never join a frequent
    one: where the latter turned into one of them, nothing would be seen. Their groups follow from their places.
    """
    import numpy as np

    pooled = ref + live
    expected = pooled * (min(int(ref.sum()), int(live.sum())) / max(1, int(pooled.sum())))
    order = np.lexsort((places, -pooled))
    kept = int((expected >= EXPECTED).sum())
    if expected[order[kept:]].sum() > RARE * expected.sum():
        kept = min(MOST, int((expected >= LEAST).sum()))
    found, rest = np.empty(len(pooled), dtype=np.int64), order[kept:]
    found[order[:kept]] = np.arange(kept)
    found[rest] = kept + places[rest] % max(1, min(GROUPS, int(expected[rest].sum() / EXPECTED)))
    return found


def joined(rows: Array, belongs: Array) -> Array:
    """Rows by cell."""
    import numpy as np

    return np.bincount(belongs, weights=rows).astype(np.int64)
