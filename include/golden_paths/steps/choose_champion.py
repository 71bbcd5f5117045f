"""choose_champion: which version of the model may score this interval, and which interval that is."""

from __future__ import annotations

from golden_paths.data_artifacts import Chosen
from golden_paths.data_sections import ScoreSection
from golden_paths.lineage import of_scores
from golden_paths.scoring import choosing, output, places
from golden_paths.scoring.interval import Interval
from golden_paths.spec import PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> Chosen:
    """The champion as of the interval's end. `StepFailed` when there was none, or it may not score."""
    section = context.spec.need(ScoreSection)
    kept = places.output(context.spec, context.project, context.clients)
    wanted = Interval(context.run.start, context.run.end)
    by_hand = context.run.start is None and context.spec.schedule is not None
    if context.run.start is None:
        wanted = output.since(kept, context.run.end)
    output.require_room(kept, wanted, by_hand=by_hand)
    if wanted.start and (missed := output.gap(kept, wanted.start)):
        begin, end = (one.isoformat(timespec="minutes") for one in missed)
        context.log(f"nothing was scored from {begin} to {end}: those intervals were missed; backfill them, or run --start --end")
    version, since = choosing.chosen(context.clients.models, section.model, wanted.end, newer=section.newer_model)
    context.log(f"{wanted}: version {version.version} of {version.model}, champion since {since.isoformat()}, scores it")
    return Chosen(version=version, since=since, start=wanted.start, end=wanted.end, by_hand=by_hand)


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The model's history, and what was scored before."""
    model = spec.need(ScoreSection).model
    return (f"MLflow: alias champion and history of {model}", places.named(spec))


def writes(spec: PathSpec) -> tuple[str, ...]:
    """Nothing but what the next step is told."""
    return ("nothing",)


STEP = Step(
    name="choose_champion",
    summary="The version that was champion at the interval's end, by the model's history; what may not score is refused",
    consumes=(),
    produces=Chosen,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_scores.choose_champion,
    is_controller=True,
)
