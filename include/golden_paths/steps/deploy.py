"""deploy: start the registered version beside the endpoint, from bytes that have the registered digest."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from golden_paths import digests
from golden_paths.artifacts import Candidate, ModelVersion
from golden_paths.errors import DigestMismatch
from golden_paths.spec import DeploySection, FeaturesSection, PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> Candidate:
    """Fetch the model, check it, start it, wait until it is ready. What serves is not touched."""
    candidate = start(context, context.take(ModelVersion))
    context.log(f"version {candidate.version} is ready at {candidate.url}, and takes no traffic yet")
    return candidate


def start(context: StepContext, version: ModelVersion) -> Candidate:
    """Start a version, or find it running: repeating it converges."""
    features = context.spec.need(FeaturesSection)
    return context.clients.target.start(
        version,
        model=fetch(context, version),
        features=context.project.path(features.repo),
        service=features.service,
        port=context.spec.need(DeploySection).port,
    )


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
    summary="Start the version beside the endpoint, on a private port, from bytes with the registered digest",
    consumes=(ModelVersion,),
    produces=Candidate,
    run=run,
    reads=reads,
    writes=writes,
)
