"""The columns of a model's signature, and the casting of JSON values to them.

Narrower than MLflow's enforcement where that guesses: a number in quotes, a truth value for a number or 3.5 for a whole
number are refused, with field and row.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_paths.errors import StepFailed
from golden_paths.serve.problems import problem

if TYPE_CHECKING:
    import numpy as np

Problems = list[dict[str, Any]]
DTYPES = {
    "double": "float64",
    "float": "float32",
    "long": "int64",
    "integer": "int32",
    "boolean": "bool",
    "string": "object",
    "datetime": "datetime64[ns]",
}
WANTED = {
    "double": "a number",
    "float": "a number",
    "long": "a whole number",
    "integer": "a whole number of 32 bits",
    "boolean": "true or false",
    "string": "text",
    "datetime": "a time as in 2026-11-24T10:00:00",
}
# Where these types alone need no look at each value.
PURE: dict[str, set[type]] = {"double": {float, int}, "boolean": {bool}, "string": {str}}


@dataclass(frozen=True)
class Column:
    """A column the model takes. `kind` is MLflow's type; `missing` says whether it answers a row without a value."""

    name: str
    kind: str
    missing: bool = False

    @property
    def dtype(self) -> str:
        """The numpy dtype the model gets."""
        return DTYPES[self.kind]

    def cast(self, values: list[Any], problems: Problems) -> np.ndarray[Any, Any] | None:
        """The values, shape (rows,), in the column's dtype; or None, with what is wrong added to `problems`."""
        import numpy as np

        if PURE.get(self.kind, set()).issuperset(map(type, values)):
            array = np.array(values, dtype=self.dtype)
            if self.kind != "double" or np.isfinite(array).all():
                return array
        found = len(problems)
        read = [self._value(value, row, problems) for row, value in enumerate(values)]
        return np.array(read, dtype=self.dtype) if len(problems) == found else None

    def _value(self, value: Any, row: int, problems: Problems) -> Any:
        if value is None or (type(value) is float and math.isnan(value)):
            if not self.missing:
                problems.append(problem(self.name, "is missing, and the model takes no missing value", row=row))
            return None if self.kind == "string" else "NaT" if self.kind == "datetime" else math.nan
        try:
            return READERS[self.kind](value)
        except (ValueError, OverflowError):
            problems.append(problem(self.name, f"is {_shown(value)}, not {WANTED[self.kind]}", row=row))
            return None


def of_signature(signature: list[dict[str, Any]], place: str) -> tuple[Column, ...]:
    """The columns of MLflow's signature. Raises `StepFailed` for one without names, or of a type that no JSON value has."""
    for entry in signature:
        if "name" not in entry or entry.get("type") not in DTYPES:
            raise StepFailed(
                f"{place}: its signature has {entry}, which is no named column of a type that is served",
                remedy=f"fit on a DataFrame with columns of {', '.join(DTYPES)}",
            )
    return tuple(Column(entry["name"], entry["type"]) for entry in signature)


def _shown(value: Any) -> str:
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _number(value: Any) -> float:
    if type(value) not in (int, float) or math.isinf(value):
        raise ValueError
    return float(value)


def _single(value: Any) -> float:
    if abs(number := _number(value)) > 3.4028235e38:
        raise ValueError
    return number


def _whole(bits: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) not in (int, float) or value != int(value) or not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise ValueError
        return int(value)

    return read


def _exactly(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError
        return value

    return read


def _time(value: Any) -> str:
    import pandas as pd

    if not isinstance(value, str):
        raise ValueError
    stamp = pd.Timestamp(value)
    return str((stamp.tz_convert("UTC").tz_localize(None) if stamp.tzinfo else stamp).isoformat())


READERS: dict[str, Callable[[Any], Any]] = {
    "double": _number,
    "float": _single,
    "long": _whole(64),
    "integer": _whole(32),
    "boolean": _exactly(bool),
    "string": _exactly(str),
    "datetime": _time,
}
