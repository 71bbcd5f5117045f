"""Which version of a model may score an interval: the champion as of the interval's end, by the model's history in MLflow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from golden_paths import history
from golden_paths.artifacts import ModelVersion
from golden_paths.clients import ModelRegistry
from golden_paths.errors import StepFailed
from golden_paths.history import MOVES, Entry

STATUS, REASON = "golden_paths.status", "golden_paths.reason"
REFUSED = ("rejected", "withdrawn", "expired")
WITHDRAWN = "withdrawn"


def chosen(models: ModelRegistry, model: str, end: datetime, *, newer: bool) -> tuple[ModelVersion, datetime]:
    """The version, and since when it is the champion. `newer`: that of now, whenever it was promoted. Raises `StepFailed`."""
    moves = [entry for entry in history.entries(models, model) if entry.what in MOVES]
    _require_history(models, model, moves)
    if (last := moves[-1]).what == WITHDRAWN:
        raise StepFailed(
            f"{model} was withdrawn at {_text(last.at)}{_because(last.why)}: none of its versions may score",
            remedy=f"run the path of {model} to promote a new version",
        )
    _require_faultless(models, model)
    entry = last if newer else _as_of(moves, model, end)
    version = models.version(model, entry.version)
    if version is None or version.digest != entry.digest:
        raise StepFailed(
            f"version {entry.version} of {model} in MLflow is not the one that was promoted at {_text(entry.at)}",
            remedy=f"look at what was changed: python -m golden_paths history {model}",
        )
    require_allowed(models, version)
    return version, entry.at


def require_allowed(models: ModelRegistry, version: ModelVersion) -> None:
    """Raises `StepFailed` with the reason when the version was rejected, withdrawn, or has expired."""
    tags = models.version_tags(version.model, version.version)
    if (status := tags.get(STATUS, "")) in REFUSED:
        was = "has expired" if status == "expired" else f"was {status}"
        raise StepFailed(
            f"version {version.version} of {version.model} {was}{_because(tags.get(REASON, ''))}: it may not score",
            remedy=f"run the path of {version.model} for a new version; score.newer_model: true lets that score this interval",
        )


def _require_history(models: ModelRegistry, model: str, moves: Sequence[Entry]) -> None:
    if moves:
        return
    champion = models.champion(model)
    if champion is None:
        problem = f"no version of {model} was ever promoted"
        raise StepFailed(problem, remedy=f"run the path of the spec with name: {model}, or correct score.model")
    problem = f"version {champion.version} of {model} has the alias champion, and no promotion is in the model's history"
    raise StepFailed(problem, remedy=f"let the path of {model} promote a version", retry=True)


def _require_faultless(models: ModelRegistry, model: str) -> None:
    """A promotion moves the alias first, then notes it: in between they differ, and another try finds them alike."""
    if fault := next(history.faults(models, model), None):
        raise StepFailed(
            f"the history of {model} does not say who may score: {fault}",
            remedy=f"see python -m golden_paths history {model}; a new promotion sets the alias right",
            retry=True,
        )


def _as_of(moves: Sequence[Entry], model: str, end: datetime) -> Entry:
    before = [entry for entry in moves if entry.at <= end]
    remedy = "run for an interval that ends later, or set score.newer_model: true to score it by the champion of now"
    if not before:
        first = moves[0]
        problem = f"no version of {model} served at {_text(end)}: version {first.version} was its first, from {_text(first.at)}"
        raise StepFailed(problem, remedy=remedy)
    if (entry := before[-1]).what == WITHDRAWN:
        problem = f"no version of {model} served at {_text(end)}: it was withdrawn at {_text(entry.at)}{_because(entry.why)}"
        raise StepFailed(problem, remedy=remedy)
    return entry


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
