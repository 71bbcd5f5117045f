"""promote: give the stable address to the candidate, then the alias `champion`; undo the first if the second fails."""

from __future__ import annotations

from golden_paths.artifacts import Candidate, Endpoint, ModelVersion, SmokeReport
from golden_paths.errors import StepFailed
from golden_paths.spec import PathSpec
from golden_paths.step import Step, StepContext
from golden_paths.steps import deploy


def run(context: StepContext) -> Endpoint:
    """No request is lost; endpoint and registry agree at the end, whatever fails."""
    version, smoke = context.take(ModelVersion), context.take(SmokeReport)
    if (smoke.version, smoke.digest) != (version.version, version.digest):
        raise StepFailed(
            f"smoke tested version {smoke.version} with digest {smoke.digest}, "
            f"not version {version.version} with {version.digest}",
            remedy="run the path again from deploy",
        )
    target, models = context.clients.target, context.clients.models
    endpoint = target.shift(deploy.start(context, version))  # started again when it was killed meanwhile
    try:
        models.set_alias(version.model, "champion", version.version)
    except Exception:
        target.restore(endpoint)
        raise
    models.tag_version(version.model, version.version, {"golden_paths.status": "champion"})
    target.settle(endpoint)
    context.log(f"version {endpoint.version} answers at {endpoint.url}")
    return endpoint


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The candidate."""
    return (f"candidate of endpoint {spec.name}",)


def writes(spec: PathSpec) -> tuple[str, ...]:
    """Endpoint and alias."""
    return (f"endpoint {spec.name}", f"MLflow: alias champion of {spec.name}")


STEP = Step(
    name="promote",
    summary="Move the stable address to the candidate without losing a request, then the alias champion",
    consumes=(ModelVersion, Candidate, SmokeReport),
    produces=Endpoint,
    run=run,
    reads=reads,
    writes=writes,
)
