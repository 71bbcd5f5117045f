"""A model whose versions serve one after the other and grow old, on fakes that are held to MLflow and to real targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.models import FakeModelRegistry
from fakes.target import FakeTarget
from golden_paths import approval, digests, expiry, history
from golden_paths.artifacts import Approval, ModelVersion
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SPEC = {"golden_path": "online-model@1", "name": "churn", "owner": "linus", "description": "Who leaves.", "risk": "limited"}


@dataclass
class Clients:
    """Fakes of what a withdrawal touches."""

    models: FakeModelRegistry = field(default_factory=FakeModelRegistry)
    served: FakeTarget = field(default_factory=FakeTarget)

    def target(self, _: PathSpec) -> FakeTarget:
        return self.served


class Shop:
    """A model with versions that serve one after the other."""

    def __init__(self, root: Path) -> None:
        (root / "include").mkdir()
        (root / "model").mkdir()
        (root / "model" / "MLmodel").write_text("flavors: {}\n")
        self.folder, self.project, self.clients = root / "model", Project(root, root / "state"), Clients()
        self.models, self.served = self.clients.models, self.clients.served
        self.digest = digests.of_folder(self.folder)
        self.spec = PathSpec.model_validate(SPEC | {"deploy": {"to": "local"}})

    def policy(self, text: str) -> None:
        (self.project.root / "include" / "policy.yaml").write_text(text)

    def register(self, run: str) -> ModelVersion:
        told = {"digest": self.digest, "weights": "w", "training_set": "t", "golden_records": "g", "golden_digest": "g"}
        tags = {f"golden_paths.{name}": value for name, value in told.items()}
        number = self.models.register("churn", uri="models:/m", run_id=run, tags=tags)
        return ModelVersion(model="churn", version=number, mlflow_run_id=run, uri="models:/m", **told)

    def promote(self, version: ModelVersion, run: str = "run") -> None:
        candidate = self.served.start(version, fetch=lambda: self.folder, features=None, service=None)
        endpoint = self.served.shift(candidate)
        self.models.set_alias("churn", "champion", version.version)
        self.models.tag_version("churn", version.version, {"golden_paths.status": "champion", "golden_paths.reason": ""})
        self.note("promoted", version, run)
        self.served.settle(endpoint)

    def note(self, what: history.What, version: ModelVersion, run: str = "run", by: str = "ada") -> history.Entry:
        return history.add(self.models, "churn", history.Change(what, version.version, version.digest, run, by))

    def withdraw(self, version: ModelVersion, reason: str = "it is 31 days old", run: str = "watch-1") -> history.Entry:
        return expiry.withdraw(self.clients, self.spec, version, run=run, by="the watch", reason=reason)  # type: ignore[arg-type]

    def said(self) -> list[tuple[str, str]]:
        return [(one.what, one.version) for one in history.entries(self.models, "churn")]

    def everything(self) -> tuple[Any, ...]:
        tags = self.models.version_tags("churn", "1")
        address = (self.served.serving("churn"), self.served.withdrawn("churn"))
        return address, self.models.champion("churn"), tags["golden_paths.status"], tags["golden_paths.reason"], self.said()

    def context(self, *, max_age: str | None = None, by: str = "eve") -> StepContext:
        """Of one run."""
        spec = self.spec
        if max_age:
            spec = PathSpec.model_validate(SPEC | {"deploy": {"to": "local"}, "monitor": {"max_age": max_age}})
        return StepContext(spec, "d", self.project, Run("r", NOON, by=by), self.clients, print, {})  # type: ignore[arg-type]

    def hold(self, version: ModelVersion) -> None:
        """As deploy and promote do."""
        context = self.context()
        approval.hold(context, version, Approval(model="churn", version=version.version, digest=version.digest, how="policy"))


def pass_days(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """What is noted from now on is noted so many days after noon of the first day."""

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return NOON + days * DAY

    monkeypatch.setattr(history, "datetime", Now)
