"""What the columns of a training set hold, in numbers: for the datasheet. Sensitive columns and keys tell no single row."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 20  # values that are named, the most frequent first
FEW = 5  # rows of a sensitive column below which it is only said that they are few
ENOUGH = 20  # rows of a sensitive column from which its mean and quartiles are told
Count = int | Literal["<5"]
Role = Literal["key", "timestamp", "feature", "label", "other"]


class Numbers(BaseModel):
    """Of the values that are there. `low` and `high` are None for a sensitive column: each is somebody's."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")
    mean: float
    deviation: float | None  # of the sample; None for a single value
    low: float | None
    quartiles: tuple[float, float, float]
    high: float | None


class Frequency(BaseModel):
    """A value, as text, and the rows that have it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: str
    rows: Count


class Distribution(BaseModel):
    """Of one column. `rows` with a value, `missing` without; both are None where the one would tell the other's few rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    column: str
    type: str
    role: Role
    is_sensitive: bool
    rows: int | None
    missing: Count
    numbers: Numbers | None = None
    frequent: tuple[Frequency, ...] = ()
    others: int = 0  # further values that are not named

    def guarded(self) -> Distribution:
        """As it is told of a sensitive column. Guarding twice changes nothing.

        Values of fewer than `FEW` rows are not named. Beside them, the other counts are rounded to fives: exact ones, taken
        from the number of rows, would tell how many the few are.
        """
        if self.is_sensitive and self.rows is None:
            return self.model_copy(update={"numbers": _guarded(self.numbers, ENOUGH)})
        is_few = isinstance(self.missing, str) or 0 < self.missing < FEW
        named = [one for one in self.frequent if isinstance(one.rows, int) and one.rows >= FEW]
        hidden = len(self.frequent) - len(named) + self.others
        is_told_by_rest = bool(hidden) or is_few
        return self.model_copy(
            update={
                "is_sensitive": True,
                "rows": None if is_few else self.rows,
                "missing": "<5" if is_few else self.missing,
                "numbers": _guarded(self.numbers, self.rows or 0),
                "frequent": tuple(_rounded(one) if is_told_by_rest else one for one in named),
                "others": hidden,
            }
        )


def _guarded(numbers: Numbers | None, rows: int) -> Numbers | None:
    if numbers is None or rows < ENOUGH:
        return None
    return numbers.model_copy(update={"low": None, "high": None})


def _rounded(one: Frequency) -> Frequency:
    assert isinstance(one.rows, int)
    return one.model_copy(update={"rows": FEW * round(one.rows / FEW)})


def measured(
    table: pd.DataFrame,
    *,
    keys: Collection[str],
    timestamp: str,
    features: Collection[str],
    label: str,
    sensitive: Collection[str],
) -> tuple[Distribution, ...]:
    """One for each column of `table`, of shape (rows, columns), in order. No value of keys and times is told."""
    roles: dict[str, Role] = {
        **dict.fromkeys(features, "feature"),
        label: "label",
        **dict.fromkeys(keys, "key"),
        timestamp: "timestamp",
    }
    made = [_of(table[name], roles.get(str(name), "other"), name in sensitive) for name in table.columns]
    return tuple(one.guarded() if one.is_sensitive else one for one in made)


def _of(values: pd.Series, role: Role, is_sensitive: bool) -> Distribution:
    from pandas.api import types

    present = values.dropna()
    told = Distribution(
        column=str(values.name),
        type=str(values.dtype),
        role=role,
        is_sensitive=is_sensitive,
        rows=len(present),
        missing=len(values) - len(present),
    )
    is_number = types.is_numeric_dtype(values) and not types.is_bool_dtype(values)
    if role in ("key", "timestamp") or types.is_datetime64_any_dtype(values) or present.empty:
        return told
    changes: dict[str, object] = {"numbers": _numbers(present)} if is_number else {}
    if not is_number or ((role == "label" or is_sensitive) and present.nunique() <= SHOWN):
        changes |= _frequent(present)
    return told.model_copy(update=changes)


def _numbers(present: pd.Series) -> Numbers:
    """An infinite value makes mean and deviation infinite, or no number: that is told, too."""
    import numpy as np

    values = present.to_numpy(dtype="float64")
    with np.errstate(invalid="ignore"):
        low, first, middle, third, high = (float(value) for value in np.quantile(values, (0, 0.25, 0.5, 0.75, 1)))
        mean, deviation = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else None
    return Numbers(mean=mean, deviation=deviation, low=low, quartiles=(first, middle, third), high=high)


def _frequent(present: pd.Series) -> dict[str, object]:
    """Ties in the order of their text, so that the same rows are always told alike."""
    counted = present.astype(str).value_counts()
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    named = tuple(Frequency(value=str(value), rows=int(rows)) for value, rows in ordered[:SHOWN])
    return {"frequent": named, "others": len(ordered) - len(named)}
