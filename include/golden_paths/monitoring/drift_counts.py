"""A window's rows counted in the cells of the profile: what drift is computed from, and unknown values are read off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.monitoring import profile_columns, profile_values
from golden_paths.monitoring.profile import Profile
from golden_paths.monitoring.profile_columns import Categories, Numbers

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array: TypeAlias = np.ndarray[Any, Any]

PREDICTION, SCORE = "prediction", "score"
FEATURE = "feature"
TRUTH = {"True", "False"}


@dataclass(frozen=True)
class Counts:
    """One column: `ref` and `live` have shape (cells,), in order for numbers; missing values are beside them.

    `points` are those of numbers, as the profile has them: cells lie at and between them. `keys` names the cells of
    categories, empty where a value is known by its place alone; `places` sorts them without regard to their counts.
    """

    column: str
    role: str  # feature, prediction, score
    kind: str  # numbers, times, categories
    ref: Array
    live: Array
    ref_missing: int
    live_missing: int
    is_sensitive: bool = False
    keys: tuple[str, ...] = ()
    places: Array = field(default_factory=lambda: _none())
    points: tuple[float, ...] = ()
    is_grouped: bool = False  # cells are groups of many values
    expected: float = (
        0.0  # share of rows with a value never seen before that training lets expect, after Good and Turing
    )

    @property
    def rows(self) -> int:
        """Live ones with a value."""
        return int(self.live.sum())

    @property
    def ref_rows(self) -> int:
        """Those of the reference with a value."""
        return int(self.ref.sum())

    @property
    def window(self) -> int:
        """Live rows, with a value or without."""
        return self.rows + self.live_missing

    @property
    def ref_window(self) -> int:
        """Rows of the reference, with a value or without."""
        return self.ref_rows + self.ref_missing


def counted(
    profile: Profile, window: pd.DataFrame, *, predictions: str = PREDICTION, scores: str = SCORE
) -> list[Counts]:
    """Every column of the profile, in a window of shape (rows, columns). A feature that the window lacks has no value at all.

    `predictions` and `scores` name the window's columns of these; where it has none, they are not compared.
    """
    found = [_of(name, FEATURE, column, window.get(name), len(window)) for name, column in profile.features.items()]
    for role, column, name in (
        (PREDICTION, profile.prediction, predictions),
        (SCORE, profile.score, scores),
    ):
        if column is not None and name in window:
            # Who asks for classes alone is told no score: that is no missing answer, the prediction says whether there is one.
            values = window[name].dropna() if role == SCORE else window[name]
            found.append(_of(role, role, column, values, len(values)))
    return found


def _of(name: str, role: str, column: Numbers | Categories, values: pd.Series | None, rows: int) -> Counts:
    if isinstance(column, Numbers):
        return _numbers(name, role, column, values, rows)
    counts = {} if values is None else _as_truth(column, profile_values.categories(values))
    return categories(name, role, column, counts, rows)


def _numbers(name: str, role: str, column: Numbers, values: pd.Series | None, rows: int) -> Counts:
    import numpy as np

    live = np.zeros_like(column.cells)
    if values is not None:
        live = column.counted(profile_values.numbers(values, is_time=column.kind == "times"))
    beside = (column.missing, rows - int(live.sum()))
    return Counts(name, role, column.kind, column.cells, live, *beside, points=column.points)


def categories(name: str, role: str, column: Categories, counts: dict[str, int], rows: int) -> Counts:
    """Live rows by name, of a window with so many `rows`."""
    import numpy as np

    known: dict[str, Any] = {
        "column": name,
        "role": role,
        "kind": column.kind,
        "ref_missing": column.missing,
        "live_missing": rows - sum(counts.values()),
        "is_sensitive": column.is_sensitive,
        "expected": column.once / max(1, column.rows),
    }
    if column.groups:
        ref, live = np.array(column.groups, dtype=np.int64), profile_columns.grouped(counts)
        return Counts(ref=ref, live=live, places=np.arange(len(ref)), is_grouped=True, **known)
    others = column.others
    keys, before = [*column.named, *[""] * len(others)], [*column.named.values(), *others[:, 1].tolist()]
    places = [*map(profile_values.place, column.named), *others[:, 0].tolist()]
    at = {key: cell for cell, key in enumerate(column.named)}
    by_place = {place: cell for cell, place in enumerate(places) if cell >= len(at)}
    now = [0] * len(before)
    for key, count in counts.items():
        place = profile_values.place(key)
        cell = at[key] if key in at else by_place.get(place, -1)
        if cell >= 0:
            now[cell] += count
            continue
        keys.append(key)
        places.append(place)
        before.append(0)
        now.append(count)
    ref, live, sorting = (np.array(one, dtype=np.int64) for one in (before, now, places))
    return Counts(ref=ref, live=live, keys=tuple(keys), places=sorting, **known)


def _as_truth(column: Categories, counts: dict[str, int]) -> dict[str, int]:
    """Truth values with gaps come as numbers."""
    if not column.named or not set(column.named) <= TRUTH or not set(counts) <= TRUTH | {"0", "1"}:
        return counts
    told: dict[str, int] = {}
    for key, count in counts.items():
        name = {"0": "False", "1": "True"}.get(key, key)
        told[name] = told.get(name, 0) + count
    return told


def _none() -> Array:
    import numpy as np

    return np.zeros(0, dtype=np.int64)
