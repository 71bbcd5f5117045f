"""The reference profile is frozen with a version, and no other is taken for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import evidence
from fakes.online import ROWS, TEST_ROWS, Online
from golden_paths import digests
from golden_paths.artifacts import Evidence, Model
from golden_paths.errors import StepFailed
from golden_paths.modelling.metrics import Outcome
from golden_paths.monitoring import frozen
from golden_paths.monitoring.profile import Profile
from golden_paths.steps import register

MODEL: dict[str, Any] = {
    "uri": "models:/m-1",
    "digest": "d" * 64,
    "weights": "w" * 64,
    "golden_records": "runs:/2/g.json",
    "golden_digest": "g" * 64,
}


class Judged:
    """A project with a model of which everything is recorded up to its evaluation; its profile is at `file`."""

    def __init__(self, root: Path) -> None:
        self.online = Online(root)
        tracking, tags = (
            self.online.clients.tracking,
            {"golden_paths.code_digest": "c" * 64, "golden_paths.python": "3.12.1"},
        )
        run = tracking.run("progression", "train:1", name="train", tags=tags).id
        evidence.evaluated(tracking, run, evidence.record("d" * 64, self.online.training_set.digest))
        self.model = Model(mlflow_run_id=run, **MODEL)
        chances = np.linspace(0, 1, TEST_ROWS)
        said = (chances > 0.5).astype(int)
        outcome = Outcome("binary", said, said, np.array([0, 1]), np.column_stack([1 - chances, chances]))
        frame = root / "training_set.parquet"
        self.profile = frozen.measured(self.online.training_set, self.model, frame, outcome, sensitive=(), hash=None)
        self.file = self.profile.write(tracking.folder / run / "evaluation")

    def registered(self) -> dict[str, str]:
        found = Evidence(
            mlflow_run_id=self.model.mlflow_run_id,
            model_digest="d" * 64,
            metrics={},
            champion_version=None,
            champion_metrics={},
            report="runs:/2/evaluation/report.html",
        )
        register.run(self.online.context(self.model, found))
        return self.online.clients.models.version_tags("progression", "1")

    def reference(self) -> Profile | None:
        return frozen.reference_of(self.online.clients.tracking, self.online.clients.models, "progression", "1")


def test_registration_freezes_what_evaluation_measured(tmp_path: Path) -> None:
    judged = Judged(tmp_path)
    tags = judged.registered()
    assert tags["golden_paths.reference"] == f"runs:/{judged.model.mlflow_run_id}/evaluation/reference.json"
    assert tags["golden_paths.reference_digest"] == digests.of_file(judged.file)
    found = judged.reference()
    assert found == judged.profile
    assert (found.model, found.training_set, found.rows) == ("d" * 64, judged.online.training_set.digest, ROWS)
    assert {name: column.rows for name, column in found.features.items()} == {"age": ROWS, "dose": ROWS}
    assert found.prediction is not None and (found.prediction.kind, found.prediction.rows) == ("categories", TEST_ROWS)
    assert found.score is not None and found.score.rows == TEST_ROWS


def test_a_profile_that_was_changed_or_is_gone_is_not_taken(tmp_path: Path) -> None:
    judged = Judged(tmp_path)
    noted = judged.registered()["golden_paths.reference_digest"]
    text = judged.file.read_text()
    judged.file.write_text(text.replace('"missing":0', '"missing":1', 1))
    changed = digests.of_file(judged.file)
    with pytest.raises(
        StepFailed, match=f"^the reference profile of version 1 of progression at .* {changed}, and {noted} was reg"
    ):
        judged.reference()
    judged.file.write_text(text)
    assert judged.reference() == judged.profile
    judged.file.unlink()
    with pytest.raises(StepFailed, match="^the reference profile of version 1 of progression is gone from runs:/"):
        judged.reference()


def test_a_version_from_before_there_were_profiles_has_none(tmp_path: Path) -> None:
    judged = Judged(tmp_path)
    judged.file.unlink()
    assert "golden_paths.reference" not in judged.registered()
    assert judged.reference() is None


@pytest.mark.parametrize(
    ("what", "field", "own"), [("model", "model", "d" * 64), ("training set", "training_set", None)]
)
def test_another_models_profile_is_not_registered(tmp_path: Path, what: str, field: str, own: str | None) -> None:
    judged = Judged(tmp_path)
    judged.profile.model_copy(update={field: "0" * 64}).write(judged.file.parent)
    expected = (
        f"is of {what} {'0' * 64}, not of {own or judged.online.training_set.digest}; run the path again from evaluate"
    )
    with pytest.raises(StepFailed, match=expected):
        judged.registered()
