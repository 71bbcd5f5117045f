"""promote: give the stable address to the candidate, then the alias `champion`; undo the first if the second fails."""

from __future__ import annotations

from golden_paths import approval, history
from golden_paths.artifacts import Approval, CanaryReport, Candidate, Endpoint, ModelVersion, SmokeReport
from golden_paths.card import made, recorded
from golden_paths.clients import ModelRegistry
from golden_paths.errors import StepFailed
from golden_paths.lineage import of_endpoint
from golden_paths.spec import PathSpec
from golden_paths.step import Step, StepContext
from golden_paths.steps import deploy


def run(context: StepContext) -> Endpoint:
    """No request is lost; endpoint and registry agree at the end, whatever fails. `CardIncomplete` comes before they move."""
    version, smoke = context.take(ModelVersion), context.take(SmokeReport)
    if (smoke.version, smoke.digest) != (version.version, version.digest):
        raise StepFailed(
            f"smoke tested version {smoke.version} with digest {smoke.digest}, "
            f"not version {version.version} with {version.digest}",
            remedy="run the path again from deploy",
        )
    approval.hold(context, version, context.take(Approval))
    target, models, tracking = context.clients.target(context.spec), context.clients.models, context.clients.tracking
    recorded.collect(tracking, models, version.model, version.version)  # refused before anything moves, not after
    endpoint = target.shift(deploy.running(context, version))
    try:
        models.set_alias(version.model, "champion", version.version)
    except BaseException as error:
        if not _is_champion(models, version):
            target.restore(endpoint)
            raise
        if not isinstance(error, Exception):
            raise  # else the answer alone was lost: the alias has moved
    models.tag_version(version.model, version.version, {"golden_paths.status": "champion", "golden_paths.reason": ""})
    change = history.Change(
        "promoted", version.version, version.digest, context.run.id, context.run.by, instead_of=endpoint.previous
    )
    entry = history.add(models, version.model, change)
    target.settle(endpoint)
    made.publish(tracking, models, version.model, version.version)
    context.log(f"entry {entry.number} of the model's history: {entry.hash}")
    context.log(f"version {endpoint.version} answers at {endpoint.url}")
    return endpoint


def undo(context: StepContext, reason: str) -> None:
    """Give the address back when the alias has not moved: `shift` may fail, or be killed, after the address has."""
    version, target = context.take(ModelVersion), context.clients.target(context.spec)
    serving, champion = target.serving(version.model), context.clients.models.champion(version.model)
    is_serving = serving and (serving.version, serving.digest) == (version.version, version.digest)
    if serving and is_serving and (champion is None or champion.version != version.version):
        target.restore(serving)
    deploy.undo(context, reason)


def _is_champion(models: ModelRegistry, version: ModelVersion) -> bool:
    try:
        champion = models.champion(version.model)
    except Exception:
        return False
    return champion is not None and champion.version == version.version


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The candidate."""
    return (f"candidate of endpoint {spec.name}",)


def writes(spec: PathSpec) -> tuple[str, ...]:
    """Endpoint and alias."""
    return (f"endpoint {spec.name}", f"MLflow: alias champion of {spec.name}")


STEP = Step(
    name="promote",
    summary="Move the stable address to the candidate without losing a request, then the alias champion",
    consumes=(ModelVersion, Approval, Candidate, SmokeReport),
    follows=(CanaryReport,),
    produces=Endpoint,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_endpoint.promote,
    undo=undo,
    is_controller=True,
)
