"""The verbs that a watch needs of a model's prediction log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from golden_paths.artifacts import ModelVersion

if TYPE_CHECKING:
    import pandas as pd


class Predictions(Protocol):
    """What the servers of one model wrote of their answers.

    Its columns are time, request_id, entity.KEY, feature.NAME, prediction, and score, the probability of two classes' second.
    """

    @property
    def is_kept(self) -> bool:
        """Whether the platform keeps one."""

    def read(self, version: ModelVersion, start: datetime, end: datetime) -> pd.DataFrame:
        """What this version, byte for byte, answered in [start, end), in the order of time."""

    def as_logged(self, rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
        """Rows of another source, their entity keys told as the log tells them."""

    def tidy(self, now: datetime) -> None:
        """Delete what is older than the platform keeps, and put small files together."""
