"""materialize: bring the feature service up to date in Feast's online store, and check that it is.

Where a feature refresh does that for several models (`features.refreshed_by`), the step only looks at what it did.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from golden_paths.artifacts import Features, ViewState
from golden_paths.clients import FeatureStore
from golden_paths.errors import StepFailed
from golden_paths.lineage import of_features
from golden_paths.project import Project
from golden_paths.record import Check
from golden_paths.refresh_artifacts import CheckedFeatures
from golden_paths.spec import FeaturesSection, PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> Features:
    """Materialize the run's interval, or look at what a refresh did. `StepFailed` when a view is older than `freshness`."""
    section = context.spec.need(FeaturesSection)
    store = context.clients.feature_store(section.repo)
    made = _looked_at(context, section, store) if section.refreshed_by else _written(context, section, store)
    context.record.made = made
    did = f"rows written by {section.refreshed_by}" if section.refreshed_by else "rows written"
    for view in made.views:
        context.log(f"{view.view}: {view.rows} {did}, newest {view.newest.isoformat() if view.newest else 'none'}")
        check_freshness(view, section, context, context.run.end)
    return made


def _written(context: StepContext, section: FeaturesSection, store: FeatureStore) -> Features:
    """Rows that a step before has checked are written, or none."""
    checked = context.artifacts.get(CheckedFeatures.name)
    start, views, described = store.materialize(
        section.service,
        start=context.run.start,
        end=context.run.end,
        checked=checked.views if isinstance(checked, CheckedFeatures) else None,
        note_as=context.spec.name if context.spec.refresh else None,
        fresh_from=_due(section, context.run.end),
    )
    return Features(
        repo=section.repo, service=section.service, start=start, end=context.run.end, views=views, described=described
    )


def _looked_at(context: StepContext, section: FeaturesSection, store: FeatureStore) -> Features:
    """What the refresh wrote last. A run with an interval of its own wants some of that interval."""
    by, began = section.refreshed_by or "", context.run.start
    found = store.refreshed(section.service, by=by)
    if found is None:
        raise StepFailed(
            f"{by} has refreshed nothing of {section.service} yet, or not since its definitions changed",
            remedy=f"run {by}: it must have ended well once",
            retry=True,
        )
    if began is not None and found.end <= began:
        raise StepFailed(
            f"{by} has refreshed {section.service} up to {found.end.isoformat()}, and this run's interval begins at "
            f"{began.isoformat()}",
            remedy=f"run {by} for it first, or leave the schedule out: the path then starts when {by} has ended",
            retry=True,
        )
    return Features(
        repo=section.repo,
        service=section.service,
        start=found.start,
        end=found.end,
        views=found.views,
        described=found.described,
    )


def check_freshness(view: ViewState, section: FeaturesSection, context: StepContext, end: datetime) -> None:
    """`StepFailed` when a view's newest row before `end` is older than `features.freshness` allows."""
    if (due := _due(section, end)) is None:
        return
    found = view.newest.isoformat() if view.newest else "no row at all"
    is_fresh = view.newest is not None and view.newest >= due
    expected = f"a row from {due.isoformat()} or later"
    if not context.check(Check(name="freshness", passed=is_fresh, subject=f"view:{view.view}", expected=expected, found=found)):
        raise StepFailed(
            f"feature view {view.view} is stale: expected {expected}, found {found}",
            remedy="refresh its source, or allow more in features.freshness",
        )


def _due(section: FeaturesSection, end: datetime) -> datetime | None:
    """How old the newest row may be."""
    return None if section.freshness is None else end - section.freshness


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The feature repository; and what a refresh wrote, where there is one."""
    section = spec.need(FeaturesSection)
    return (section.repo, *([f"what {section.refreshed_by} wrote of {section.service}"] if section.refreshed_by else []))


def writes(spec: PathSpec) -> tuple[str, ...]:
    """The online store, unless a refresh has."""
    section = spec.need(FeaturesSection)
    return () if section.refreshed_by else (f"Feast online store: {section.service}",)


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
    summary="Feast: bring the service's features in the online store up to date, or see that a refresh has; check freshness",
    consumes=(),
    produces=Features,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_features.materialize,
    follows=(CheckedFeatures,),
    brings=brings,
)
