"""How the package reaches the pod: in an immutable ConfigMap named by its digest, or, when that has no room, from MLflow."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

from golden_paths.clients import Tracking
from golden_paths.cluster.answers import Refused
from golden_paths.cluster.api import ClusterApi
from golden_paths.pods.package import Package
from golden_paths.pods.template import ARCHIVE, STEP, name_of
from golden_paths.rollout import labels
from golden_paths.spec import PathSpec

MAX_BYTES = 1024 * 1024 - 4096  # a ConfigMap takes 1 MiB, its keys included
COMPONENT = "package"
COMPLETE = "golden_paths.complete"


def config_map(package: Package, spec: PathSpec, step: str) -> dict[str, Any] | None:
    """The ConfigMap, of this step alone; None when the package is larger than one."""
    if len(package.archive) > MAX_BYTES:
        return None
    of_model = labels.of_model(spec.name, owner=spec.owner, path=spec.golden_path)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"{name_of(spec.name, step)}-{package.digest[:12]}",
            "labels": of_model | {labels.COMPONENT: COMPONENT, STEP: step, labels.DIGEST: package.digest[:16]},
            "annotations": {labels.DIGEST: package.digest},
        },
        "immutable": True,
        "binaryData": {ARCHIVE.name: base64.b64encode(package.archive).decode()},
    }


def into_cluster(manifest: dict[str, Any], api: ClusterApi) -> str:
    """Have the ConfigMap there; returns its name. What is there under that name is the same: the pod checks it."""
    try:
        api.create(manifest)
    except Refused as refused:
        if refused.status != 409:
            raise
    return str(manifest["metadata"]["name"])


def into_mlflow(package: Package, spec: PathSpec, tracking: Tracking) -> str:
    """Keep the archive in a run of its own, one per digest; returns its URI."""
    tags = {"golden_paths.kind": "package", "golden_paths.package_digest": package.digest}
    name = f"package {package.digest[:12]}"
    run = tracking.run(spec.name, f"package:{package.digest}", name=name, tags=tags)
    if run.tags.get(COMPLETE) == "true":
        return f"runs:/{run.id}/{ARCHIVE.name}"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / ARCHIVE.name
        file.write_bytes(package.archive)
        uri = tracking.upload(run.id, file)
    tracking.tag(run.id, {COMPLETE: "true"})
    tracking.finish(run.id)
    return uri
