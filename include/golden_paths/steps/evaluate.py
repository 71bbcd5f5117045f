"""evaluate: judges the model on the held-out part, against the spec's bounds and the champion. A no ends the path."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from golden_paths.artifacts import Evidence, Model, TrainingSet
from golden_paths.errors import GateFailed
from golden_paths.gate_sections import EvaluateSection
from golden_paths.lineage import of_model
from golden_paths.modelling import examinations, gates, intervals, report
from golden_paths.modelling.finding import EvaluationRecord, Finding
from golden_paths.modelling.finding import reasons as reasons_of
from golden_paths.modelling.frame import fetched
from golden_paths.modelling.sides import Sides, examined
from golden_paths.monitoring import frozen
from golden_paths.prediction_log import as_logged
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> Evidence:
    """Predict, measure, report, decide. Raises `GateFailed` with every gate that said no, after MLflow knows."""
    training_set, model, section = context.take(TrainingSet), context.take(Model), context.spec.need(EvaluateSection)
    with tempfile.TemporaryDirectory(prefix="golden-paths-evaluate-") as folder:
        frame = fetched(context, training_set, Path(folder) / "training_set")
        sides = examined(context, training_set, model, frame)
        spread = intervals.intervals(sides.outcome, list(section.metrics))
        pages = Path(folder) / "report"
        bounds = _bounds(context, sides, spread)
        first = gates.finding(section, sides, spread, bounds)
        found = (first, *examinations.findings(context.spec, context.project, training_set, frame, sides, pages))
        reasons = gates.whys(bounds) + _noted(context, found[1:])
        sensitive, told = as_logged.sensitive(context.spec, context.project, is_sent=bool(context.origin))
        frozen.measured(training_set, model, frame, sides.outcome, sensitive=sensitive, hash=told).write(pages)
        digests = (model.digest, training_set.digest)
        judgement = report.Judgement(context.spec, *digests, sides, reasons, spread, found)
        uri = _logged(context, model.mlflow_run_id, judgement, pages)
    made = Evidence(
        mlflow_run_id=model.mlflow_run_id,
        model_digest=model.digest,
        metrics=sides.ours,
        champion_version=sides.version,
        champion_metrics=sides.theirs or {},
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


def _bounds(context: StepContext, sides: Sides, spread: dict[str, tuple[float, float]]) -> list[gates.Gate]:
    """The bounds, and the champion's word. All are noted, and said in the log."""
    section = context.spec.need(EvaluateSection)
    known, lost = (section, sides.ours, sides.theirs, sides.version or ""), sides.lost(section)
    found = gates.judged(*known, unanswered=int((~sides.outcome.answered).sum()), lost=lost)
    context.record.checks += [gate.check for gate in found]
    for line in gates.lines(*known, spread, lost):
        context.log(line)
    return found


def _noted(context: StepContext, findings: Sequence[Finding]) -> list[str]:
    """What the gates of these findings say no to, in words. All is noted, and said in the log."""
    for one in findings:
        context.record.checks += [ruling.check for ruling in one.rulings]
        for line in (*(ruling.words for ruling in one.rulings), *one.notes):
            context.log(line)
    return reasons_of(findings)


def _logged(context: StepContext, run_id: str, judgement: report.Judgement, folder: Path) -> str:
    """Metrics, report, evidence and verdict in MLflow; returns the report's URI."""
    tracking = context.clients.tracking
    sides = judgement.sides
    tracking.metrics(run_id, sides.ours)
    if sides.theirs:
        tracking.metrics(run_id, {f"champion_{name}": value for name, value in sides.theirs.items()})
    name = report.write(judgement, folder).name
    _record(judgement).write(folder)
    uri = tracking.upload(run_id, folder, "evaluation")
    tracking.tag(
        run_id,
        {
            "golden_paths.verdict": "failed" if judgement.reasons else "passed",
            "golden_paths.reason": "; ".join(judgement.reasons),
            "golden_paths.champion_version": sides.version or "",
        },
    )
    return f"{uri}/{name}"


def _record(judgement: report.Judgement) -> EvaluationRecord:
    return EvaluationRecord(
        model=judgement.model_digest,
        training_set=judgement.training_set,
        metrics=judgement.sides.ours,
        champion=judgement.sides.version,
        champion_metrics=judgement.sides.theirs or {},
        findings=tuple(judgement.findings),
    )


def _reads(spec: PathSpec) -> tuple[str, ...]:
    return (f"MLflow: the training set and the model of {spec.name}", f"MLflow: models:/{spec.name}@champion")


def _writes(spec: PathSpec) -> tuple[str, ...]:
    return (f"MLflow: metrics, evaluation/report.html and evaluation/reference.json of the run in experiment {spec.name}",)


def _brings(spec: PathSpec, project: Project) -> tuple[Path, ...]:
    """The contract: whether it notices another unit is a matter of robustness."""
    contract = spec.training_set.contract if spec.training_set else None
    return (project.path(contract),) if contract else ()


STEP = Step(
    name="evaluate",
    summary="Judge the model on the held-out part, against the bounds and the champion.",
    consumes=(TrainingSet, Model),
    produces=Evidence,
    run=run,
    reads=_reads,
    writes=_writes,
    touched=of_model.evaluate,
    brings=_brings,
)
