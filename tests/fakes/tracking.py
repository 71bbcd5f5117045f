"""An MLflow tracking server in a folder: the same verbs, no HTTP, no database."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from golden_paths.clients import TrackedRun
from golden_paths.errors import StepFailed


@dataclass
class FakeRun:
    """What was logged to one run."""

    experiment: str
    name: str
    tags: dict[str, str]
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    datasets: dict[str, dict[str, str]] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    status: str = "RUNNING"
    ended: datetime | None = None


class FakeTracking:
    """Runs in memory (`runs`, by id), artifacts in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs: dict[str, FakeRun] = {}

    def run(self, experiment: str, key: str, *, name: str, tags: Mapping[str, str]) -> TrackedRun:
        for run_id, run in self.runs.items():
            if run.experiment == experiment and run.tags["golden_paths.key"] == key:
                run.status = "RUNNING" if run.status == "FAILED" else run.status
                return TrackedRun(run_id, dict(run.tags))
        run_id = f"{len(self.runs) + 1:032x}"
        self.runs[run_id] = FakeRun(experiment, name, {**tags, "golden_paths.key": key})
        return TrackedRun(run_id, dict(self.runs[run_id].tags))

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        self.runs[run_id].tags.update(tags)

    def tags(self, run_id: str) -> dict[str, str]:
        return dict(self.runs[run_id].tags) if run_id in self.runs else {}

    def files(self, run_id: str, folder: str = "") -> frozenset[str]:
        home = self.folder / run_id / folder
        return frozenset(path.name for path in home.iterdir()) if run_id in self.runs and home.is_dir() else frozenset()

    def params(self, run_id: str, params: Mapping[str, Any]) -> None:
        logged = self.runs[run_id].params
        for name, value in params.items():
            if logged.setdefault(name, str(value)) != str(value):
                raise StepFailed(
                    f"MLflow run {run_id} has param {name}={logged[name]}, not {value}",
                    remedy="params of a run do not change",
                )

    def metrics(self, run_id: str, metrics: Mapping[str, float]) -> None:
        self.runs[run_id].metrics.update(metrics)

    def finish(self, run_id: str, *, failed: bool = False) -> None:
        self.runs[run_id].status = "FAILED" if failed else "FINISHED"
        self.runs[run_id].ended = datetime.now(UTC)

    def retire(self, experiment: str, *, tag: tuple[str, str], before: datetime, most: int) -> int:
        gone = [
            run_id
            for run_id, run in self.runs.items()
            if run.experiment == experiment and run.ended and run.ended < before and run.tags.get(tag[0]) == tag[1]
        ][:most]
        for run_id in gone:
            del self.runs[run_id]
        return len(gone)

    def upload(self, run_id: str, path: Path, folder: str = "") -> str:
        home = self.folder / run_id / folder
        home.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, home, dirs_exist_ok=True)
            return f"runs:/{run_id}/{folder}"
        shutil.copy(path, home / path.name)
        return f"runs:/{run_id}/{folder}/{path.name}" if folder else f"runs:/{run_id}/{path.name}"

    def download(self, uri: str, destination: Path) -> Path:
        source = self.folder / uri.removeprefix("runs:/").removeprefix("models:/")
        if not source.exists():
            raise StepFailed(f"{uri} is not in MLflow", remedy="run the path again to make it")
        destination.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, destination, dirs_exist_ok=True)
            return destination
        return Path(shutil.copy(source, destination / source.name))

    def log_dataset(self, run_id: str, *, name: str, digest: str, uri: str, frame: Path, label: str) -> None:
        self.runs[run_id].datasets[name] = {"digest": digest, "uri": uri, "label": label}

    def log_model(self, run_id: str, folder: Path) -> str:
        models = self.runs[run_id].models
        for left in models:
            shutil.rmtree(self.folder / left)
        model_id = f"m-{run_id[-8:]}{int(models[-1][-4:]) + 1 if models else 0:04d}"
        shutil.copytree(folder, self.folder / model_id)
        models[:] = [model_id]
        return f"models:/{model_id}"
