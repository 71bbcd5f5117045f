"""materialize: bring the feature service up to date in Feast's online store, and check that it is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from golden_paths.artifacts import Features, ViewState
from golden_paths.errors import StepFailed
from golden_paths.lineage import of_features
from golden_paths.project import Project
from golden_paths.record import Check
from golden_paths.spec import FeaturesSection, PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> Features:
    """Materialize the run's interval. `StepFailed` when a view is older than `features.freshness` allows."""
    section = context.spec.need(FeaturesSection)
    store = context.clients.feature_store(section.repo)
    start, views, described = store.materialize(section.service, start=context.run.start, end=context.run.end)
    made = Features(
        repo=section.repo, service=section.service, start=start, end=context.run.end, views=views, described=described
    )
    context.record.made = made
    for view in views:
        context.log(
            f"{view.view}: {view.rows} rows written, newest {view.newest.isoformat() if view.newest else 'none'}"
        )
        check_freshness(view, section, context, context.run.end)
    return made


def check_freshness(view: ViewState, section: FeaturesSection, context: StepContext, end: datetime) -> None:
    """`StepFailed` when a view's newest row before `end` is older than `features.freshness` allows."""
    if section.freshness is None:
        return
    due = end - section.freshness
    found = view.newest.isoformat() if view.newest else "no row at all"
    is_fresh = view.newest is not None and view.newest >= due
    expected = f"a row from {due.isoformat()} or later"
    if not context.check(Check(name="freshness", passed=is_fresh, subject=f"view:{view.view}", expected=expected, found=found)):
        raise StepFailed(
            f"feature view {view.view} is stale: expected {expected}, found {found}",
            remedy="refresh its source, or allow more in features.freshness",
        )


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The feature repository."""
    return (spec.need(FeaturesSection).repo,)


def writes(spec: PathSpec) -> tuple[str, ...]:
    """The online store."""
    return (f"Feast online store: {spec.need(FeaturesSection).service}",)


def brings(spec: PathSpec, project: Project) -> tuple[Path, ...]:
    """The feature repository's files. What its sources name is data, and stays where it is."""
    repo = project.path(spec.need(FeaturesSection).repo)
    return tuple(
        path
        for path in sorted(repo.rglob("*"))
        if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in path.relative_to(repo).parts)
    )


STEP = Step(
    name="materialize",
    summary="Feast: apply changed definitions, write the service's features to the online store, check freshness",
    consumes=(),
    produces=Features,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_features.materialize,
    brings=brings,
)
