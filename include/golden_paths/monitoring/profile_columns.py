"""What a profile keeps of one column: enough to compare any later rows with it, and nothing of a single row."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from golden_paths.monitoring import profile_values
from golden_paths.monitoring.profile_values import Hash

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array: TypeAlias = np.ndarray[Any, Any]

POINTS = 1000  # as many distinct numbers are kept exactly; of more, quantiles
NAMED, FURTHER = 1000, 10_000  # categories kept by name, and by a number that stands for it
GROUPS = 128  # that the values of a column with still more fall into
DIGITS = (6, 9, 17)


class Numbers(BaseModel):
    """Of numbers and times. `at[i]` rows are equal to `points[i]`, `before[i]` lie between the point before and that one.

    Infinite values are points as others. `before` is empty when every distinct value is a point. With `is_single` the training
    set had 32 bits for each: 0.1 is another number then, and later values are cut alike.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")
    kind: Literal["numbers", "times"]
    rows: int  # with a value
    missing: int
    points: tuple[float, ...]
    at: tuple[int, ...]
    before: tuple[int, ...] = ()
    is_single: bool = False

    @property
    def cells(self) -> Array:
        """Rows below the first point, at it, between it and the next, and so on to above the last; shape (2 points + 1,)."""
        import numpy as np

        found = np.zeros(2 * len(self.points) + 1, dtype=np.int64)
        found[1::2] = self.at
        if self.before:
            found[:-1:2] = self.before
        found[-1] = self.rows - found.sum()
        return found

    def counted(self, values: Array) -> Array:
        """Other values, shape (rows,), in the same cells."""
        import numpy as np

        if self.is_single:
            with np.errstate(over="ignore"):
                values = values.astype(np.float32).astype(np.float64)
        return _cells(np.sort(values), np.asarray(self.points, dtype=float))


class Categories(BaseModel):
    """Of text, truth values, mixtures, and whatever is sensitive (then by hash).

    `named` has the most frequent; `further` the others as pairs of (place, rows), uint32, sorted by place, in base64; or,
    of more than can be kept, `groups` has the rows by place modulo their number. `once`: values that one row has.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["categories"]
    rows: int
    missing: int
    distinct: int
    once: int
    is_sensitive: bool = False
    named: dict[str, int] = {}
    further: str = ""
    groups: tuple[int, ...] = ()

    @property
    def others(self) -> Array:
        """(place, rows) of those that are not named, shape (values, 2)."""
        import numpy as np

        return np.frombuffer(base64.b64decode(self.further), dtype="<u4").reshape(-1, 2).astype(np.int64)


def of_numbers(values: pd.Series, kind: Literal["numbers", "times"]) -> Numbers:
    """Exact when there are at most `POINTS` distinct numbers; else no two neighbouring points have more than 0.1 % between."""
    import numpy as np

    ordered = np.sort(profile_values.numbers(values, is_time=kind == "times"))
    rows, missing = len(ordered), len(values) - len(ordered)
    distinct = ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if rows else ordered
    points = distinct if len(distinct) <= POINTS else _quantiles(ordered)
    cells = _cells(ordered, points)
    before = cells[:-1:2]
    return Numbers(
        kind=kind,
        rows=rows,
        missing=missing,
        points=tuple(points.tolist()),
        at=tuple(cells[1::2].tolist()),
        before=tuple(before.tolist()) if before.any() else (),
        is_single=str(values.dtype).lower() == "float32",
    )


def of_categories(values: pd.Series, hash: Hash | None = None) -> Categories:
    """With `hash` the column counts as sensitive."""
    counted = profile_values.categories(values, hash)
    rows, once = sum(counted.values()), sum(count == 1 for count in counted.values())
    kept: dict[str, Any] = {"groups": tuple(grouped(counted).tolist())}
    if len(counted) <= NAMED + FURTHER:
        ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        kept = {"named": dict(ordered[:NAMED]), "further": _packed(ordered[NAMED:])}
    return Categories(
        kind="categories",
        rows=rows,
        missing=len(values) - rows,
        distinct=len(counted),
        once=once,
        is_sensitive=hash is not None,
        **kept,
    )


def grouped(counted: dict[str, int]) -> Array:
    """Rows by the group that a value falls into, shape (`GROUPS`,): by its name alone, so no count decides on it."""
    import numpy as np

    places = np.fromiter((profile_values.place(key) % GROUPS for key in counted), dtype=np.int64, count=len(counted))
    rows = np.fromiter(counted.values(), dtype=np.int64, count=len(counted))
    found = np.zeros(GROUPS, dtype=np.int64)
    np.add.at(found, places, rows)
    return found


def _packed(items: list[tuple[str, int]]) -> str:
    import numpy as np

    pairs = np.array(sorted((profile_values.place(key), rows) for key, rows in items), dtype="<u4")
    return base64.b64encode(pairs.tobytes()).decode()


def _quantiles(ordered: Array) -> Array:
    """Points of as few digits as tell them apart: they are cut for a small file, and rows are counted beside the cut ones."""
    import numpy as np

    places = np.linspace(0, len(ordered) - 1, POINTS + 1).round().astype(int)
    whole = np.unique(ordered[places])
    for digits in DIGITS:
        cut = np.unique([float(f"{value:.{digits}g}") for value in whole.tolist()])
        if len(cut) == len(whole):
            return cut
    return whole


def _cells(ordered: Array, points: Array) -> Array:
    import numpy as np

    edges = np.zeros(2 * len(points) + 2, dtype=np.int64)
    edges[1:-1:2] = np.searchsorted(ordered, points, side="left")
    edges[2:-1:2] = np.searchsorted(ordered, points, side="right")
    edges[-1] = len(ordered)
    return np.diff(edges)
