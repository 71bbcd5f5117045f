"""The path batch-scores: what stops it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any

import pytest

from golden_paths.errors import DigestMismatch, StepFailed
from golden_paths.spec import FeaturesSection
from golden_paths.step import Run
from golden_paths.steps import publish_scores, score
from scorers import MODEL, Scorer, at_once, day, note
from serving import Saved


def test_a_model_whose_bytes_were_changed_is_not_loaded(scorer: Scorer) -> None:
    files = scorer.clients.tracking.folder  # type: ignore[attr-defined]
    model = next(files.glob("m-*/MLmodel"))
    model.write_text(model.read_text() + "#\n")
    with pytest.raises(DigestMismatch, match="version 1 of churn in MLflow has digest"):
        scorer.run(day(5), day(6))
    assert not scorer.output.exists()


def test_scores_that_were_changed_in_mlflow_are_not_published(scorer: Scorer) -> None:
    made = scorer.run(day(5), day(6))
    shutil.rmtree(scorer.output)
    kept = scorer.clients.tracking.folder / made["scores"].uri.removeprefix("runs:/")  # type: ignore[attr-defined]
    kept.write_bytes(b"PAR1")
    with pytest.raises(DigestMismatch, match="the file of scores at runs:/"):
        scorer.run(day(5), day(6))


@pytest.mark.parametrize("newer", [False, True])
def test_a_version_that_was_withdrawn_between_the_steps_publishes_nothing(scorer: Scorer, stays: Saved, newer: bool) -> None:
    scorer.section["newer_model"] = newer
    made = scorer.run(day(5), day(6))
    shutil.rmtree(scorer.output)
    scorer.clients.models.tag_version(MODEL, "1", {"golden_paths.status": "withdrawn", "golden_paths.reason": "wrong units"})
    note(scorer.clients.models, "withdrawn", "1", stays.digest, day(6.5))
    with pytest.raises(StepFailed, match="was withdrawn"):
        publish_scores.run(scorer.context(Run("run-1", day(6), day(5)), made))
    assert not scorer.output.exists()


def test_scores_of_another_version_than_was_chosen_are_not_published(scorer: Scorer) -> None:
    made = scorer.run(day(5), day(6))
    made["scores"] = made["scores"].model_copy(update={"model_digest": "f" * 64})
    with pytest.raises(StepFailed, match="another version was chosen than the one that scored"):
        publish_scores.run(scorer.context(Run("run-1", day(6), day(5)), made))


def test_stale_features_stop_it_when_the_spec_asks_for_fresh_ones(scorer: Scorer) -> None:
    scorer.features["freshness"] = "4d"
    assert scorer.run(day(5), day(6))["scores"].rows == 3
    scorer.features["freshness"] = "3d"
    with pytest.raises(StepFailed, match="feature view profile is stale: expected a row from 2026-01-03"):
        scorer.run(day(5), day(6))
    assert scorer.spec.need(FeaturesSection).freshness == timedelta(days=3)


def test_a_service_without_what_the_model_needs_is_named(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer.clients.store, "views", ("orders",))
    with pytest.raises(StepFailed) as caught:
        scorer.run(day(5), day(6))
    assert str(caught.value) == (
        "version 1 of churn needs age, which service churn_v1 does not have; "
        "name the service that it was trained on in features.service"
    )
    assert _status(scorer) == "FAILED"
    monkeypatch.undo()
    monkeypatch.setattr(score.sandbox, "call", at_once)
    scorer.run(day(5), day(6))
    assert _status(scorer) == "FINISHED"


def _status(scorer: Scorer) -> str:
    """Of the last run in MLflow."""
    runs: dict[str, Any] = scorer.clients.tracking.runs  # type: ignore[attr-defined]
    return str(list(runs.values())[-1].status)
