"""The pod of a step, as data: accepted by a namespace under the restricted Pod Security Standard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from golden_paths import digests
from golden_paths.addresses import without_sign_in
from golden_paths.cluster import restricted
from golden_paths.placement import PodNeeds
from golden_paths.pods.request import VARIABLE, Request
from golden_paths.rollout import labels
from golden_paths.spec import PathSpec

CONTAINER = "step"
ROOT = Path("/tmp/project")  # where the project's files are laid out
PACKAGE, ARCHIVE = Path("/opt/package"), Path("/opt/package/project.tar.gz")
SECRET_PREFIX = "GOLDEN_PATHS_SECRET_"
PLATFORM_SECRETS = ("golden-paths-mlflow", "golden-paths-feast")  # optional: variables that MLflow and Feast read
STEP, RUN, REQUEST = f"{labels.DOMAIN}/step", f"{labels.DOMAIN}/run", f"{labels.DOMAIN}/request"
COMPONENT = "step"
GRACE = 10  # seconds between SIGTERM and SIGKILL


def pod_template(
    spec: PathSpec, request: Request, needs: PodNeeds, *, image: str, tracking_uri: str, config_map: str | None
) -> dict[str, Any]:
    """Spec, platform and request -> the pod. Its name is a prefix: what is added makes it one of its own."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name_of(spec.name, request.step), "labels": labels_of(spec, request)},
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": needs.deadline,
            "terminationGracePeriodSeconds": GRACE,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": restricted.POD,
            "nodeSelector": dict(needs.pool.node_selector),
            "tolerations": [one.model_dump(exclude_none=True) for one in needs.pool.tolerations],
            "containers": [_container(request, needs, image=image, tracking_uri=tracking_uri, config_map=config_map)],
            "volumes": _volumes(config_map),
        },
    }


def name_of(model: str, step: str) -> str:
    """model-step, in what Kubernetes takes."""
    return re.sub(r"[^a-z0-9-]+", "-", f"{model}-{step}")[:50].strip("-")


def labels_of(spec: PathSpec, request: Request) -> dict[str, str]:
    """Who it belongs to, and what it was asked. A run's id may have no room in a label: its digest follows it then."""
    run = labels.value(request.run_id)
    if run != request.run_id:
        run = f"{run[:46].rstrip('-_.')}-{digests.of_bytes(request.run_id.encode())[:16]}"
    return labels.of_model(spec.name, owner=spec.owner, path=spec.golden_path) | {
        labels.COMPONENT: COMPONENT,
        STEP: request.step,
        RUN: run,
        REQUEST: request.digest[:16],
    }


def _container(
    request: Request, needs: PodNeeds, *, image: str, tracking_uri: str, config_map: str | None
) -> dict[str, Any]:
    mounts = [{"name": "tmp", "mountPath": "/tmp"}]
    if config_map:
        mounts.append({"name": "package", "mountPath": str(PACKAGE), "readOnly": True})  # type: ignore[dict-item]
    return {
        "name": CONTAINER,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-m", "golden_paths.pods"],
        "env": [
            {"name": "MLFLOW_TRACKING_URI", "value": without_sign_in(tracking_uri)},
            {"name": VARIABLE, "value": request.encoded()},
        ],
        "envFrom": [
            *({"secretRef": {"name": name, "optional": True}} for name in PLATFORM_SECRETS),
            *({"prefix": SECRET_PREFIX, "secretRef": {"name": name}} for name in needs.secrets),
        ],
        "resources": {
            "requests": {"cpu": needs.cpu, "memory": needs.memory, **needs.gpus},
            "limits": {"memory": needs.memory, **needs.gpus},
        },
        "securityContext": restricted.CONTAINER,
        "terminationMessagePolicy": "File",
        "volumeMounts": mounts,
    }


def _volumes(config_map: str | None) -> list[dict[str, Any]]:
    volumes: list[dict[str, Any]] = [{"name": "tmp", "emptyDir": {}}]
    if config_map:
        volumes.append({"name": "package", "configMap": {"name": config_map}})
    return volumes
