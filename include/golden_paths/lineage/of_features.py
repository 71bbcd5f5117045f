"""What `materialize` and `build_training_set` touch: sources, feature views, the online store, the training set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from golden_paths.artifacts import (
    Column,
    Features,
    ServiceDescription,
    TrainingSet,
    ViewDescription,
    ViewState,
)
from golden_paths.lineage import names
from golden_paths.lineage.names import Name
from golden_paths.lineage.places import Places
from golden_paths.lineage.touched import Dataset, Part, Touched
from golden_paths.refresh_artifacts import CheckedFeatures
from golden_paths.spec import FeaturesSection, TrainingSetSection
from golden_paths.step import StepContext


def materialize(context: StepContext, places: Places, made: Features | None) -> Touched:
    """Nothing of the step's own: each view is two parts, from its source and into the online store, so that none cross.

    Where a refresh has written them, each view is one part, that reads it.
    """
    if made is None or made.described is None:
        return Touched()
    states = {state.view: state for state in made.views}
    if context.spec.need(FeaturesSection).refreshed_by:
        newest = {view: state.newest for view, state in states.items()}
        return Touched(parts=_looked_at(context, made.described, newest, "as a refresh wrote them"))
    parts: list[Part] = []
    for view in made.described.views:
        parts += _parts_of(context, made, view, states[view.view])
    return Touched(parts=tuple(parts))


def check_features(context: StepContext, places: Places, made: CheckedFeatures | None) -> Touched:
    """Each view is a part that reads it, with what was found. Nothing is written."""
    if made is None or made.described is None:
        return Touched()
    newest = {one.view: one.newest for one in made.views}
    return Touched(parts=_looked_at(context, made.described, newest, "before they are written"))


def _looked_at(
    context: StepContext, described: ServiceDescription, newest: Mapping[str, datetime | None], when: str
) -> tuple[Part, ...]:
    return tuple(
        Part(view.view, f"Rows of feature view {view.view}, {when}.", (_checked(context, described, view, newest[view.view]),))
        for view in described.views
    )


def _checked(context: StepContext, described: ServiceDescription, view: ViewDescription, newest: datetime | None) -> Dataset:
    """A view as the step found it."""
    checks = tuple(check for check in context.record.checks if check.subject == f"view:{view.view}")
    columns = (*view.keys, *view.columns)
    return Dataset(names.feature_view(described.project, view.view), columns=columns, checks=checks, newest=newest)


def _parts_of(context: StepContext, made: Features, view: ViewDescription, state: ViewState) -> tuple[Part, Part]:
    assert made.described is not None
    project = made.described.project
    read = source(context, made, view)
    described = _view(project, view, read.name)
    online = Dataset(
        names.online_table(project, view.view),
        kind="ONLINE_STORE_TABLE",
        description=f"The online store's rows of feature view {view.view}.",
        columns=(*view.keys, *view.columns),
        made_of={column.name: ((described.name, column.name),) for column in (*view.keys, *view.columns)},
        rows=state.rows,
        newest=state.newest,
        state="OVERWRITE",
    )
    checked = _checked(context, made.described, view, state.newest)
    return (
        Part(view.view, f"Feature view {view.view} over its source.", (read,), (described,)),
        Part(f"{view.view}.online", f"Feature view {view.view} into the online store.", (checked,), (online,)),
    )


def source(context: StepContext, made: Features, view: ViewDescription) -> Dataset:
    """The source of a view. Its path starts at the feature repository."""
    base = context.project.path(made.repo)
    columns = tuple(Column(name=column.source, type=column.type) for column in (*view.keys, *view.columns))
    return Dataset(
        names.source(view.source, base), kind="FILE", columns=(*columns, Column(name=view.timestamp, type="Timestamp"))
    )


def _view(project: str, view: ViewDescription, read: Name) -> Dataset:
    return Dataset(
        names.feature_view(project, view.view),
        kind="FEATURE_VIEW",
        description=view.description,
        owner=view.owner,
        tags=view.tags,
        columns=(*view.keys, *view.columns),
        made_of={column.name: ((read, column.source),) for column in (*view.keys, *view.columns)},
    )


def build_training_set(context: StepContext, places: Places, made: TrainingSet | None) -> Touched:
    """The rows to learn from and the views' features go in, the frozen set comes out."""
    described = context.take(Features).described
    keys = (*made.keys, made.timestamp, made.label) if made else ()
    columns = tuple(Column(name=name, type=made.types.get(name, "")) for name in keys) if made else ()
    rows = Dataset(_entities(context), kind="FILE", columns=columns, rows=made.rows if made else None)
    views = _read(described) if described else ()
    checks = tuple(check for check in context.record.checks if check.subject == TrainingSet.name)
    if made is None:
        name = names.training_set(places.tracking_uri, context.spec.name)
        return Touched((rows, *views), (Dataset(name, kind="TRAINING_SET", checks=checks),))
    frozen = training_set(context, places, made)
    made_of = {name: ((rows.name, name),) for name in keys} | _features_of(described)
    return Touched(
        (rows, *views), (replace(frozen, made_of=made_of, checks=checks, missing=made.missing, state="CREATE"),)
    )


def _read(described: ServiceDescription) -> tuple[Dataset, ...]:
    return tuple(
        Dataset(names.feature_view(described.project, view.view), columns=(*view.keys, *view.columns))
        for view in described.views
    )


def _entities(context: StepContext) -> Name:
    """The file with the rows to learn from."""
    return names.source(context.spec.need(TrainingSetSection).entities, context.project.root)


def training_set(context: StepContext, places: Places, made: TrainingSet) -> Dataset:
    """The frozen set, known by its digest."""
    from golden_paths.lineage.own import TrainingSetDatasetFacet

    split = context.spec.need(TrainingSetSection).split
    facet = TrainingSetDatasetFacet(
        digest=made.digest,
        rows=made.rows,
        testRows=made.test_rows,
        splitBy=split.by,
        testShare=split.test,
        seed=split.seed,
        mlflowRunId=made.mlflow_run_id,
        oldest=made.oldest.isoformat() if made.oldest else None,
        newest=made.newest.isoformat() if made.newest else None,
    )
    order = (*made.keys, made.timestamp, *made.features, made.label)
    return Dataset(
        names.training_set(places.tracking_uri, context.spec.name),
        kind="TRAINING_SET",
        version=made.digest,
        owner=context.spec.owner,
        description=f"What {context.spec.name} is trained on and judged by.",
        columns=tuple(Column(name=name, type=made.types.get(name, "")) for name in order),
        rows=made.rows,
        newest=made.newest,
        own={"trainingSet": facet},
    )


def _features_of(described: ServiceDescription | None) -> dict[str, tuple[tuple[Name, str], ...]]:
    if described is None:
        return {}
    return {
        feature.name: tuple((names.feature_view(described.project, view), column) for view, column in feature.inputs)
        for feature in described.features
    }
