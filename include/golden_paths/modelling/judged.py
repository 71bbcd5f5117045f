"""What a model in MLflow says about the held-out part. Parent side: the model itself is only ever loaded in a child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from golden_paths import digests, sandbox
from golden_paths.artifacts import TrainingSet
from golden_paths.errors import DigestMismatch
from golden_paths.gate_sections import RobustnessSection
from golden_paths.modelling import robust_child
from golden_paths.modelling.importance import UNITS, Importance, Settings
from golden_paths.modelling.metrics import Outcome
from golden_paths.step import StepContext

SECONDS = 3600.0


@dataclass(frozen=True)
class Examined:
    """What a model answered, and what its answers depend on: `importance`, or `unexplained` says why there is none."""

    outcome: Outcome
    importance: Importance | None
    unexplained: str = ""
    strange: Path | None = None  # what it answered to rows as they should not be, when that was asked for


def examined(
    context: StepContext,
    training_set: TrainingSet,
    frame: Path,
    *,
    uri: str,
    digest: str,
    place: str,
    settings: Settings | None = None,
    robustness: RobustnessSection | None = None,
) -> Examined:
    """Download the model at `uri`, check its digest, and ask it about the held-out rows of `frame`.

    With `settings` also what the answers depend on, and what `robustness` asks, from the same process. A model that cannot
    be explained is judged all the same. `place` is how messages call it. Raises `DigestMismatch` before anything is loaded,
    and `CodeFailed`.
    """
    folder = frame.parent.parent / digest
    model = context.clients.tracking.download(uri, folder)
    if (found := digests.of_folder(model)) != digest:
        raise DigestMismatch(f"{place} at {uri}", expected=digest, found=found)
    answers, strange = folder.with_suffix(".npz"), folder.with_suffix(".strange.npz")
    payload = {
        "model": str(model),
        "place": place,
        "frame": str(frame),
        "features": training_set.features,
        "label": training_set.label,
        "out": str(answers),
        "explain": asdict(settings.bounded(len(training_set.features))) if settings else None,
        "robust": robust_child.rules(robustness, strange) if robustness else None,
    }
    asked = sandbox.call(
        "golden_paths.modelling.predict:held_out", payload, project=context.project, log=context.log, timeout=SECONDS
    )
    importance, unexplained = _importance(asked, answers), asked.get("unexplained", "")
    return Examined(_read(asked, answers), importance, unexplained, strange if robustness else None)


def _importance(asked: Mapping[str, Any], answers: Path) -> Importance | None:
    import numpy as np

    if "features" not in asked:
        return None
    with np.load(answers, allow_pickle=False) as arrays:
        by_answers = "classes" in arrays and "probabilities" not in arrays
        unit = UNITS["answers" if by_answers else asked["kind"]]
        return Importance(
            tuple(asked["features"]),
            arrays["importance"],
            arrays["influence"],
            arrays["shap"],
            int(arrays["answered"]),
            unit,
        )


def _read(asked: Mapping[str, Any], answers: Path) -> Outcome:
    import numpy as np

    with np.load(answers, allow_pickle=False) as arrays:
        truth, predictions = arrays["truth"], arrays["predictions"]
        return Outcome(asked["kind"], truth, predictions, arrays.get("classes"), arrays.get("probabilities"))
