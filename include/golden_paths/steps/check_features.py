"""check_features: hold the rows that are to be written to the contract of who owns them, before any of them is online."""

from __future__ import annotations

import tempfile
from pathlib import Path

from golden_paths.data_sections import RefreshSection
from golden_paths.lineage import of_features
from golden_paths.modelling import feature_gates
from golden_paths.project import Project
from golden_paths.refresh_artifacts import CheckedFeatures
from golden_paths.spec import FeaturesSection, PathSpec
from golden_paths.step import Step, StepContext
from golden_paths.steps import materialize


def run(context: StepContext) -> CheckedFeatures:
    """Look at the rows of the run's interval. `GateFailed` when they break the contract: nothing is written then."""
    section, refresh = context.spec.need(FeaturesSection), context.spec.need(RefreshSection)
    store = context.clients.feature_store(section.repo)
    with tempfile.TemporaryDirectory(prefix="golden-paths-") as folder:
        views, described = store.pending(
            section.service, start=context.run.start, end=context.run.end, folder=Path(folder)
        )
        made = CheckedFeatures(
            repo=section.repo, service=section.service, views=tuple(view.rows for view in views), described=described
        )
        context.record.made = made
        feature_gates.require(context, refresh, views)
    for view in made.views:
        context.log(f"{view.view}: {view.rows} rows keep {refresh.contract}")
    return made.model_copy(update={"gates": context.record.passed_gates()})


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The contract, and the rows as the offline store has them."""
    return (spec.need(RefreshSection).contract or "", f"Feast offline store: {spec.need(FeaturesSection).service}")


def writes(_: PathSpec) -> tuple[str, ...]:
    """Nothing."""
    return ()


def applies(spec: PathSpec) -> bool:
    """With a contract."""
    return spec.refresh is not None and spec.refresh.contract is not None


def brings(spec: PathSpec, project: Project) -> tuple[Path, ...]:
    """The feature repository's files, and the contract."""
    return (*materialize.brings(spec, project), project.path(spec.need(RefreshSection).contract or ""))


STEP = Step(
    name="check_features",
    summary="Hold the rows that are to be written to their contract: none is written unless all keep it",
    consumes=(),
    produces=CheckedFeatures,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_features.check_features,
    applies=applies,
    brings=brings,
)
