"""register: makes the model that passed a version in MLflow's registry, with everything that identifies it."""

from __future__ import annotations

import json

from golden_paths.artifacts import Evidence, Model, ModelVersion, TrainingSet
from golden_paths.card import evaluated, made
from golden_paths.errors import StepFailed
from golden_paths.history import GATES
from golden_paths.lineage import of_model
from golden_paths.monitoring import frozen
from golden_paths.spec import PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> ModelVersion:
    """One version per MLflow run, with a card and the alias `candidate`. Refuses a model other than the one that was judged.

    Raises `CardIncomplete`: a version of which the evidence is not whole is no candidate.
    """
    training_set, model, evidence = context.take(TrainingSet), context.take(Model), context.take(Evidence)
    if evidence.model_digest != model.digest:
        raise StepFailed(
            f"evaluation judged the model with digest {evidence.model_digest}, not {model.digest}",
            remedy="run the path again from train",
        )
    name, models = context.spec.name, context.clients.models
    version = models.register(
        name, uri=model.uri, run_id=model.mlflow_run_id, tags=_tags(context, training_set, model, evidence)
    )
    if GATES not in models.version_tags(name, version):  # run again, it is measured beside another champion: the first counts
        models.tag_version(name, version, {GATES: json.dumps(training_set.gates | evidence.gates)})
    card = made.publish(context.clients.tracking, models, name, version)
    models.set_alias(name, "candidate", version)
    return ModelVersion(
        model=name,
        version=version,
        mlflow_run_id=model.mlflow_run_id,
        uri=model.uri,
        digest=model.digest,
        weights=model.weights,
        training_set=training_set.digest,
        golden_records=model.golden_records,
        golden_digest=model.golden_digest,
        card=card,
    )


def _tags(context: StepContext, training_set: TrainingSet, model: Model, evidence: Evidence) -> dict[str, str]:
    spec = context.spec
    return {
        "golden_paths.owner": spec.owner,
        "golden_paths.description": spec.description,
        "golden_paths.path": spec.golden_path,
        "golden_paths.spec": spec.model_dump_json(exclude_none=True),
        "golden_paths.spec_digest": context.spec_digest,
        "golden_paths.run": context.run.id,
        "golden_paths.mlflow_run_id": model.mlflow_run_id,
        "golden_paths.digest": model.digest,
        "golden_paths.weights": model.weights,
        "golden_paths.training_set": training_set.digest,
        "golden_paths.training_set_uri": training_set.uri,
        "golden_paths.golden_records": model.golden_records,
        "golden_paths.golden_digest": model.golden_digest,
        "golden_paths.report": evidence.report,
        f"golden_paths.{evaluated.DIGEST}": evaluated.digest(context.clients.tracking, model.mlflow_run_id),
    } | frozen.tags(
        context.clients.tracking, model.mlflow_run_id, model=model.digest, training_set=training_set.digest
    )


def _reads(spec: PathSpec) -> tuple[str, ...]:
    return (f"MLflow: the model of {spec.name}",)


def _writes(spec: PathSpec) -> tuple[str, ...]:
    return (f"MLflow: a version of models:/{spec.name}, its card, alias candidate",)


STEP = Step(
    name="register",
    summary="Make the model a version in the registry, tagged with spec, data and run, and write its card.",
    consumes=(TrainingSet, Model, Evidence),
    produces=ModelVersion,
    run=run,
    reads=_reads,
    writes=_writes,
    touched=of_model.register,
)
