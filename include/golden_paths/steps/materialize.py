"""materialize: bring the feature service up to date in Feast's online store, and check that it is."""

from __future__ import annotations

from golden_paths.artifacts import Features, ViewState
from golden_paths.errors import StepFailed
from golden_paths.spec import FeaturesSection, PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> Features:
    """Materialize the run's interval. `StepFailed` when a view is older than `features.freshness` allows."""
    section = context.spec.need(FeaturesSection)
    store = context.clients.feature_store(section.repo)
    start, views = store.materialize(section.service, start=context.run.start, end=context.run.end)
    for view in views:
        context.log(
            f"{view.view}: {view.rows} rows written, newest {view.newest.isoformat() if view.newest else 'none'}"
        )
        _check_freshness(view, section, context)
    return Features(repo=section.repo, service=section.service, start=start, end=context.run.end, views=views)


def _check_freshness(view: ViewState, section: FeaturesSection, context: StepContext) -> None:
    if section.freshness is None:
        return
    due = context.run.end - section.freshness
    if view.newest is None or view.newest < due:
        found = view.newest.isoformat() if view.newest else "no row at all"
        raise StepFailed(
            f"feature view {view.view} is stale: expected a row from {due.isoformat()} or later, found {found}",
            remedy="refresh its source, or allow more in features.freshness",
        )


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The feature repository."""
    return (spec.need(FeaturesSection).repo,)


def writes(spec: PathSpec) -> tuple[str, ...]:
    """The online store."""
    return (f"Feast online store: {spec.need(FeaturesSection).service}",)


STEP = Step(
    name="materialize",
    summary="Feast: apply changed definitions, write the service's features to the online store, check freshness",
    consumes=(),
    produces=Features,
    run=run,
    reads=reads,
    writes=writes,
)
