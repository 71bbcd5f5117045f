"""Fetches a training set. Parent side."""

from __future__ import annotations

from pathlib import Path

from golden_paths import digests
from golden_paths.artifacts import TrainingSet
from golden_paths.errors import DigestMismatch
from golden_paths.step import StepContext


def fetched(context: StepContext, training_set: TrainingSet, folder: Path) -> Path:
    """Download the parquet file into `folder`; raises `DigestMismatch` when it is not the one that was frozen."""
    frame = context.clients.tracking.download(training_set.uri, folder)
    if (found := digests.of_file(frame)) != training_set.digest:
        raise DigestMismatch(f"the training set at {training_set.uri}", expected=training_set.digest, found=found)
    return frame
