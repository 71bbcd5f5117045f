"""MLflow as an audit reads it, in memory and a folder. test_reader_contract.py holds it to a real one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from golden_paths.audit.registry import LoggedRun, Registered
from golden_paths.errors import StepFailed


@dataclass
class FakeRegistry:
    """`files` has an artifact for each URI, without its scheme. `is_away`: it does not answer."""

    files: Path
    uri: str = "http://someone:secret@mlflow.shop:5000"
    known: dict[str, list[Registered]] = field(default_factory=dict)
    runs: dict[str, LoggedRun] = field(default_factory=dict)
    champions: dict[str, str] = field(default_factory=dict)
    is_away: bool = False
    asked: int = 0

    def models(self) -> tuple[str, ...]:
        self._answer()
        return tuple(sorted(self.known))

    def versions(self, model: str) -> tuple[Registered, ...]:
        self._answer()
        return tuple(sorted(self.known.get(model, ()), key=lambda one: int(one.version)))

    def champion(self, model: str) -> str | None:
        self._answer()
        return self.champions.get(model)

    def run(self, run_id: str) -> LoggedRun | None:
        self._answer()
        return self.runs.get(run_id)

    def fetch(self, uri: str, folder: Path) -> Path:
        self._answer()
        source = self.files / uri.removeprefix("runs:/").removeprefix("models:/")
        if not source.exists():
            raise StepFailed(f"{uri} is not in MLflow", remedy="run the path again to make it")
        if source.is_dir():
            return Path(shutil.copytree(source, folder / source.name))
        return Path(shutil.copy(source, folder / source.name))

    def _answer(self) -> None:
        self.asked += 1
        if self.is_away:
            raise StepFailed(f"MLflow at {self.uri} did not answer: refused", remedy="start it", retry=True)
