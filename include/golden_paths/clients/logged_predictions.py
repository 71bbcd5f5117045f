"""What the servers of a model wrote of their answers, as the watch reads it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from golden_paths.artifacts import ModelVersion
from golden_paths.prediction_log import hashing, reading
from golden_paths.prediction_log.planned import Log

if TYPE_CHECKING:
    import pandas as pd


class LoggedPredictions:
    """The log of one model; `log` None: the platform keeps none."""

    def __init__(self, model: str, log: Log | None) -> None:
        self._model, self._log = model, log

    @property
    def is_kept(self) -> bool:
        """Whether there is one."""
        return self._log is not None

    def read(self, version: ModelVersion, start: datetime, end: datetime) -> pd.DataFrame:
        """What this version, byte for byte, answered in [start, end)."""
        if self._log is None:
            return _nothing()
        found = reading.read(
            self._log.store, version.model, start, end, version=version.version, digest=version.digest
        )
        return _nothing() if found.empty else found

    def as_logged(self, rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
        """Rows of another source, their entity keys told as the log tells them."""
        if self._log is None:
            return rows
        keeping, key = self._log.keeping, self._log.key
        changed = [name for name in keys if keeping.hash_keys or name in keeping.hashed]
        if not changed or key is None:
            return rows
        return rows.assign(**{name: rows[name].map(lambda value: hashing.hashed(value, key)) for name in changed})

    def tidy(self, now: datetime) -> None:
        """Delete what is older than the platform keeps, and put small files of hours that are over together."""
        from golden_paths.prediction_log import compaction, retention

        if self._log is not None:
            retention.tidy(self._log.store, self._model, self._log.retention, now=now)
            compaction.compact(self._log.store, self._model, now=now)


def _nothing() -> pd.DataFrame:
    import pandas as pd

    columns = {"time": "datetime64[us, UTC]", "request_id": "object", "prediction": "object", "score": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
