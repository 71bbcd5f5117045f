"""Release -> every object of its rollout, in the order in which they are applied. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from golden_paths.artifacts import ModelVersion
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.errors import StepFailed
from golden_paths.prediction_log import planned as logs
from golden_paths.project import Project
from golden_paths.rollout import labels, lease, manifests, policies
from golden_paths.rollout.release import Release
from golden_paths.rollout.state import State
from golden_paths.spec import FeaturesSection, PathSpec

ZEROS = "0" * 64  # a digest that no file has
PACKAGE = b"placeholder of the features package"
NO_TIME = datetime.fromtimestamp(0, UTC)
IMAGE, TRACKING = "golden-paths-serve:placeholder", "http://placeholder.invalid:5000"
NOT_NAMED = "no MLflow is named that pods reach"
Object = dict[str, Any]


def of_version(release: Release, package: bytes | None) -> Iterator[Object]:
    """What a version needs before it takes traffic; its pods last."""
    yield manifests.account(release)
    yield policies.network_policy(release)
    yield manifests.record(release, package)
    yield manifests.private_service(release)
    yield from policies.of_version(release)
    yield manifests.deployment(release)


def of_rollout(release: Release, package: bytes | None) -> Iterator[Object]:
    """All of it: the lease that lets one rollout at a time pass, the version, and the stable address that it is given."""
    yield lease.manifest(release.content.model) | {"spec": {}}
    yield from of_version(release, package)
    state = State.after(None, release, NO_TIME)
    yield manifests.service(release, {labels.ROLLOUT: state.model_dump_json()})


def placeholder(
    spec: PathSpec, settings: ClusterSettings, tracking_uri: str | None, project: Project
) -> tuple[Release, tuple[str, ...]]:
    """The release of a first version, and in words what stands in it for what is not known yet."""
    missing = ["what only a run knows: version 1, its digests (zeros), its run and address in MLflow, its features package"]
    asked = settings.tracking_uri or tracking_uri
    try:
        tracking_uri = settings.pod_tracking_uri(asked or "")
    except StepFailed as error:
        tracking_uri = TRACKING
        missing.append(f"{TRACKING}: {error.problem if asked else NOT_NAMED}")
    if not settings.serve_image:
        settings = replace(settings, serve_image=IMAGE)
        missing.append(f"{IMAGE}: no image is named that can serve in a pod")
    version = ModelVersion(
        model=spec.name,
        version="1",
        mlflow_run_id="placeholder",
        uri="models:/m-placeholder",
        digest=ZEROS,
        weights=ZEROS,
        training_set=ZEROS,
        golden_records="placeholder",
        golden_digest=ZEROS,
    )
    features = spec.need(FeaturesSection)
    release = Release.planned(
        spec,
        version,
        replace(settings, tracking_uri=None),
        tracking_uri=tracking_uri,
        features=ZEROS,
        repo=Path(features.repo),
        service=features.service,
    )
    return release.model_copy(update={"keeping": logs.keeping(spec, project, tracking_uri)}), tuple(missing)
