"""What a model in MLflow says about the held-out part. Parent side: the model itself is only ever loaded in a child."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from golden_paths import digests, sandbox
from golden_paths.artifacts import TrainingSet
from golden_paths.errors import DigestMismatch
from golden_paths.modelling.metrics import Outcome
from golden_paths.step import StepContext

SECONDS = 3600.0


def outcome(
    context: StepContext, training_set: TrainingSet, frame: Path, *, uri: str, digest: str, place: str
) -> Outcome:
    """Download the model at `uri`, check its digest, and ask it about the held-out rows of `frame`.

    `place` is how messages call it. Raises `DigestMismatch` before anything is loaded, and `CodeFailed`.
    """
    folder = frame.parent.parent / digest
    model = context.clients.tracking.download(uri, folder)
    if (found := digests.of_folder(model)) != digest:
        raise DigestMismatch(f"{place} at {uri}", expected=digest, found=found)
    answers = folder.with_suffix(".npz")
    payload = {
        "model": str(model),
        "place": place,
        "frame": str(frame),
        "features": training_set.features,
        "label": training_set.label,
        "out": str(answers),
    }
    asked = sandbox.call(
        "golden_paths.modelling.predict:held_out", payload, project=context.project, log=context.log, timeout=SECONDS
    )
    return _read(asked, answers)


def _read(asked: Mapping[str, str], answers: Path) -> Outcome:
    import numpy as np

    with np.load(answers, allow_pickle=False) as arrays:
        truth, predictions = arrays["truth"], arrays["predictions"]
        return Outcome(asked["kind"], truth, predictions, arrays.get("classes"), arrays.get("probabilities"))
