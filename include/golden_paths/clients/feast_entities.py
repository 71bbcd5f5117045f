"""The rows to learn from: read, their times made exact, and refused where a join would be wrong or end in a traceback.

Runs in the child alone (see `feast_child`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from golden_paths import parquet
from golden_paths.errors import StepFailed

if TYPE_CHECKING:
    import pandas as pd

TIMESTAMP = "event_timestamp"


def read(path: Path, *, keys: list[str], label: str, features: list[str], sensitive: Sequence[str] = ()) -> pd.DataFrame:
    """Keys, time, label and sensitive columns of every row. `StepFailed` when one is not there or means two things."""
    entities = parquet.read(path)
    needed = [*keys, TIMESTAMP, label]
    if unknown := [name for name in sensitive if name not in entities.columns]:
        raise StepFailed(
            f"training_set.sensitive names {', '.join(unknown)}, which is no feature of the service and no column of {path.name}",
            remedy="add the column to the file, or name a feature",
        )
    if double := [name for name in sensitive if name in needed]:
        raise StepFailed(
            f"training_set.sensitive names {', '.join(double)}, which is a key, the time or the label",
            remedy="name a column that tells groups apart",
        )
    if missing := [name for name in needed if name not in entities.columns]:
        raise StepFailed(
            f"{path.name} has no column {', '.join(missing)}",
            remedy=f"it needs the keys of the service's views, the time and the label: {', '.join(needed)}",
        )
    if label in keys:
        raise StepFailed(f"label {label} is a key of the entity", remedy="name the column that the model predicts")
    if label in features:
        raise StepFailed(
            f"label {label} is also a feature of the service: the model would be given what it is to predict",
            remedy="leave it out of the service, or rename one of them when they differ",
        )
    entities = entities[[*needed, *sensitive]].assign(**{TIMESTAMP: times(entities[TIMESTAMP], path.name)})
    if repeated := int(entities.duplicated([*keys, TIMESTAMP]).sum()):
        print(  # noqa: T201
            f"{path.name}: {repeated} of {len(entities)} rows repeat the keys and time of another; "
            "a split may learn from one and hold out the other"
        )
    return entities


def times(column: pd.Series, file: str) -> pd.Series:
    """In UTC and microseconds: Feast's duckdb store takes no finer ones, and pandas makes nanoseconds by itself."""
    import pandas as pd

    remedy = f"make it with pandas.to_datetime(frame['{TIMESTAMP}'], utc=True)"
    if pd.api.types.is_numeric_dtype(column):
        raise StepFailed(f"{TIMESTAMP} of {file} holds numbers, not times", remedy=remedy)
    try:
        times = pd.to_datetime(column, utc=True)
    except (ValueError, TypeError) as error:
        raise StepFailed(
            f"{TIMESTAMP} of {file} holds what is no time: {str(error).splitlines()[0]}", remedy=remedy
        ) from error
    if missing := int(times.isna().sum()):
        raise StepFailed(f"{TIMESTAMP} of {file} is missing in {missing} rows", remedy="leave those rows out")
    return times.dt.floor("us").astype("datetime64[us, UTC]")
