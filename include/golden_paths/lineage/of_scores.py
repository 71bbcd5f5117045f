"""What batch scoring touches: a model's version, entity rows, feature views; the scores in MLflow and in the output folder."""

from __future__ import annotations

from dataclasses import replace

from golden_paths.artifacts import Column, ModelVersion
from golden_paths.data_artifacts import Chosen, PublishedScores, Scores
from golden_paths.data_sections import ScoreSection
from golden_paths.lineage import names
from golden_paths.lineage.names import Name
from golden_paths.lineage.places import Places
from golden_paths.lineage.touched import Dataset, Touched
from golden_paths.scoring import places as outputs
from golden_paths.step import StepContext


def choose_champion(context: StepContext, places: Places, made: Chosen | None) -> Touched:
    """The version, once it is known."""
    name = names.model_version(places.tracking_uri, context.spec.need(ScoreSection).model)
    return Touched((_version(places, made.version) if made else Dataset(name, kind="MODEL"),))


def score(context: StepContext, places: Places, made: Scores | None) -> Touched:
    """Rows, features and version go in, scores come out: each of the rows' columns from the entity file."""
    version = _version(places, context.take(Chosen).version)
    entities = names.source(context.spec.need(ScoreSection).entities, context.project.root)
    name = names.scores(places.tracking_uri, context.spec.name)
    if made is None:
        return Touched((Dataset(entities, kind="FILE"), version), (Dataset(name, kind="SCORES"),))
    kept = [column for column in made.columns if column.name in (*made.keys, "event_timestamp")]
    rows = Dataset(entities, kind="FILE", columns=tuple(kept), rows=made.rows)
    views = made.described.views if made.described else ()
    read = tuple(
        Dataset(names.feature_view(made.described.project, view.view), columns=(*view.keys, *view.columns))
        for view in views
        if made.described
    )
    checks = tuple(check for check in context.record.checks if check.subject == Scores.name)
    made_of = {column.name: ((rows.name, column.name),) for column in kept}
    scored = replace(_scores(context, name, made.columns, made.digest, made.rows), made_of=made_of, checks=checks)
    return Touched((rows, *read, version), (scored,))


def publish_scores(context: StepContext, places: Places, made: PublishedScores | None) -> Touched:
    """From MLflow into the output folder, or the table."""
    scores = context.take(Scores)
    kept = names.scores(places.tracking_uri, context.spec.name)
    into = names.source(outputs.output(context.spec, context.project, context.clients).address, context.project.root)
    read = Dataset(kept, kind="SCORES", version=scores.digest, columns=scores.columns)
    if made is None:
        return Touched((read,), (Dataset(into, kind="SCORES"),))
    made_of = {column.name: ((kept, column.name),) for column in made.columns}
    return Touched((read,), (replace(_scores(context, into, made.columns, made.digest, made.rows), made_of=made_of),))


def _scores(context: StepContext, name: Name, columns: tuple[Column, ...], digest: str, rows: int) -> Dataset:
    return Dataset(
        name,
        kind="SCORES",
        version=digest,
        description=context.spec.description,
        owner=context.spec.owner,
        tags={"golden_path": context.spec.golden_path},
        columns=columns,
        rows=rows,
        state="CREATE",
    )


def _version(places: Places, version: ModelVersion) -> Dataset:
    """A version that another spec's path made. That path describes it and names its owner."""
    from golden_paths.lineage.own import ModelDatasetFacet

    facet = ModelDatasetFacet(
        digest=version.digest,
        mlflowRunId=version.mlflow_run_id,
        trainingSet=version.training_set,
        registryVersion=version.version,
        metrics={},
    )
    name = names.model_version(places.tracking_uri, version.model)
    return Dataset(name, kind="MODEL", version=version.version, own={"model": facet})
