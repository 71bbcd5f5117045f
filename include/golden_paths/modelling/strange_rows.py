"""Rows as they should not be: values missing, far out of range, or in another unit. Pure, and the same on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NEVER_SEEN = "(never seen)"  # a text that no training row holds


def numbers(frame: pd.DataFrame) -> list[str]:
    """The columns that hold numbers; truth values are none."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return [name for name in frame if is_numeric_dtype(frame[name]) and not is_bool_dtype(frame[name])]


def texts(frame: pd.DataFrame) -> list[str]:
    """The columns that hold text."""
    import pandas as pd

    return [name for name in frame if pd.api.types.infer_dtype(frame[name], skipna=True) == "string"]


def lacking(frame: pd.DataFrame, share: float, random: np.random.Generator) -> pd.DataFrame:
    """With each value taken away at chance `share`. Integers become floats, as where a feature store knows no value."""
    gone = random.random(frame.shape) < share
    return frame.mask(gone)


def beyond(frame: pd.DataFrame, column: str, train: pd.Series[Any], spans: float) -> pd.DataFrame:
    """Every row's `column` set `spans` spans above what training saw, or below it where `spans` is negative.

    A constant column's span is its own size. Whole numbers stay whole, and within what their type can hold.
    """
    import numpy as np

    seen = train.to_numpy(dtype="float64", na_value=np.nan)
    seen = seen[np.isfinite(seen)]
    low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 0.0)
    span = high - low or abs(high) or 1.0
    value = (high if spans > 0 else low) + spans * span
    return frame.assign(**{column: _like(frame[column], np.full(len(frame), value))})


def never_seen(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Every row's text in `column` one that training has not seen."""
    return frame.assign(**{column: NEVER_SEEN})


def in_unit(frame: pd.DataFrame, column: str, factor: float) -> pd.DataFrame:
    """`column` multiplied, as if it came in another unit. Whole numbers become floats where they must."""
    import numpy as np

    values = frame[column].to_numpy(dtype="float64", na_value=np.nan) * factor
    whole = bool((values == np.round(values)).all())
    return frame.assign(**{column: _like(frame[column], values) if whole else values})


def _like(column: pd.Series[Any], values: np.ndarray[Any, Any]) -> Any:
    """In the column's own type when that is one of whole numbers; what it cannot hold becomes its largest or smallest."""
    import numpy as np
    import pandas as pd

    if not pd.api.types.is_integer_dtype(column.dtype):
        return values
    plain = np.dtype(getattr(column.dtype, "numpy_dtype", column.dtype))
    limits = np.iinfo(plain)
    # The largest int64 is no float: rounded up, it would turn negative.
    held = np.clip(np.round(values), float(limits.min), np.nextafter(float(limits.max), 0))
    return pd.Series(held.astype(plain), index=column.index, dtype=column.dtype)
