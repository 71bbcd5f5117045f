"""train: fits the scientist's model on the training set and keeps it in MLflow."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from golden_paths import digests, sandbox
from golden_paths.artifacts import Model, TrainingSet
from golden_paths.clients import TrackedRun
from golden_paths.errors import StepFailed
from golden_paths.lineage import of_model
from golden_paths.modelling import provenance, source
from golden_paths.modelling.frame import fetched
from golden_paths.project import Project
from golden_paths.spec import PathSpec, TrainSection
from golden_paths.step import Step, StepContext

COMPLETE = "golden_paths.model"  # the tag that makes an attempt count: written last, and whole


def run(context: StepContext) -> Model:
    """One MLflow run per run of the path, spec, data, code, params and seed; a finished one is returned as it is."""
    training_set, tracking = context.take(TrainingSet), context.clients.tracking
    code = _source(context.spec, context.project)
    tracked = _tracked(context, training_set, code)
    if done := tracked.tags.get(COMPLETE):
        context.log(f"already trained as MLflow run {tracked.id}")
        return Model.model_validate_json(done)
    with tempfile.TemporaryDirectory(prefix="golden-paths-train-") as folder:
        out = Path(folder)
        kept = code.copied(out / "code")  # before it runs: what is kept is what the digest is of
        try:
            fitted = _fit(context, training_set, code.file, out)
        except StepFailed as error:
            _keep_notebook(context, tracked.id, out)
            tracking.tag(tracked.id, {"golden_paths.reason": str(error)})
            tracking.finish(tracked.id, failed=True)
            raise
        _keep_notebook(context, tracked.id, out)
        model = _log(context, training_set, tracked.id, kept, fitted, out)
    tracking.tag(tracked.id, {COMPLETE: model.model_dump_json(), "golden_paths.reason": ""})
    tracking.finish(tracked.id)
    return model


def undo(context: StepContext, reason: str) -> None:
    """Say in MLflow why there is no model: who was killed, as a pod is that takes too much memory, could not."""
    training_set, tracking = context.take(TrainingSet), context.clients.tracking
    tracked = _tracked(context, training_set, _source(context.spec, context.project))
    if not tracked.tags.get(COMPLETE):
        tracking.tag(tracked.id, {"golden_paths.reason": reason})
        tracking.finish(tracked.id, failed=True)


def _tracked(context: StepContext, training_set: TrainingSet, code: source.Source) -> TrackedRun:
    key, tags = _key(context, training_set, code.digest), provenance.tags(context, training_set, code)
    return context.clients.tracking.run(context.spec.name, key, name=f"train {context.run.id}", tags=tags)


def _source(spec: PathSpec, project: Project) -> source.Source:
    train = spec.need(TrainSection)
    return source.of(project.path((train.code or train.notebook or "").partition(":")[0]))


def brings(spec: PathSpec, project: Project) -> tuple[Path, ...]:
    """The fit function's file or the notebook, and the scientist's own modules that it imports."""
    return _source(spec, project).files


def _key(context: StepContext, training_set: TrainingSet, code: str) -> str:
    train = context.spec.need(TrainSection)
    identity = [context.run.id, context.spec_digest, training_set.digest, code, dict(train.params), train.seed]
    return "train:" + digests.of_bytes(json.dumps(identity, sort_keys=True).encode())


def _fit(context: StepContext, training_set: TrainingSet, file: Path, out: Path) -> dict[str, Any]:
    train = context.spec.need(TrainSection)
    payload = {
        "source": str(file),
        "function": (train.code or "").partition(":")[2],
        "place": train.code or train.notebook,
        "params": dict(train.params),
        "seed": train.seed,
        "frame": str(fetched(context, training_set, out / "training_set")),
        "features": training_set.features,
        "label": training_set.label,
        "out": str(out),
    }
    function = "golden_paths.modelling.fit_code:fit" if train.code else "golden_paths.modelling.fit_notebook:fit"
    seconds = train.timeout.total_seconds()
    return sandbox.call(function, payload, project=context.project, log=context.log, timeout=seconds)


def _keep_notebook(context: StepContext, run_id: str, out: Path) -> None:
    for executed in out.glob("executed.ipynb"):
        context.clients.tracking.upload(run_id, executed, "code")


def _log(
    context: StepContext, training_set: TrainingSet, run_id: str, code: Path, fitted: dict[str, Any], out: Path
) -> Model:
    tracking, train = context.clients.tracking, context.spec.need(TrainSection)
    frame = next(path for path in (out / "training_set").rglob("*") if path.is_file())
    tracking.params(run_id, {**train.params, "golden_paths.seed": train.seed})
    tracking.metrics(run_id, fitted["metrics"])
    tracking.log_dataset(
        run_id,
        name=context.spec.name,
        digest=training_set.digest,
        uri=training_set.uri,
        frame=frame,
        label=training_set.label,
    )
    tracking.upload(run_id, code, "code")
    tracking.upload(run_id, provenance.spec_file(context, out))
    tracking.upload(run_id, provenance.environment_file(out))
    golden = tracking.upload(run_id, out / "golden_records.json")
    uri = tracking.log_model(run_id, out / "model")
    tracking.tag(run_id, {"golden_paths.estimator": fitted["estimator"], "golden_paths.kind": fitted["kind"]})
    return Model(
        uri=uri,
        mlflow_run_id=run_id,
        digest=fitted["digest"],
        weights=fitted["weights"],
        golden_records=golden,
        golden_digest=fitted["golden_digest"],
    )


def _reads(spec: PathSpec) -> tuple[str, ...]:
    train = spec.need(TrainSection)
    return (train.code or train.notebook or "", f"MLflow: the training set of {spec.name}")


def _writes(spec: PathSpec) -> tuple[str, ...]:
    return (f"MLflow: a run and a model in experiment {spec.name}",)


STEP = Step(
    name="train",
    summary="Fit the model on the training set, in a process of its own, and keep it in MLflow.",
    consumes=(TrainingSet,),
    produces=Model,
    run=run,
    reads=_reads,
    writes=_writes,
    touched=of_model.train,
    brings=brings,
    undo=undo,
)
