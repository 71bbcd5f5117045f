"""renew: what follows from a look. At most one run of the path, or a call for people, or the end of an expired version."""

from __future__ import annotations

from datetime import UTC, datetime

from golden_paths import expiry, history
from golden_paths.artifacts import ModelVersion
from golden_paths.history import Entry
from golden_paths.lineage import of_watch
from golden_paths.monitor_artifacts import Renewal, Watched
from golden_paths.monitor_sections import MonitorSection
from golden_paths.monitoring import renewal
from golden_paths.monitoring.renewal import Situation
from golden_paths.spec import PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> Renewal:
    """Decide, note it in the model's history, and withdraw what has expired. Runs are asked for by Airflow, after the note."""
    watched, models = context.take(Watched), context.clients.models
    if gone := expiry.resume(context.clients, context.spec):  # what an attempt before was killed in the middle of
        return Renewal(model=watched.model, version=gone.version, action="withdraw", causes=("age",), reason=gone.why)
    champion, entries = models.champion(context.spec.name), history.entries(models, context.spec.name)
    last = history.last_move(entries)
    if champion is None and last and last.what == "withdrawn" and last.run == context.run.id:  # killed before it was told
        return Renewal(model=watched.model, version=last.version, action="withdraw", causes=("age",), reason=last.why)
    nothing = Renewal(model=watched.model, version=watched.version, action="nothing")
    if champion is None or (champion.version, champion.digest) != (watched.version, watched.digest):
        context.log("nothing to renew: what was looked at does not serve any more")
        return nothing
    now = datetime.now(UTC)
    situation = _situation(context, watched, champion, entries, now)
    if now - watched.end > max(renewal.LATE, watched.end - watched.start):
        context.log(f"a look at the past starts no run: its window ended {watched.end.isoformat(timespec='seconds')}")
        if (decision := renewal.expired(situation)) is None:
            return nothing
    else:
        decision = renewal.decide(context.spec.need(MonitorSection).retrain, situation)
    for change in decision.notes:
        entry = history.add(models, watched.model, change)
        context.log(f"entry {entry.number} of the model's history: {entry.what}")
    made = decision.renewal
    if made.action == "withdraw":
        who = context.run
        try:
            expiry.withdraw(context.clients, context.spec, champion, run=who.id, by=who.by, reason=made.reason)
        except expiry.Superseded as superseded:
            context.log(f"nothing is withdrawn: {superseded}")
            return nothing
    context.log(f"{made.action}{f': {made.reason}' if made.reason else ''}{f' ({made.run})' if made.run else ''}")
    return made


def _situation(
    context: StepContext, watched: Watched, champion: ModelVersion, entries: list[Entry], now: datetime
) -> Situation:
    models, section = context.clients.models, context.spec.need(MonitorSection)
    alarms: dict[str, str] = {}
    for one in watched.alarms:
        alarms[one.cause] = f"{alarms[one.cause]}; {one.words}" if one.cause in alarms else one.words
    return Situation(
        model=watched.model,
        version=watched.version,
        digest=watched.digest,
        alarms=alarms,
        calm=frozenset(watched.calm),
        entries=entries,
        look=context.run.id,
        by=context.run.by,
        now=now,
        started=expiry.started_at(models, watched.model, champion),
        max_age=section.max_age,
        expiry=expiry.rule_of(context.spec, context.project),
        state_of=context.state_of,
    )


def reads(spec: PathSpec) -> tuple[str, ...]:
    """History and runs."""
    return (f"MLflow: history of {spec.name}", f"Airflow: runs of {spec.name}")


def writes(spec: PathSpec) -> tuple[str, ...]:
    """History, and a run."""
    return (f"MLflow: history of {spec.name}", f"Airflow: at most one run of {spec.name}")


STEP = Step(
    name="renew",
    summary="Act on an alarm within cool-down and budget; act on age as the policy says",
    consumes=(Watched,),
    produces=Renewal,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_watch.renew,
    is_controller=True,
)
