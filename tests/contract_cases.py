"""Frames held to a contract: for tests of what is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from golden_paths.contract.checking import check
from golden_paths.contract.model import ColumnRules, Contract, LabelRule, RowsRule
from golden_paths.contract.violation import Violation

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def frame_of(values: Any, **more: Any) -> pd.DataFrame:
    column = pd.Series(values)
    size = len(column)
    base = {"patient_id": np.arange(size) + 1, "t": pd.Series([pd.Timestamp(NOW)] * size), "y": np.arange(size) % 2}
    return pd.DataFrame(base | {"x": column.reset_index(drop=True)} | more)


def checked(
    frame: pd.DataFrame, contract: Contract, *, sensitive: tuple[str, ...] = (), **given: Any
) -> list[Violation]:
    known: dict[str, Any] = {"keys": ["patient_id"], "timestamp": "t", "label": "y", "as_of": NOW} | given
    return check(frame, contract, sensitive=sensitive, **known)


def of_x(values: Any, **rules: Any) -> list[Violation]:
    return checked(frame_of(values), Contract(columns={"x": ColumnRules(**rules)}))


def contract(**given: Any) -> Contract:
    columns = {
        "x": ColumnRules(type="number", min=0, max=1, unique=True),
        "sex": ColumnRules(type="text", allowed=("f", "m")),
        "gone": ColumnRules(type="text"),
    }
    of_all: dict[str, Any] = {
        "columns": columns,
        "rows": RowsRule(at_least=10),
        "label": LabelRule(each_class_at_least=0.4),
        "freshness": timedelta(days=30),
    }
    return Contract(**(of_all | given))
