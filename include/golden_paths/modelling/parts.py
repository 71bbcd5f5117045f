"""The two parts of a training set: what a model is fitted on, and what is held out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_paths import parquet

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Parts:
    """Frames of shape (rows, features) and labels of shape (rows,), in the training set's own order."""

    features: pd.DataFrame
    label: pd.Series[Any]
    held_out_features: pd.DataFrame
    held_out_label: pd.Series[Any]


def read(payload: Mapping[str, Any]) -> Parts:
    """Read `frame` (parquet), whose column `split` says train or test. `features` and `label` name columns."""
    features, label = list(payload["features"]), payload["label"]
    frame = parquet.read(payload["frame"], [*features, label, "split"])
    fitted, held_out = (frame[frame["split"] == part].reset_index(drop=True) for part in ("train", "test"))
    return Parts(fitted[features], fitted[label], held_out[features], held_out[label])
