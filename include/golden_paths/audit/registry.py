"""What an audit reads of MLflow: few verbs, none of which writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Registered:
    """A version in the model registry. `tags` are without the prefix golden_paths."""

    model: str
    version: str
    run_id: str
    created: datetime
    tags: Mapping[str, str]


@dataclass(frozen=True)
class LoggedRun:
    """An MLflow run. `tags` are as MLflow has them."""

    id: str
    experiment: str
    status: str
    begun: datetime
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]


class Registry(Protocol):
    """Raises `StepFailed` when MLflow is away or refuses."""

    uri: str

    def models(self) -> tuple[str, ...]:
        """The names of all registered models."""

    def versions(self, model: str) -> tuple[Registered, ...]:
        """All versions of a model, oldest first; none when it is not registered."""

    def champion(self, model: str) -> str | None:
        """The version that carries the alias `champion`."""

    def run(self, run_id: str) -> LoggedRun | None:
        """A run that is not deleted."""

    def fetch(self, uri: str, folder: Path) -> Path:
        """Download what a runs:/ or models:/ URI names; returns the file or folder."""
