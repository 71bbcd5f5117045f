"""What travels between the steps of batch scoring: which version scores which interval, and where the scores are."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from golden_paths.artifacts import Artifact, Column, ModelVersion, ServiceDescription


class Chosen(Artifact):
    """The version that scores the rows of [start, end); `start` None: all rows before `end`.

    `since` is when it became the champion. `by_hand`: the run had no interval of its own, beside a schedule whose runs have.
    """

    name: ClassVar[str] = "chosen"
    version: ModelVersion
    since: datetime
    start: datetime | None
    end: datetime
    by_hand: bool = False


class Scores(Artifact):
    """One row of scores for each entity row of the interval, as a parquet file in MLflow. `digest` is the file's SHA-256."""

    name: ClassVar[str] = "scores"
    model: str
    version: str
    model_digest: str
    start: datetime | None
    end: datetime
    by_hand: bool
    rows: int
    unanswered: int  # rows without a prediction; each says why
    uri: str
    digest: str
    entities_digest: str  # of the keys and times that were scored
    features_digest: str  # of keys, times and features
    spec_digest: str
    mlflow_run_id: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    described: ServiceDescription | None = None


class PublishedScores(Artifact):
    """The scores of an interval in the output folder. `changed`: they were not there yet, or were others."""

    name: ClassVar[str] = "published_scores"
    path: str
    digest: str
    rows: int
    changed: bool
    columns: tuple[Column, ...]
