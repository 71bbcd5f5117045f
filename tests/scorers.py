"""A shop whose customers are scored by versions of a model: with fakes, or with real Feast and MLflow."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fakes.models import FakeModelRegistry
from fakes.tracking import FakeTracking
from feature_repo import REPO, SERVICE, Shop, day
from golden_paths import digests, history, sandbox_child
from golden_paths.artifacts import Artifact, ModelVersion
from golden_paths.clients import FeatureStore, ModelRegistry, Tracking
from golden_paths.data_artifacts import Scores
from golden_paths.errors import CodeFailed
from golden_paths.history import Entry, What
from golden_paths.scoring.database import Database
from golden_paths.scoring.output import Output
from golden_paths.scoring.table import Table
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext
from golden_paths.steps import choose_champion, publish_scores, score
from serving import Saved, save

MODEL = "churn"
LABELS = ((1, day(5), 0), (2, day(5.5), 0), (1, day(6), 0), (1, day(5), 1))
REST = ("weights", "training_set", "golden_records", "golden_digest")


def fitted(folder: Path, *, sign: int = 1, imputes: bool = False) -> Saved:
    """Whether a customer stays: more likely the more they spent, or (sign -1) the less. By `imputes` it takes missing values."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"spent": rng.uniform(0, 50, 200), "age": rng.uniform(18, 80, 200)})
    label = (sign * (frame["spent"] - 25) > 0).astype(int)
    steps = [SimpleImputer(), LogisticRegression()] if imputes else [LogisticRegression()]
    return save(folder, make_pipeline(*steps).fit(frame, label), frame)


def at_once(function: str, payload: Mapping[str, Any], **_: Any) -> dict[str, Any]:
    """What the child does, in this process: its imports take seconds each time."""
    said = sandbox_child.outcome(function, json.loads(json.dumps(payload)))
    if error := said.get("error"):
        raise CodeFailed(**error)
    returned: dict[str, Any] = said["returned"]
    return returned


def note(models: ModelRegistry, what: What, version: str, digest: str, at: datetime, why: str = "") -> None:
    """An entry of the model's history at a time of one's choice, with the alias and tags that go with it."""
    kept = models.history(MODEL)
    last = Entry.model_validate_json(kept[-1]) if kept else None
    entry = Entry(
        number=len(kept) + 1,
        at=at,
        what=what,
        model=MODEL,
        version=version,
        digest=digest,
        instead_of=None,
        run="run-1",
        by="ada",
        gates=history.of_gates(models.version_tags(MODEL, version)),
        before=last.hash if last else "",
        why=why,
    )
    models.add_history(MODEL, entry.number, entry.text)
    models.tag_version(MODEL, version, {history.HASH: entry.hash})
    if what in ("promoted", "rolled back"):
        models.set_alias(MODEL, "champion", version)


@dataclass
class Clients:
    """Of one run."""

    store: FeatureStore
    tracking: Tracking
    models: ModelRegistry
    database: Database

    def score_table(self, table: str) -> Output:
        return Table(self.database, table)

    def feature_store(self, repo: str) -> FeatureStore:
        assert repo == REPO
        return self.store


@dataclass
class Scorer:
    """The shop, its registry and a spec."""

    shop: Shop
    clients: Clients
    section: dict[str, Any] = field(default_factory=dict)
    features: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    schedule: str | None = "@daily"

    @classmethod
    def with_fakes(cls, root: Path) -> Scorer:
        shop = Shop(root)
        return cls(shop, Clients(shop.fake(), FakeTracking(root / "mlflow"), FakeModelRegistry(), database_at(root)))

    @property
    def database(self) -> Database:
        return self.clients.database

    @property
    def output(self) -> Path:
        return self.shop.project.root / "scores"

    @property
    def spec(self) -> PathSpec:
        text = {"golden_path": "batch-scores@1", "name": "daily", "owner": "growth", "description": "Who stays."}
        features = {"repo": REPO, "service": SERVICE, **self.features}
        section = {"model": MODEL, "entities": "include/data/labels.parquet", "output": "scores", **self.section}
        return PathSpec.model_validate({**text, "schedule": self.schedule, "features": features, "score": section})

    def version(self, saved: Saved, *, at: datetime | None = None) -> ModelVersion:
        """Register the folder, and promote it at that time."""
        number = len(getattr(self.clients.models, "models", {}).get(MODEL, _None).versions) + 1
        run = self.clients.tracking.run(MODEL, f"train:{number}", name="train", tags={})
        uri = self.clients.tracking.log_model(run.id, saved.folder)
        tags = {f"golden_paths.{name}": f"{name}-{number}" for name in REST} | {"golden_paths.digest": saved.digest}
        version = self.clients.models.register(MODEL, uri=uri, run_id=run.id, tags=tags | {history.GATES: "{}"})
        if at:
            note(self.clients.models, "promoted", version, saved.digest, at)
        found = self.clients.models.version(MODEL, version)
        assert found
        return found

    def context(self, run: Run, made: Mapping[str, Artifact]) -> StepContext:
        digest = digests.of_bytes(json.dumps(self.spec.model_dump(mode="json")).encode())
        return StepContext(self.spec, digest, self.shop.project, run, self.clients, self.log.append, made)  # type: ignore[arg-type]

    def run(self, start: datetime | None, end: datetime, *, run: str = "run-1") -> dict[str, Any]:
        """The whole path; returns what its steps made."""
        made: dict[str, Artifact] = {}
        for step in (choose_champion.STEP, score.STEP, publish_scores.STEP):
            artifact = step.run(self.context(Run(run, end=end, start=start), dict(made)))
            made[artifact.name] = artifact
        return made

    def run_score(self, start: datetime, end: datetime) -> Scores:
        """Its first two steps."""
        run = Run("run-1", end=end, start=start)
        chosen = choose_champion.STEP.run(self.context(run, {}))
        made = score.STEP.run(self.context(run, {chosen.name: chosen}))
        assert isinstance(made, Scores)
        return made

    def rows(self) -> pd.DataFrame:
        """All that is published, in the order of the intervals."""
        files = sorted(self.output.glob("interval=*/scores.parquet"))
        return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)

    def content(self) -> dict[str, bytes]:
        """Every published file by its place."""
        files = [file for file in sorted(self.output.rglob("*")) if file.is_file()]
        return {str(file.relative_to(self.output)): file.read_bytes() for file in files}

    def forget_downloads(self) -> None:
        shutil.rmtree(self.shop.project.state / "models", ignore_errors=True)


def database_at(root: Path) -> Database:
    return Database.at(f"sqlite:///{root / 'scores.db'}")


class _None:
    versions: Mapping[str, object] = {}


__all__ = ["MODEL", "Scorer", "day", "fitted", "note"]
