"""What breaks a contract, and which rows do: named by their keys, and never by a sensitive value."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SAMPLE = 5
CUT = 40


@dataclass(frozen=True)
class Violation:
    """One rule that one column breaks; `column` is None where the rule is for the frame as a whole.

    `rows` counts the offending rows, and `sample` names up to five of them by their entity keys, with the offending value
    where it may be shown: `patient_id=17: 93.5`.
    """

    rule: str
    column: str | None
    expected: str
    found: str
    rows: int
    sample: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"{self.column} ({self.rule})" if self.column else self.rule
        rows = f"; {', '.join(self.sample)}{', ...' if self.rows > len(self.sample) else ''}" if self.sample else ""
        return f"{place}: expected {self.expected}, found {self.found}{rows}"


@dataclass(frozen=True)
class Rows:
    """Names the rows of a frame by its entity keys; by their number, from 1, where no key is there or may be shown."""

    frame: pd.DataFrame
    keys: Sequence[str]
    sensitive: Collection[str]

    def sample(self, positions: Iterable[int], column: str | None = None) -> tuple[str, ...]:
        """The first few of these rows, with their value in `column` unless that is sensitive or a key."""
        names = [self._name(int(place)) for _, place in zip(range(SAMPLE), positions, strict=False)]
        if column is None or column in self.sensitive or column in self.keys:
            return tuple(name for name, _ in names)
        at = self.frame.columns.get_loc(column)
        return tuple(f"{name}: {shown(self.frame.iat[place, at])}" for name, place in names)

    def _name(self, place: int) -> tuple[str, int]:
        known = [key for key in self.keys if key in self.frame.columns and key not in self.sensitive]
        parts = [f"{key}={shown(self.frame.iat[place, self.frame.columns.get_loc(key)])}" for key in known]
        return ", ".join(parts) or f"row {place + 1}", place


def shown(value: Any) -> str:
    """A value of the data as text of at most 40 characters, on one line: 17, 'a', missing."""
    import pandas as pd

    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "missing"
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 2**53:
        value = int(value)  # a whole number that is stored as float because others are missing
    text = repr(str(value)) if isinstance(value, str) else " ".join(str(value).split())
    return text if len(text) <= CUT else text[: CUT - 3] + "..."
