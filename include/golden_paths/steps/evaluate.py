"""evaluate: judges the model on the held-out part, against the spec's bounds and the champion. A no ends the path."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from golden_paths.artifacts import Evidence, Model, ModelVersion, TrainingSet
from golden_paths.errors import CodeFailed, GateFailed
from golden_paths.modelling import gates, judged, metrics, report
from golden_paths.modelling.frame import fetched
from golden_paths.spec import EvaluateSection, PathSpec
from golden_paths.step import Step, StepContext


@dataclass(frozen=True)
class Champion:
    """What serves now, and how it does on the held-out rows."""

    version: ModelVersion
    measured: dict[str, float]


def run(context: StepContext) -> Evidence:
    """Predict, measure, report, decide. Raises `GateFailed` with every gate that said no, after MLflow knows."""
    training_set, model, section = context.take(TrainingSet), context.take(Model), context.spec.need(EvaluateSection)
    with tempfile.TemporaryDirectory(prefix="golden-paths-evaluate-") as folder:
        frame = fetched(context, training_set, Path(folder) / "training_set")
        outcome = judged.outcome(context, training_set, frame, uri=model.uri, digest=model.digest, place="the model")
        metrics.require(section.metrics, outcome)
        measured = metrics.compute(outcome)
        champion = _champion(context, training_set, frame)
        rival, version = (champion.measured, champion.version.version) if champion else (None, None)
        for line in gates.lines(section, measured, rival, version or ""):
            context.log(line)
        unanswered = int((~outcome.answered).sum())
        reasons = gates.failures(section, measured, rival, version or "", unanswered=unanswered)
        judgement = report.Judgement(
            context.spec,
            model.digest,
            training_set.digest,
            outcome,
            measured,
            rival,
            version,
            reasons,
        )
        uri = _logged(context, model.mlflow_run_id, judgement, Path(folder) / "report")
    if reasons:
        raise GateFailed(
            f"{context.spec.name} did not pass evaluation: {'; '.join(reasons)}",
            remedy="improve the model, or change evaluate in the spec; what serves goes on serving",
        )
    return Evidence(
        mlflow_run_id=model.mlflow_run_id,
        model_digest=model.digest,
        metrics=measured,
        champion_version=version,
        champion_metrics=rival or {},
        report=uri,
    )


def _champion(context: StepContext, training_set: TrainingSet, frame: Path) -> Champion | None:
    """The champion on the same rows. One that cannot be asked stops the path only when the spec lets it decide."""
    version = context.clients.models.champion(context.spec.name)
    if version is None:
        return None
    place = f"champion version {version.version}"
    try:
        outcome = judged.outcome(context, training_set, frame, uri=version.uri, digest=version.digest, place=place)
    except CodeFailed as error:
        if context.spec.need(EvaluateSection).champion:
            raise
        context.log(f"not compared: {error}")
        return None
    return Champion(version, metrics.compute(outcome))


def _logged(context: StepContext, run_id: str, judgement: report.Judgement, folder: Path) -> str:
    """Metrics, report and verdict in MLflow; returns the report's URI."""
    tracking = context.clients.tracking
    tracking.metrics(run_id, judgement.measured)
    if judgement.champion:
        tracking.metrics(run_id, {f"champion_{name}": value for name, value in judgement.champion.items()})
    name = report.write(judgement, folder).name
    uri = tracking.upload(run_id, folder, "evaluation")
    tracking.tag(
        run_id,
        {
            "golden_paths.verdict": "failed" if judgement.reasons else "passed",
            "golden_paths.reason": "; ".join(judgement.reasons),
            "golden_paths.champion_version": judgement.champion_version or "",
        },
    )
    return f"{uri}/{name}"


def _reads(spec: PathSpec) -> tuple[str, ...]:
    return (f"MLflow: the training set and the model of {spec.name}", f"MLflow: models:/{spec.name}@champion")


def _writes(spec: PathSpec) -> tuple[str, ...]:
    return (f"MLflow: metrics and evaluation/report.html of the run in experiment {spec.name}",)


STEP = Step(
    name="evaluate",
    summary="Judge the model on the held-out part, against the bounds and the champion.",
    consumes=(TrainingSet, Model),
    produces=Evidence,
    run=run,
    reads=_reads,
    writes=_writes,
)
