"""What a feature store joins: frames in files, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from golden_paths.artifacts import ServiceDescription


@dataclass(frozen=True)
class Skew:
    """How many of `keys` sampled entities have another value online than in the offline store, by feature.

    `left_out` says which features were not compared, and why.
    """

    keys: int
    differing: Mapping[str, int]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingFrame:
    """A point-in-time join, written to `path` (parquet): keys, timestamp, features, sensitive columns, label; a stable order."""

    path: Path
    rows: int
    entity_rows: int  # rows of the entity file: must equal `rows`
    keys: tuple[str, ...]
    timestamp: str
    features: tuple[str, ...]
    skew: Skew | None = None  # None: it was not asked for


@dataclass(frozen=True)
class FeatureFrame:
    """Entity rows of an interval with their features, in the order of the file, at `path` (parquet): keys, time, features.

    `digest` is that file's, `entities_digest` that of the same file without the features. `newest`: by view, the time of
    the last row of its source before the interval's end; None for a source without one.
    """

    path: Path
    rows: int
    entity_rows: int  # rows of the entity file in the interval: must equal `rows`
    keys: tuple[str, ...]
    timestamp: str
    features: tuple[str, ...]
    digest: str
    entities_digest: str
    described: ServiceDescription
    newest: Mapping[str, datetime | None]
