"""What an object must keep that is about to be sent to a cluster: the same policy, asked of what the cluster would get."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from golden_paths.errors import StepFailed
from golden_paths.policy import amounts
from golden_paths.policy.images import fault_of
from golden_paths.policy.model import FILE, Policy
from golden_paths.policy.reading import read
from golden_paths.project import Project
from golden_paths.rollout import labels

Object = Mapping[str, Any]
GPUS = "/gpu"  # how names of such resources end: nvidia.com/gpu


class Forbidden(StepFailed):
    """The policy does not allow an object. Nothing was sent."""


def guard(project: Project) -> Callable[[Object, str], None]:
    """For a cluster's API: raises `Forbidden` for an object that the project's policy does not allow in a namespace.

    The file is read each time: what was allowed when the DAG was parsed may not be any more.
    """

    def check(manifest: Object, namespace: str) -> None:
        if found := list(faults(manifest, read(project), namespace)):
            name = manifest["metadata"].get("name") or manifest["metadata"].get("generateName")
            raise Forbidden(
                f"{manifest['kind']} {name} is not sent: {'; '.join(found)}",
                remedy=f"change the spec, or ask the platform team, who keep {FILE}",
            )

    return check


def faults(manifest: Object, policy: Policy, namespace: str) -> Iterator[str]:
    """Every rule that the object does not keep, in words."""
    kind = manifest["kind"]
    if policy.namespaces is not None and namespace not in policy.namespaces:
        yield f"namespace {namespace} is none of {', '.join(policy.namespaces)}"
    owner = (manifest["metadata"].get("labels") or {}).get(labels.OWNER)
    if policy.owners is not None and owner not in [labels.value(one) for one in policy.owners]:
        yield f"owner {owner} is none of {', '.join(policy.owners)}"
    most = policy.resources.replicas
    spec = manifest.get("spec") or {}
    for key in ("replicas", "maxReplicas"):
        if most is not None and (asked := spec.get(key) or 0) > most:
            yield f"it has {asked} replicas of {most} allowed"
    pod = spec if kind == "Pod" else (spec.get("template") or {}).get("spec") or {}
    for container in (*(pod.get("initContainers") or ()), *(pod.get("containers") or ())):
        yield from _container(container, policy)


def _container(container: Object, policy: Policy) -> Iterator[str]:
    place = f"container {container['name']}"
    if problem := fault_of(str(container.get("image") or ""), policy.images):
        yield f"image {container.get('image')} of {place} {problem[0]}"
    asked: dict[str, str] = {}
    resources = container.get("resources") or {}
    for part in ("requests", "limits"):
        asked |= {name: str(amount) for name, amount in (resources.get(part) or {}).items()}
    most = policy.resources
    for name, limit in (("cpu", most.cpu), ("memory", most.memory)):
        if amounts.is_more(asked.get(name), limit):
            yield f"{place} asks for {asked[name]} {name} of {limit} allowed"
        if name == "memory" and limit and name not in (resources.get("limits") or {}):
            yield f"{place} has no memory limit, and may take {limit} at most"
    gpus = sum(int(amount) for name, amount in asked.items() if name.endswith(GPUS))
    if most.gpu is not None and gpus > most.gpu:
        yield f"{place} asks for {gpus} GPUs of {most.gpu} allowed"
