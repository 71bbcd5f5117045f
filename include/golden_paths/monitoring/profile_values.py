"""Values of a column, as a profile compares them: numbers, or names of categories. Training and live rows go through the same."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array: TypeAlias = np.ndarray[Any, Any]

NUMBER_OBJECTS = ("decimal", "integer", "floating", "mixed-integer-float")
TIME_OBJECTS = ("datetime", "datetime64", "date")
Hash = Callable[[object], str]


def kind_of(values: pd.Series) -> str:
    """numbers, times or categories. Truth values, text and mixtures are categories."""
    from pandas.api import types

    if types.is_bool_dtype(values):
        return "categories"
    if types.is_datetime64_any_dtype(values):
        return "times"
    if types.is_numeric_dtype(values) or types.is_timedelta64_dtype(values):
        return "numbers"
    inferred = types.infer_dtype(values, skipna=True) if values.dtype == object else ""
    return "numbers" if inferred in NUMBER_OBJECTS else "times" if inferred in TIME_OBJECTS else "categories"


def numbers(values: pd.Series, *, is_time: bool) -> Array:
    """Those that are there, shape (rows,), unsorted; times as seconds since 1970. What is no number counts as missing."""
    import numpy as np
    import pandas as pd
    from pandas.api import types

    if is_time:
        written = {"format": "ISO8601"} if values.dtype == object else {}  # else the first decides how all are read
        times = pd.to_datetime(values, utc=True, errors="coerce", **written)
        times = times[times.notna()]
        # Not in nanoseconds: they end in 2262, and 9999-12-31 is what many a table calls never.
        return np.asarray(times.dt.tz_localize(None).to_numpy("datetime64[us]").astype("int64") / 1e6)
    if types.is_timedelta64_dtype(values):
        values = values.dt.total_seconds()
    if not types.is_numeric_dtype(values):
        values = pd.to_numeric(values, errors="coerce")
    found = np.asarray(values.to_numpy(dtype="float64", na_value=np.nan))
    gaps = np.isnan(found)
    return found[~gaps] if gaps.any() else found


def categories(values: pd.Series, hash: Hash | None = None) -> dict[str, int]:
    """Rows by the value's name, or by its hash."""
    import numpy as np
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    try:
        codes, distinct = pd.factorize(values)
    except TypeError:  # lists and the like cannot be looked up
        codes, distinct = pd.factorize(values.map(str, na_action="ignore"))
    rows = np.bincount(codes[codes >= 0], minlength=len(distinct)).tolist()
    counted: dict[str, int] = {}
    # Numbers of 32 bits are hashed as such: as Python's own, 0.1 would be 0.10000000149011612.
    for value, count in zip(np.asarray(distinct) if hash else distinct.tolist(), rows, strict=True):
        key = hash(value) if hash else name(value)
        counted[key] = counted.get(key, 0) + count
    return counted


def name(value: object) -> str:
    """A column of whole numbers with gaps comes as floats: 1.0 is called 1."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def place(key: str) -> int:
    """A number of 32 bits that stands for a name. Not secret: it only sorts values into groups."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass"))
