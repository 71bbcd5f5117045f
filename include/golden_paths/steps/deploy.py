"""deploy: start the registered version beside the endpoint, from bytes that have the registered digest."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from golden_paths import approval, digests, policy
from golden_paths.artifacts import Approval, Candidate, Features, ModelVersion
from golden_paths.errors import DigestMismatch
from golden_paths.lineage import of_endpoint
from golden_paths.spec import DeploySection, FeaturesSection, PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> Candidate:
    """Fetch the model, check it, start it, wait until it is ready. What serves is not touched.

    The policy may have changed since the DAG was parsed, a waiver may have expired, and a task before may have been marked
    as a success by hand: all is looked at again.
    """
    version = context.take(ModelVersion)
    policy.hold(context.spec, context.project)
    approval.hold(context, version, context.take(Approval))
    candidate = start(context, version)
    context.log(f"version {candidate.version} is ready at {candidate.url}, and takes no traffic yet")
    return candidate


def start(context: StepContext, version: ModelVersion) -> Candidate:
    """Start a version, or find it running: repeating it converges."""
    features = context.spec.need(FeaturesSection)
    return context.clients.target(context.spec).start(
        version,
        fetch=lambda: fetch(context, version),
        features=context.project.path(features.repo),
        service=features.service,
    )


def running(context: StepContext, version: ModelVersion) -> Candidate:
    """The candidate that deploy started. A process of this machine may have been killed since: then a new one.

    What was removed from a cluster is not brought back: a rollback by hand ends a rollout that is on its way.
    """
    candidate = context.take(Candidate)
    return start(context, version) if context.spec.need(DeploySection).to == "local" else candidate


def undo(context: StepContext, reason: str) -> None:
    """End the candidate and tag its version rejected, with the reason. What serves goes on serving, and is not tagged."""
    version, target = context.take(ModelVersion), context.clients.target(context.spec)
    serving = target.serving(version.model)
    if serving and (serving.version, serving.digest) == (version.version, version.digest):
        return
    target.discard(Candidate(endpoint=version.model, version=version.version, digest=version.digest, url=""))
    tags = {"golden_paths.status": "rejected", "golden_paths.reason": reason[:500]}
    context.clients.models.tag_version(version.model, version.version, tags)
    context.log(f"version {version.version} of {version.model} is rejected: {reason}")


def fetch(context: StepContext, version: ModelVersion) -> Path:
    """The model's folder, kept under its digest. Raises `DigestMismatch` when MLflow's bytes are not those registered."""
    kept = context.project.state / "models" / version.digest
    if kept.is_dir() and digests.of_folder(kept) == version.digest:
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=kept.parent) as folder:
        found = context.clients.tracking.download(version.uri, Path(folder) / "model")
        digest = digests.of_folder(found)
        if digest != version.digest:
            what = f"version {version.version} of {version.model} in MLflow"
            raise DigestMismatch(what, expected=version.digest, found=digest)
        shutil.rmtree(kept, ignore_errors=True)  # a copy that was changed or cut short
        try:
            found.rename(kept)
        except OSError:  # another run fetched the same version in this moment
            if digests.of_folder(kept) != version.digest:
                raise
    return kept


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The registered version."""
    return (f"MLflow: model version of {spec.name}",)


def writes(spec: PathSpec) -> tuple[str, ...]:
    """A candidate."""
    return (f"candidate of endpoint {spec.name}",)


STEP = Step(
    name="deploy",
    summary="Start the version beside the endpoint, without traffic, from bytes with the registered digest",
    consumes=(ModelVersion, Approval),
    follows=(Features,),
    produces=Candidate,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_endpoint.deploy,
    undo=undo,
    is_controller=True,
)
