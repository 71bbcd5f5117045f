"""A training set of 100,000 rows x 20 features, what two models said of its rows, and the contract it keeps. Seeded."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from golden_paths.contract.model import ColumnRules, Contract, LabelRule, RowsRule
from golden_paths.modelling.metrics import Outcome

NUMBERS, WHOLE, TEXTS = 14, 3, 3
KEY, TIME, LABEL, SENSITIVE = "patient_id", "event_timestamp", "y", ("sex", "age_group")
NAMES = [f"number_{place}" for place in range(NUMBERS)]
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
METRICS = ("roc_auc", "average_precision", "f1", "brier", "log_loss")
WARM_ROWS = 2_000


@functools.cache
def model() -> Any:
    """A fitted one, for the gates that ask it: of numbers alone."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    random = np.random.default_rng(1)
    truth = random.random(WARM_ROWS) < 0.3
    frame = pd.DataFrame({name: random.normal(size=WARM_ROWS) + truth * 0.2 for name in NAMES})
    return make_pipeline(SimpleImputer(), LogisticRegression()).fit(frame, truth.astype(int))


@dataclass(frozen=True)
class Rows:
    """The frame, and a binary model's and its champion's outcome on all of its rows, in the same order."""

    frame: pd.DataFrame
    ours: Outcome
    champion: Outcome

    @property
    def features(self) -> list[str]:
        """All columns that a model learns from."""
        return [name for name in self.frame.columns if name.startswith(("number_", "whole_", "text_"))]

    @property
    def sensitive(self) -> dict[str, np.ndarray[Any, Any]]:
        """Each of shape (rows,)."""
        return {name: self.frame[name].to_numpy() for name in SENSITIVE}

    def few(self) -> Rows:
        """Some of the rows of both parts, to warm up with."""
        some = np.arange(len(self.frame)) % (len(self.frame) // WARM_ROWS) == 0
        return Rows(self.frame[some], self.ours.only(some), self.champion.only(some))


def write(folder: Path, rows: int) -> None:
    """As parquet, for every arm to read the same."""
    random = np.random.default_rng(0)
    truth = random.random(rows) < 0.3
    frame: dict[str, Any] = {KEY: random.permutation(rows), TIME: _times(rows)}
    for place in range(NUMBERS):
        values = random.normal(size=rows) + truth * 0.2
        values[random.random(rows) < (place % 3) * 0.01] = np.nan
        frame[f"number_{place}"] = values
    frame |= {f"whole_{place}": random.integers(0, 100, rows) for place in range(WHOLE)}
    frame |= {f"text_{place}": random.choice(list("abcdefgh"), rows) for place in range(TEXTS)}
    frame |= {"sex": random.choice(["F", "M"], rows, p=[0.3, 0.7])}
    frame |= {"age_group": random.choice(["18-39", "40-59", "60-79", "80+"], rows, p=[0.3, 0.3, 0.3, 0.1])}
    frame |= {LABEL: truth.astype(int), "split": np.where(np.arange(rows) < 0.7 * rows, "train", "test")}
    for name, strength in {"ours": 1.5, "champion": 1.4}.items():
        frame[name] = 1 / (1 + np.exp(1 - strength * truth - random.normal(size=rows)))
    pd.DataFrame(frame).to_parquet(folder / "rows.parquet")


def _times(rows: int) -> pd.DatetimeIndex:
    return pd.date_range(end=AS_OF, periods=rows, freq="min")


def read(folder: Path) -> Rows:
    """What `write` wrote."""
    frame = pd.read_parquet(folder / "rows.parquet")
    ours, champion = (_outcome(frame, frame.pop(name).to_numpy()) for name in ("ours", "champion"))
    return Rows(frame, ours, champion)


def _outcome(frame: pd.DataFrame, positive: np.ndarray[Any, Any]) -> Outcome:
    chances = np.column_stack([1 - positive, positive])
    return Outcome("binary", frame[LABEL].to_numpy(), (positive > 0.5).astype(int), np.array([0, 1]), chances)


def contract() -> Contract:
    """A rule for every column and every kind of rule; the rows keep all of them."""
    numbers = {f"number_{place}": ColumnRules(type="number", min=-9, max=9, nulls=0.05) for place in range(NUMBERS)}
    whole = {f"whole_{place}": ColumnRules(type="integer", min=0, max=99) for place in range(WHOLE)}
    texts = {f"text_{place}": ColumnRules(type="text", allowed=tuple("abcdefgh")) for place in range(TEXTS)}
    others = {KEY: ColumnRules(type="integer", unique=True), TIME: ColumnRules(type="time")}
    return Contract(
        columns=numbers | whole | texts | others,
        rows=RowsRule(at_least=1_000),
        label=LabelRule(each_class_at_least=0.1),
    )
