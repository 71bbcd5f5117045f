"""What a feature store says of a refresh: rows before they are written, and what was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from golden_paths.artifacts import ServiceDescription, ViewState
from golden_paths.refresh_artifacts import ViewRows


@dataclass(frozen=True)
class PendingView:
    """Rows of a view in a file of their own (parquet): keys, timestamp and features by the names that Feast has for them."""

    rows: ViewRows
    path: Path
    keys: tuple[str, ...]
    timestamp: str


@dataclass(frozen=True)
class Refreshed:
    """What a feature refresh wrote last of a service, still there in the online store."""

    start: datetime
    end: datetime
    views: tuple[ViewState, ...]
    described: ServiceDescription
