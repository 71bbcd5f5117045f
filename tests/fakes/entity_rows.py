"""The rows of an entity file that an interval asks about, and features joined to them as they were known, in the file's order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from golden_paths.errors import StepFailed

TIMESTAMP, MOMENTS = "event_timestamp", "datetime64[us, UTC]"


def wanted(entities: Path, key: str, start: datetime, end: datetime) -> pd.DataFrame:
    frame = pd.read_parquet(entities)
    if missing := [name for name in (key, TIMESTAMP) if name not in frame.columns]:
        raise StepFailed(
            f"{entities.name} has no column {', '.join(missing)}",
            remedy=f"it needs the keys of the service's views and the time: {key}, {TIMESTAMP}",
        )
    frame[TIMESTAMP] = pd.to_datetime(frame[TIMESTAMP], utc=True).astype(MOMENTS)
    rows = frame[(frame[TIMESTAMP] >= start) & (frame[TIMESTAMP] < end)]
    return rows[[key, TIMESTAMP]].reset_index(drop=True)


def joined(asked: pd.DataFrame, views: Sequence[pd.DataFrame], key: str) -> pd.DataFrame:
    found = asked.reset_index().sort_values(TIMESTAMP, kind="stable")
    for view in views:
        rows = view.sort_values(TIMESTAMP).astype({TIMESTAMP: MOMENTS}).astype({key: found[key].dtype})
        found = pd.merge_asof(found, rows, on=TIMESTAMP, by=key)
    return found.sort_values("index").drop(columns="index")
