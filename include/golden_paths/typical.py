"""The typical row of the rows that a model was fitted on: what an explanation compares another row with.

It lies in the model's folder, so the model's digest covers it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

FILE = "typical_row.json"


def row(features: pd.DataFrame) -> dict[str, Any]:
    """One value for each column, as JSON has it.

    Of numbers and times the middle one (of two the lower, so that whole numbers stay whole), of everything else the most
    frequent; None for a column without any value.
    """
    return {name: _value(features[name]) for name in features.columns}


def write(features: pd.DataFrame, folder: Path) -> None:
    """Keep it in the model's folder."""
    (folder / FILE).write_text(json.dumps(row(features), allow_nan=False))


def read(folder: Path) -> dict[str, Any] | None:
    """What a model's folder has; None in one that was written before there were any, or by others."""
    file = folder / FILE
    if not file.exists():
        return None
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def _value(column: pd.Series[Any]) -> Any:
    import numpy as np
    from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

    known, numeric = column.dropna(), is_numeric_dtype(column) and not is_bool_dtype(column)
    if numeric:
        known = known[np.isfinite(known.to_numpy(dtype="float64"))]  # JSON has no infinity
    if known.empty:
        return None
    if not numeric and not is_datetime64_any_dtype(column):
        found = known.mode().iloc[0]
    else:
        found = known.sort_values().iloc[(len(known) - 1) // 2]
    return found.isoformat() if hasattr(found, "isoformat") else found.item() if hasattr(found, "item") else found
