"""What `train`, `evaluate`, `register` and `approve` touch: the training set, the fitted model, its evaluation, its version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from golden_paths.artifacts import Approval, Column, Evidence, Model, ModelVersion, TrainingSet
from golden_paths.lineage import names
from golden_paths.lineage.names import Name
from golden_paths.lineage.of_features import training_set
from golden_paths.lineage.places import Places
from golden_paths.lineage.touched import Code, Dataset, Touched
from golden_paths.spec import TrainSection
from golden_paths.step import StepContext


def train(context: StepContext, places: Places, made: Model | None) -> Touched:
    """The training set goes in, a fitted model comes out: its inputs are the set's feature columns."""
    learnt = training_set(context, places, context.take(TrainingSet))
    section = context.spec.need(TrainSection)
    code = Code((section.code or section.notebook or "").partition(":")[0])
    if made is None:
        name = names.fitted_model(places.tracking_uri, context.spec.name)
        return Touched((learnt,), (Dataset(name, kind="MODEL"),), code=code)
    model = replace(_fitted(context, places, made), made_of=_passed_on(context, learnt.name), state="CREATE")
    return Touched((learnt,), (model,), code=code)


def evaluate(context: StepContext, places: Places, made: Evidence | None) -> Touched:
    """Set, model and, when there is one, the version that serves go in; metrics and verdict come out."""
    from golden_paths.lineage.own import ModelDatasetFacet

    found, model = context.take(TrainingSet), context.take(Model)
    checks = tuple(check for check in context.record.checks if check.subject == Model.name)
    inputs = [training_set(context, places, found), replace(_fitted(context, places, model), checks=checks)]
    if made and made.champion_version:
        champion = names.model_version(places.tracking_uri, context.spec.name)
        inputs.append(Dataset(champion, kind="MODEL", version=made.champion_version))
    name = names.evaluation(places.tracking_uri, context.spec.name)
    if made is None:
        return Touched(tuple(inputs), (Dataset(name, kind="EVALUATION"),))
    facet = ModelDatasetFacet(
        digest=made.model_digest, mlflowRunId=made.mlflow_run_id, trainingSet=found.digest, metrics=made.metrics
    )
    description = f"Metrics, gates and report of {context.spec.name} on the held-out part."
    report = Dataset(
        name,
        kind="EVALUATION",
        version=made.model_digest,
        description=description,
        owner=context.spec.owner,
        state="CREATE",
        own={"model": facet},
    )
    return Touched(tuple(inputs), (report,))


def register(context: StepContext, places: Places, made: ModelVersion | None) -> Touched:
    """The model and its evaluation go in, a version comes out."""
    evidence = context.take(Evidence)
    fitted = _fitted(context, places, context.take(Model))
    judged = Dataset(
        names.evaluation(places.tracking_uri, context.spec.name), kind="EVALUATION", version=evidence.model_digest
    )
    if made is None:
        name = names.model_version(places.tracking_uri, context.spec.name)
        return Touched((fitted, judged), (Dataset(name, kind="MODEL"),))
    version = replace(
        model_version(context, places, made, evidence.metrics),
        columns=fitted.columns,
        made_of=_passed_on(context, fitted.name),
        state="CREATE",
    )
    return Touched((fitted, judged), (version,))


def approve(context: StepContext, places: Places, made: Approval | None) -> Touched:
    """The version, with what was decided on it."""
    version = model_version(context, places, context.take(ModelVersion))
    checks = tuple(check for check in context.record.checks if check.subject == ModelVersion.name)
    return Touched((replace(version, checks=checks),))


def model_version(
    context: StepContext, places: Places, made: ModelVersion, metrics: Mapping[str, float] | None = None
) -> Dataset:
    """A registered version, known by its number in MLflow."""
    from golden_paths.lineage.own import ModelDatasetFacet

    facet = ModelDatasetFacet(
        digest=made.digest,
        mlflowRunId=made.mlflow_run_id,
        trainingSet=made.training_set,
        registryVersion=made.version,
        metrics=dict(metrics or {}),
    )
    return Dataset(
        names.model_version(places.tracking_uri, made.model),
        kind="MODEL",
        version=made.version,
        description=context.spec.description,
        owner=context.spec.owner,
        tags={"golden_path": context.spec.golden_path},
        own={"model": facet},
    )


def _fitted(context: StepContext, places: Places, made: Model) -> Dataset:
    from golden_paths.lineage.own import ModelDatasetFacet

    found = context.take(TrainingSet)
    facet = ModelDatasetFacet(digest=made.digest, mlflowRunId=made.mlflow_run_id, trainingSet=found.digest)
    return Dataset(
        names.fitted_model(places.tracking_uri, context.spec.name),
        kind="MODEL",
        version=made.digest,
        owner=context.spec.owner,
        description=f"What was fitted for {context.spec.name}, before it is a version.",
        columns=tuple(Column(name=name, type=found.types.get(name, "")) for name in found.features),
        own={"model": facet},
    )


def _passed_on(context: StepContext, source: Name) -> dict[str, tuple[tuple[Name, str], ...]]:
    return {name: ((source, name),) for name in context.take(TrainingSet).features}
