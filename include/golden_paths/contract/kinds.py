"""What a column's values are, whatever it stores them as: NumPy, pandas' nullable types, Arrow, categories or objects."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from golden_paths.contract.model import Kind

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

OBJECT = "O"


@dataclass(frozen=True)
class Column:
    """A column as a contract judges it: its rows are numbered from 0.

    `values` are those of the type that was asked for, the others are missing; `odd` marks rows whose value is of another
    type, `null` those without any. NaN is no value.
    """

    values: pd.Series
    odd: np.ndarray[Any, Any]
    null: np.ndarray[Any, Any]


def column(found: pd.Series, kind: Kind) -> Column:
    """The column as values of this type."""
    import pandas as pd

    raw = plain(found)
    null = raw.isna().to_numpy(dtype=bool)
    if raw.dtype.kind == OBJECT:
        return _of_objects(raw, null, kind)
    fitting = {"number": "iuf", "integer": "iuf", "text": "", "boolean": "b", "time": "M"}[kind]
    if raw.dtype.kind not in fitting:
        return Column(pd.Series([None] * len(raw), dtype=object), ~null, null)
    is_odd = null & False
    if kind == "integer" and raw.dtype.kind == "f":  # missing ones make floats of whole numbers
        is_odd = ~null & ~_whole(raw)
    return Column(raw.mask(is_odd), is_odd, null)


def kind_of(found: pd.Series) -> Kind | None:
    """The type that all of its values have; None when there is none, or no value."""
    raw = plain(found)
    if raw.isna().all() and raw.dtype.kind == OBJECT:
        return None
    by_storage: dict[str, Kind] = {"b": "boolean", "i": "integer", "u": "integer", "f": "number", "M": "time"}
    if raw.dtype.kind != OBJECT:
        return by_storage.get(raw.dtype.kind)
    kinds: tuple[Kind, ...] = ("text", "boolean", "integer", "number", "time")
    return next((kind for kind in kinds if not column(raw, kind).odd.any()), None)


def plain(found: pd.Series) -> pd.Series:
    """The column with one way to store each type, rows numbered from 0: boolean, Int64, UInt64, float64, times in UTC.

    Everything else is objects.
    """
    import numpy as np
    import pandas as pd

    raw = found.reset_index(drop=True)
    storage = "O" if isinstance(raw.dtype, pd.CategoricalDtype) else raw.dtype.kind
    if storage == "f":
        return pd.Series(raw.to_numpy(dtype="float64", na_value=np.nan))
    if storage == "M":
        return _times(raw)
    if storage in "biu":
        return raw.astype({"b": "boolean", "i": "Int64", "u": "UInt64"}[storage])
    return raw.astype(object)


def codes(found: pd.Series) -> np.ndarray[Any, Any]:
    """The rank of each value among the distinct ones, -1 where there is none. What has no order is ranked as text."""
    import pandas as pd

    raw = plain(found)
    try:
        return pd.factorize(raw, sort=True)[0]  # type: ignore[no-any-return]
    except TypeError:
        texts = raw.map(lambda value: f"{type(value).__name__} {value}", na_action="ignore")
        return pd.factorize(texts, sort=True)[0]  # type: ignore[no-any-return]


def _times(raw: pd.Series) -> pd.Series:
    """In UTC. Times without a zone are taken as UTC, as Feast takes them; the resolution stays, and with it far dates."""
    import pandas as pd

    if isinstance(raw.dtype, pd.ArrowDtype):
        zone = getattr(raw.dtype.pyarrow_dtype, "tz", None)
        unit = getattr(raw.dtype.pyarrow_dtype, "unit", "s")
        raw = raw.astype(f"datetime64[{unit}, UTC]" if zone else f"datetime64[{unit}]")
    return raw.dt.tz_convert("UTC") if getattr(raw.dtype, "tz", None) else raw.dt.tz_localize("UTC")


def _whole(values: pd.Series) -> np.ndarray[Any, Any]:
    import numpy as np

    numbers = values.to_numpy()
    with np.errstate(invalid="ignore"):
        return np.isfinite(numbers) & (np.floor(numbers) == numbers)  # type: ignore[no-any-return]


def _of_objects(raw: pd.Series, null: np.ndarray[Any, Any], kind: Kind) -> Column:
    import numpy as np
    import pandas as pd

    fits = FITS[kind]
    odd = np.fromiter(
        (not (gone or fits(value)) for gone, value in zip(null, raw, strict=True)), dtype=bool, count=len(raw)
    )
    kept = raw.mask(odd | null, None)
    if kind == "number":
        return Column(pd.Series([_float(one) for one in kept], dtype="float64"), odd, null)
    if kind == "boolean":
        return Column(kept.astype("boolean"), odd, null)
    if kind == "time":  # what is out of nanoseconds' reach is a time all the same
        return Column(pd.to_datetime(kept, utc=True, errors="coerce", format="ISO8601"), odd, null)
    if kind == "integer":
        kept = pd.Series([None if one is None else int(one) for one in kept], dtype=object)
    return Column(kept, odd, null)


def _float(value: Any) -> float:
    if value is None:
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _is_number(value: Any, *, whole: bool) -> bool:
    import numpy as np

    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | Decimal):
        return False
    return not whole or isinstance(value, Integral) or (math.isfinite(value) and value == math.floor(value))


def _is_bool(value: Any) -> bool:
    import numpy as np

    return isinstance(value, bool | np.bool_)


def _is_time(value: Any) -> bool:
    import numpy as np

    return isinstance(value, date | np.datetime64)


FITS: dict[Kind, Callable[[Any], bool]] = {
    "number": partial(_is_number, whole=False),
    "integer": partial(_is_number, whole=True),
    "text": lambda value: isinstance(value, str),
    "boolean": _is_bool,
    "time": _is_time,
}
