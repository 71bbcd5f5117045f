"""watch: look at the version that serves, beside what it was trained on. Says what is wrong, and changes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from golden_paths.artifacts import Endpoint
from golden_paths.errors import StepFailed
from golden_paths.lineage import of_watch
from golden_paths.modelling.finding import Finding
from golden_paths.monitor_artifacts import Watched
from golden_paths.monitor_sections import MonitorSection
from golden_paths.monitoring import kept, looking, verdicts, window
from golden_paths.record import Check
from golden_paths.spec import PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> Watched:
    """One look. Alarms are in what it makes, in the log and in MLflow; what follows from them is the next step's."""
    champion = context.clients.models.champion(context.spec.name)
    start, end = window.of(context.spec.need(MonitorSection), context.run)
    if champion is None:
        context.log(f"no version of {context.spec.name} serves: there is nothing to watch")
        return Watched(model=context.spec.name, version="", digest="", start=start, end=end, rows=0, verdicts=())
    with tempfile.TemporaryDirectory(prefix="golden-paths-watch-") as folder:
        look = looking.look(context, champion, start, end, Path(folder))
        run_id = kept.run_of(context, look)
        findings, counters = looking.findings(context, look, run_id)
        said = verdicts.verdicts(findings)
        for one in said:
            context.log(f"{'ALARM  ' if one.is_alarm else ''}{one.words}")
        report = kept.keep(context, look, findings, counters, run_id)
        alarms = tuple(dict.fromkeys(one.cause for one in said if one.is_alarm))
        news = kept.news(context.clients.models, look, run_id, alarms)
    context.record.checks += [*_checks(findings)]
    _tidy(context)
    context.log(f"{len(look.rows)} answers of version {champion.version}; {', '.join(alarms) or 'no alarm'}; report {report}")
    return Watched(
        model=champion.model,
        version=champion.version,
        digest=champion.digest,
        start=start,
        end=end,
        rows=len(look.rows),
        verdicts=said,
        calm=verdicts.calm(findings),
        news=news,
        report=report,
        mlflow_run_id=run_id,
    )


def _tidy(context: StepContext) -> None:
    """What is older than the platform keeps goes. What cannot is left to the next look: not all may delete in MLflow."""
    now = datetime.now(UTC)
    try:
        context.clients.predictions(context.spec).tidy(now)
    except OSError as error:
        context.log(f"the prediction log is not tidied: {error}")
    try:
        kept.retire(context, now)
    except StepFailed as error:
        context.log(f"old looks are not deleted: {error}")


def _checks(findings: Sequence[Finding]) -> Iterator[Check]:
    """What was said of it is on the endpoint, and stops nothing: these are no gates."""
    changes = {"is_gate": False, "subject": Endpoint.name}
    return (ruling.check.model_copy(update=changes) for one in findings for ruling in one.rulings)


def reads(spec: PathSpec) -> tuple[str, ...]:
    """Log, profile, endpoint."""
    return (f"prediction log of {spec.name}", f"MLflow: models:/{spec.name}@champion and its profile", f"endpoint {spec.name}")


def writes(spec: PathSpec) -> tuple[str, ...]:
    """A report."""
    return (f"MLflow: watch/watch.html of a run in experiment {spec.name}.watch",)


STEP = Step(
    name="watch",
    summary="Look at what the model is asked and answers, beside what it was trained on",
    consumes=(),
    produces=Watched,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_watch.watch,
    is_controller=True,
)
