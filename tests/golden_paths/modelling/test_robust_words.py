"""What the rulings of robustness say, and of which metric and model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from robust_cases import Signal, judged, study


def test_the_line_says_what_to_do(tmp_path: Path) -> None:
    found = judged(Signal(), study(300), tmp_path).ruling("unit")
    other = "b" if found.column == "a" else "a"
    assert found.words == (
        f"{found.column} in another unit (x1000), which nothing notices, costs more than 200% of the gain of r2, at most "
        f"30% may be: beyond; give its range (and those of {other}) in training_set.contract"
    )


# --- the whole ---


def test_a_model_that_knows_nothing_has_nothing_to_lose_and_does_not_pass(tmp_path: Path) -> None:
    class Constant:
        def predict(self, frame: pd.DataFrame) -> Any:
            return np.zeros(len(frame))

    found = judged(Constant(), study(300), tmp_path)
    assert found.passed == ["out_of_range", "shuffled"]
    assert "is no better than one constant answer's" in found.ruling("missing").words
    assert found.ruling("unit").state == "nothing to lose"


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy", "balanced_accuracy", "brier", "log_loss", "f1"])
def test_a_share_of_the_gain_is_told_in_every_metric(tmp_path: Path, metric: str) -> None:
    model = make_pipeline(SimpleImputer(), LogisticRegression())
    found = judged(model, study(2000, "binary"), tmp_path, metric=metric, share="30%", missing="90%").ruling("missing")
    assert found.passed
    assert found.value == pytest.approx(0.3, abs=0.15)
