"""A step in a pod without Airflow: `run FILE` waits for it here, and shows its log as it comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from golden_paths import platform
from golden_paths.artifacts import Artifact
from golden_paths.cluster.api import ClusterApi
from golden_paths.pods import channel, ending, sending, sweep
from golden_paths.pods.template import CONTAINER, REQUEST
from golden_paths.rollout import labels
from golden_paths.step import Step, StepContext

if TYPE_CHECKING:
    from golden_paths.connect import LazyClients

POLL = 0.5


def run(step: Step, context: StepContext) -> Artifact:
    """Start the step's pod, or take up the one that was asked the same, and wait for its end. The pod is removed then."""
    api = ClusterApi(cast("LazyClients", context.clients).cluster, context.log)
    manifest = sending.prepared(step, context, api)
    pod = _alive(api, manifest) or _created(api, manifest)
    name = str(pod["metadata"]["name"])
    context.log(f"pod {name} in namespace {api.namespace}")
    try:
        pod = _waited(api, name, context.log)
        events = api.list("Event", fields=f"involvedObject.name={name}")
        return ending.outcome(
            step, pod, events, tail=lambda lines: _tail(api, name, lines), waited="it did not end", record=context.record
        )
    finally:
        api.delete("Pod", name)
        keep = platform.read(context.project).pods.keep_failed
        sweep.sweep(api, context.spec.name, step.name, keep=keep, now=datetime.now(UTC))


def _alive(api: ClusterApi, manifest: dict[str, Any]) -> dict[str, Any] | None:
    wanted = manifest["metadata"]["labels"]
    found = api.list("Pod", {labels.MODEL: wanted[labels.MODEL], REQUEST: wanted[REQUEST]})
    return next((pod for pod in found if not ending.has_ended(pod) and not pod["metadata"].get("deletionTimestamp")), None)


def _created(api: ClusterApi, manifest: dict[str, Any]) -> dict[str, Any]:
    metadata = dict(manifest["metadata"])
    return api.create(manifest | {"metadata": metadata | {"generateName": f"{metadata.pop('name')}-"}})


def _waited(api: ClusterApi, name: str, log: Callable[[str], None]) -> dict[str, Any]:
    """The pod when it has ended, is lost, or is gone."""
    shown, told = 0, ""
    while True:
        pod = api.get("Pod", name) or {"metadata": {"name": name, "deletionTimestamp": "gone"}, "status": {}}
        lines = _lines(api, name, pod)
        for line in lines[shown:]:
            if not line.startswith(channel.LINE):
                log(line)
        shown = max(shown, len(lines))
        events = api.list("Event", fields=f"involvedObject.name={name}")
        if ending.has_ended(pod) or ending.is_lost(pod, events):
            return pod
        if (waits := _waits(pod)) and waits != told:
            told = waits
            log(f"pod {name}: {waits}")
        time.sleep(POLL)


def _waits(pod: dict[str, Any]) -> str:
    """What it waits for, in the cluster's words."""
    conditions = pod["status"].get("conditions") or ()
    return next((str(one.get("message", "")) for one in conditions if one.get("reason") == "Unschedulable"), "")


def _lines(api: ClusterApi, name: str, pod: dict[str, Any]) -> list[str]:
    states = [one.get("state") or {} for one in pod["status"].get("containerStatuses") or ()]
    if not any("running" in state or "terminated" in state for state in states):
        return []
    return api.log_of(name, container=CONTAINER).splitlines()


def _tail(api: ClusterApi, name: str, lines: int) -> str:
    return "\n".join(api.log_of(name, container=CONTAINER).splitlines()[-lines:])
