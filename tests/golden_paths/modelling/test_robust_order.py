"""A row's answer depends on that row alone: not on order, index, the other rows or chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from robust_cases import Signal, judged, study


class Ordered:
    """Right, but for what it takes from the other rows."""

    def __init__(self, fault: str) -> None:
        self.fault, self.asked = fault, 0

    def predict(self, frame: pd.DataFrame) -> Any:
        said, self.asked = Signal().predict(frame), self.asked + 1
        match self.fault:
            case "index":
                return said + 1e-6 * frame.index.to_numpy()
            case "running mean":
                return said - 0.1 * pd.Series(said).expanding().mean().to_numpy()
            case "batch mean":  # the same in any order, and another beside other rows
                return said - said.mean()
            case "chance":
                return said + self.asked * 1e-3
            case "rounding":
                return said * (1 + 1e-15 * self.asked)
            case "float32":
                return (said * (1 + 1e-7 * self.asked)).astype(np.float32)
        frame.insert(0, "its input", 0.0)
        return said


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("index", ""),
        ("running mean", ""),
        ("batch mean", ""),
        ("chance", "not repeatable"),
        ("rounding", None),
        ("float32", None),
        ("changes its input", None),
    ],
)
def test_an_answer_depends_on_its_row_alone(tmp_path: Path, fault: str, state: str | None) -> None:
    found = judged(Ordered(fault), study(300), tmp_path).ruling("shuffled")
    if state is None:
        assert (found.passed, found.value) == (True, 0)
    else:
        assert (found.passed, found.state) == (False, state)
        assert found.value is not None and found.value > 0.9


class Tellers(LogisticRegression):
    """Classes that depend on how many rows are asked."""

    def predict_proba(self, frame: Any) -> Any:
        found = super().predict_proba(frame)
        return found if len(frame) == 300 else found[:, ::-1]


def test_of_a_classifier_probabilities_are_compared(tmp_path: Path) -> None:
    assert judged(LogisticRegression(), study(300, "multiclass"), tmp_path).ruling("shuffled").passed
    assert not judged(Tellers(), study(300, "multiclass"), tmp_path).ruling("shuffled").passed


# --- another unit ---
