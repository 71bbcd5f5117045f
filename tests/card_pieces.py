"""A version whose evidence a test takes apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes import evidence
from fakes.models import FakeModelRegistry
from fakes.tracking import FakeTracking
from golden_paths.card import made
from golden_paths.card.incomplete import CardIncomplete

MODEL, DIGEST, SET, OTHER = "churn", "d" * 64, "7" * 64, "9" * 64


class Pieces:
    """A version of which everything is recorded, until a test takes a piece away."""

    def __init__(self, root: Path) -> None:
        self.tracking, self.models = FakeTracking(root / "mlflow"), FakeModelRegistry()
        self.run = self.tracking.run(MODEL, "train", name="train", tags={}).id
        tags = evidence.keep(self.tracking, self.run, digest=DIGEST, training_set=SET)
        self.models.register(MODEL, uri="models:/m-1", run_id=self.run, tags=tags)
        self.tags = self.models.models[MODEL].versions["1"].tags
        self.set_run = self.tags["golden_paths.training_set_uri"].split("/")[1]

    def file(self, place: str) -> Path:
        return self.tracking.folder / self.run / place

    @property
    def sheet(self) -> Path:
        return self.tracking.folder / self.set_run / "datasheet.json"

    def judged(self, **changes: object) -> None:
        """The record that a version was registered with is another one."""
        known = {"model": DIGEST, "training_set": SET} | changes
        found = evidence.record(**known)  # type: ignore[arg-type]
        self.tags["golden_paths.evidence_digest"] = evidence.evaluated(self.tracking, self.run, found)

    def spec(self, **changes: object) -> None:
        self.tags["golden_paths.spec"] = json.dumps(evidence.SPEC | changes)

    def refused(self) -> CardIncomplete:
        with pytest.raises(CardIncomplete) as caught:
            made.publish(self.tracking, self.models, MODEL, "1")
        assert not self.file("card").exists()
        assert "golden_paths.card" not in self.tags
        return caught.value
