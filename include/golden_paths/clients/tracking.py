"""The verbs that steps need of MLflow's runs and artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class TrackedRun:
    """An MLflow run: its id and the tags it carries."""

    id: str
    tags: Mapping[str, str]


class Tracking(Protocol):
    """Runs and artifacts in MLflow."""

    def run(self, experiment: str, key: str, *, name: str, tags: Mapping[str, str]) -> TrackedRun:
        """The one run that carries the tag golden_paths.key=key in this experiment; started when it is not there.

        Two callers at once converge on the older run; the other is deleted.
        """

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags on a run."""

    def tags(self, run_id: str) -> dict[str, str]:
        """The tags of a run; none when there is no such run."""

    def files(self, run_id: str, folder: str = "") -> frozenset[str]:
        """The names of the files and folders right in a folder of a run; none when there is no such folder, or run."""

    def params(self, run_id: str, params: Mapping[str, Any]) -> None:
        """Log params; the same value again is no error."""

    def metrics(self, run_id: str, metrics: Mapping[str, float]) -> None:
        """Log metrics."""

    def finish(self, run_id: str, *, failed: bool = False) -> None:
        """End the run as FINISHED or FAILED."""

    def retire(self, experiment: str, *, tag: tuple[str, str], before: datetime, most: int) -> int:
        """Delete runs with this tag that ended before then, `most` of them; returns how many. MLflow's gc frees their files."""

    def upload(self, run_id: str, path: Path, folder: str = "") -> str:
        """Upload a file, or a folder's content, below `folder`; returns its runs:/ URI. Overwrites, so that a retry converges."""

    def download(self, uri: str, destination: Path) -> Path:
        """Fetch what a runs:/ or models:/ URI names into `destination`; returns the local path of the file or folder."""

    def log_dataset(self, run_id: str, *, name: str, digest: str, uri: str, frame: Path, label: str) -> None:
        """Attach a dataset input (context `training`) to the run."""

    def log_model(self, run_id: str, folder: Path) -> str:
        """Log a folder that mlflow.sklearn.save_model wrote; returns its models:/m-... URI. Replaces what a kill left."""
