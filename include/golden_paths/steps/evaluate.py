"""evaluate: judges the model on the held-out part, against the spec's bounds and the champion. A no ends the path."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from golden_paths.artifacts import Evidence, Model, ModelVersion, TrainingSet
from golden_paths.errors import CodeFailed, GateFailed, StepFailed
from golden_paths.gate_sections import EvaluateSection
from golden_paths.lineage import of_model
from golden_paths.modelling import gates, groups, intervals, judged, metrics, report, report_groups
from golden_paths.modelling.finding import EvaluationRecord, Finding
from golden_paths.modelling.finding import reasons as reasons_of
from golden_paths.modelling.frame import fetched
from golden_paths.spec import PathSpec
from golden_paths.step import Step, StepContext


@dataclass(frozen=True)
class Champion:
    """What serves now, and how it does on the held-out rows."""

    version: ModelVersion
    measured: dict[str, float]
    outcome: metrics.Outcome


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
        spread = intervals.intervals(outcome, list(section.metrics))
        pages = Path(folder) / "report"
        missed = _reasons(context, outcome, measured, champion, spread)
        first = gates.finding(section, measured, rival, version or "", spread, (context.record.gates, missed))
        findings = _examined(context, training_set, frame, outcome, pages)
        reasons = missed + _noted(context, findings)
        digests = (model.digest, training_set.digest)
        judgement = report.Judgement(
            context.spec, *digests, outcome, measured, rival, version, reasons, spread, findings
        )
        uri = _logged(context, model.mlflow_run_id, judgement, first, pages)
    made = Evidence(
        mlflow_run_id=model.mlflow_run_id,
        model_digest=model.digest,
        metrics=measured,
        champion_version=version,
        champion_metrics=rival or {},
        report=uri,
        gates=context.record.passed_gates(),
    )
    context.record.made = made
    if reasons:
        raise GateFailed(
            f"{context.spec.name} did not pass evaluation: {'; '.join(reasons)}",
            remedy="improve the model, or change evaluate in the spec; what serves goes on serving",
        )
    return made


def _reasons(
    context: StepContext,
    outcome: metrics.Outcome,
    measured: dict[str, float],
    champion: Champion | None,
    spread: dict[str, tuple[float, float]],
) -> list[str]:
    """Every gate that says no. All are noted, and said in the log."""
    section = context.spec.need(EvaluateSection)
    rival, version = (champion.measured, champion.version.version) if champion else (None, "")
    lost = _lost(section, outcome, champion)
    context.record.checks += gates.checks(section, measured, rival, version, lost=lost)
    for line in gates.lines(section, measured, rival, version, spread, lost):
        context.log(line)
    unanswered = int((~outcome.answered).sum())
    return gates.failures(section, measured, rival, version, unanswered=unanswered, lost=lost)


def _lost(section: EvaluateSection, outcome: metrics.Outcome, champion: Champion | None) -> gates.Lost | None:
    """By how much the model is worse than the champion, with an interval; None when that cannot be said."""
    if section.champion is None or champion is None:
        return None
    try:
        return intervals.difference(outcome, champion.outcome, section.champion.metric)
    except StepFailed:  # said by the gate, in its own words
        return None


def _examined(
    context: StepContext, training_set: TrainingSet, frame: Path, outcome: metrics.Outcome, folder: Path
) -> list[Finding]:
    """All that is looked at beside the metrics, with its plots in `folder`."""
    section = context.spec.need(EvaluateSection)
    return report_groups.finding(groups.verdicts(section.bias, training_set, frame, outcome), folder)


def _noted(context: StepContext, findings: list[Finding]) -> list[str]:
    """What the gates of these findings say no to, in words. All is noted, and said in the log."""
    for one in findings:
        context.record.checks += [ruling.check for ruling in one.rulings]
        for line in (*(ruling.words for ruling in one.rulings), *one.notes):
            context.log(line)
    return reasons_of(findings)


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
    return Champion(version, metrics.compute(outcome), outcome)


def _logged(context: StepContext, run_id: str, judgement: report.Judgement, first: Finding, folder: Path) -> str:
    """Metrics, report, evidence and verdict in MLflow; returns the report's URI. `first`: the metrics, as a finding."""
    tracking = context.clients.tracking
    tracking.metrics(run_id, judgement.measured)
    if judgement.champion:
        tracking.metrics(run_id, {f"champion_{name}": value for name, value in judgement.champion.items()})
    name = report.write(judgement, folder).name
    _record(judgement, first).write(folder)
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


def _record(judgement: report.Judgement, first: Finding) -> EvaluationRecord:
    return EvaluationRecord(
        model=judgement.model_digest,
        training_set=judgement.training_set,
        metrics=dict(judgement.measured),
        champion=judgement.champion_version,
        champion_metrics=dict(judgement.champion or {}),
        findings=(first, *judgement.findings),
    )


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
    touched=of_model.evaluate,
)
