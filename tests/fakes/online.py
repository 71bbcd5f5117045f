"""A tiny project with one training set, for the steps from train to register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fakes import evidence
from fakes.models import FakeModelRegistry
from fakes.tracking import FakeTracking
from golden_paths import digests
from golden_paths.artifacts import Artifact, TrainingSet
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext

ROWS, TEST_ROWS = 120, 40
FIT = """
from sklearn.linear_model import LogisticRegression

def fit(features, label, C=1.0):
    return LogisticRegression(C=C).fit(features, label)
"""


@dataclass
class FakeClients:
    """Tracking and registry alone."""

    tracking: Any
    models: Any = field(default_factory=FakeModelRegistry)


def frame(kind: str = "binary") -> pd.DataFrame:
    """Rows whose label follows from `dose` and `age`, with noise."""
    rng = np.random.default_rng(7)
    age, dose = rng.integers(20, 80, ROWS), rng.normal(size=ROWS)
    signal = dose + (age - 50) / 20 + rng.normal(scale=0.4, size=ROWS)
    labels = {
        "binary": (signal > 0).astype("int64"),
        "multiclass": np.array(["low", "middle", "high"])[np.digitize(signal, [-0.7, 0.7])],
        "regression": signal,
    }
    when = pd.date_range("2026-01-01", periods=ROWS, freq="h", tz="UTC")
    split = np.where(np.arange(ROWS) < ROWS - TEST_ROWS, "train", "test")
    return pd.DataFrame(
        {"patient": range(ROWS), "event_timestamp": when, "age": age, "dose": dose, "y": labels[kind], "split": split}
    )


class Online:
    """A project in a folder, its MLflow and one run of its path."""

    def __init__(self, root: Path, *, kind: str = "binary", tracking: Any = None, models: Any = None) -> None:
        self.project = Project(root / "project", root / "state")
        (self.project.root / "include").mkdir(parents=True, exist_ok=True)
        self.clients = FakeClients(tracking or FakeTracking(root / "mlflow"), models or FakeModelRegistry())
        self.log: list[str] = []
        self.training_set = self._frozen(root, frame(kind))

    def _frozen(self, root: Path, rows: pd.DataFrame) -> TrainingSet:
        path = root / "training_set.parquet"
        rows.to_parquet(path)
        run = self.clients.tracking.run("progression", "training_set:1", name="training set", tags={})
        made = TrainingSet(
            uri=self.clients.tracking.upload(run.id, path),
            digest=digests.of_file(path),
            mlflow_run_id=run.id,
            rows=ROWS,
            test_rows=TEST_ROWS,
            keys=("patient",),
            timestamp="event_timestamp",
            features=("age", "dose"),
            label="y",
        )
        evidence.of_training_set(self.clients.tracking, made)
        return made

    def write(self, name: str, text: str) -> None:
        """Put a file below include/."""
        (self.project.root / "include" / name).write_text(text)

    def spec(self, *, train: Mapping[str, Any] | None = None, evaluate: Mapping[str, Any] | None = None) -> PathSpec:
        return PathSpec.model_validate(
            {
                "golden_path": "online-model@1",
                "name": "progression",
                "owner": "clinical-analytics",
                "description": "Chance of progression.",
                "train": train or {"code": "include/fit.py:fit"},
                "evaluate": evaluate or {"metrics": {"roc_auc": ">= 0.6"}},
                "training_set": {"entities": "include/patients.parquet", "label": "y"},
            }
        )

    def context(self, *artifacts: Artifact, spec: PathSpec | None = None, run: str = "run-1") -> StepContext:
        spec = spec or self.spec()
        made = {artifact.name: artifact for artifact in (self.training_set, *artifacts)}
        when = datetime(2026, 1, 8, tzinfo=UTC)
        digest = digests.of_bytes(spec.model_dump_json().encode())
        return StepContext(spec, digest, self.project, Run(run, when), self.clients, self.log.append, made)  # type: ignore[arg-type]
