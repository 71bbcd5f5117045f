"""What pods leave: failed ones are kept for a while, and a package for as long as a pod names it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from golden_paths.cluster.api import ClusterApi
from golden_paths.pods import delivery, template
from golden_paths.rollout import labels

Json = Mapping[str, Any]
CHECKED = "already_checked"  # the provider's label: a task has read how the pod ended


def sweep(api: ClusterApi, model: str, step: str, *, keep: timedelta, now: datetime) -> None:
    """Remove what is due of one model's step. Runs may overlap, but a step is in one at a time: none is sending a package."""
    own = labels.MANAGED | {labels.MODEL: model, template.STEP: step}
    pods = api.list("Pod", own | {labels.COMPONENT: template.COMPONENT})
    old = {name(pod) for pod in pods if is_due(pod, keep=keep, now=now)}
    for pod in sorted(old):
        api.delete("Pod", pod)
    left = [pod for pod in pods if name(pod) not in old]
    packages = api.list("ConfigMap", own | {labels.COMPONENT: delivery.COMPONENT})
    for package in unused(packages, left):
        api.delete("ConfigMap", package)


def is_due(pod: Json, *, keep: timedelta, now: datetime) -> bool:
    """Whether a pod's time is over. One whose task has not read how it ended is kept for that task."""
    if (pod["metadata"].get("labels") or {}).get(CHECKED) != "True":
        return False
    return datetime.fromisoformat(ended(pod)) + keep <= now


def ended(pod: Json) -> str:
    """When its container ended, else when it was made."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    times = [((one.get("state") or {}).get("terminated") or {}).get("finishedAt") for one in statuses]
    return max((str(time) for time in times if time), default=str(pod["metadata"]["creationTimestamp"]))


def unused(packages: Iterable[Json], pods: Iterable[Json]) -> list[str]:
    """ConfigMaps that no pod mounts. A failed pod that is kept can no longer start, and needs none."""
    alive = [pod for pod in pods if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")]
    named = {
        (volume.get("configMap") or {}).get("name") for pod in alive for volume in (pod["spec"].get("volumes") or ())
    }
    return sorted(name(package) for package in packages if name(package) not in named)


def name(of: Json) -> str:
    """An object's name."""
    return str(of["metadata"]["name"])
