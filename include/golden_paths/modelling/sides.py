"""The new model and the champion on the same held-out rows. Parent side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from golden_paths.artifacts import Model, ModelVersion, TrainingSet
from golden_paths.errors import CodeFailed, StepFailed
from golden_paths.gate_sections import EvaluateSection
from golden_paths.modelling import explain, gates, intervals, judged, metrics
from golden_paths.modelling.explain_gates import Rival
from golden_paths.modelling.judged import Examined
from golden_paths.modelling.metrics import Outcome
from golden_paths.step import StepContext


@dataclass(frozen=True)
class Sides:
    """What both answered, and their metrics. `champion` and `theirs` are None when there is none, or it cannot be asked."""

    model: Examined
    ours: dict[str, float]
    champion: Rival | None = None
    theirs: dict[str, float] | None = None

    @property
    def outcome(self) -> Outcome:
        """The new model's."""
        return self.model.outcome

    @property
    def version(self) -> str | None:
        """The champion's."""
        return self.champion.version if self.champion else None

    def lost(self, section: EvaluateSection) -> gates.Lost | None:
        """By how much the model is worse than the champion, with an interval; None when that cannot be said."""
        if section.champion is None or self.champion is None:
            return None
        try:
            return intervals.difference(self.outcome, self.champion.examined.outcome, section.champion.metric)
        except StepFailed:  # said by the gate, in its own words
            return None


def examined(context: StepContext, training_set: TrainingSet, model: Model, frame: Path) -> Sides:
    """Ask both. Raises `CodeFailed`, `DigestMismatch`, and `StepFailed` for a metric that does not fit the model."""
    found = _examined(context, training_set, frame, model, "the model")
    metrics.require(context.spec.need(EvaluateSection).metrics, found.outcome)
    ours, version = metrics.compute(found.outcome), context.clients.models.champion(context.spec.name)
    champion = _champion(context, training_set, frame, version) if version else None
    if champion is None:
        return Sides(found, ours)
    return Sides(found, ours, champion, metrics.compute(champion.examined.outcome))


def _champion(context: StepContext, training_set: TrainingSet, frame: Path, version: ModelVersion) -> Rival | None:
    """One that cannot be asked stops the path only when the spec lets it decide."""
    try:
        found = _examined(context, training_set, frame, version, f"champion version {version.version}")
    except CodeFailed as error:
        section = context.spec.need(EvaluateSection)
        if section.champion or explain.decides(section.explain):
            raise
        context.log(f"not compared: {error}")
        return None
    return Rival(version.version, found)


def _examined(
    context: StepContext, training_set: TrainingSet, frame: Path, model: Model | ModelVersion, place: str
) -> Examined:
    """What it answers, and what its answers depend on. Robustness is asked of the new model alone."""
    section = context.spec.need(EvaluateSection)
    return judged.examined(
        context,
        training_set,
        frame,
        uri=model.uri,
        digest=model.digest,
        place=place,
        settings=explain.settings(section.explain),
        robustness=section.robustness if isinstance(model, Model) else None,
    )
