"""How a pod ended, as the step's artifact or as the error that the step's task raises."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from golden_paths.artifacts import Artifact
from golden_paths.cluster.trouble import trouble_of
from golden_paths.errors import StepFailed
from golden_paths.pods import channel
from golden_paths.pods.template import CONTAINER
from golden_paths.record import Record
from golden_paths.step import Step

Json = Mapping[str, Any]


def has_ended(pod: Json) -> bool:
    """Whether nothing of it runs any more."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def has_run(pod: Json) -> bool:
    """Whether its container was started, so that it has a log."""
    states = [one.get("state") or {} for one in (pod.get("status") or {}).get("containerStatuses") or ()]
    return any("running" in state or "terminated" in state for state in states)


def is_failed(pod: Json) -> bool:
    """Whether it ran, and ended badly: its log is worth keeping, and nothing of it can start any more."""
    return (pod.get("status") or {}).get("phase") == "Failed" or bool(_ended(pod).get("exitCode"))


def is_lost(pod: Json, events: Sequence[Json] = ()) -> bool:
    """Whether waiting for it is of no use."""
    trouble = trouble_of(pod, events)
    return trouble is not None and trouble.final


def outcome(
    step: Step, pod: Json, events: Sequence[Json], *, tail: Callable[[int], str], waited: str, record: Record
) -> Artifact:
    """The step's artifact; what the pod noted goes into `record`.

    Raises `StepFailed`: with the step's own words, with what the cluster did to it, or with `waited`.
    """
    ended = _ended(pod)
    said = channel.decode(str(ended.get("message") or ""), tail)
    if said:
        channel.recorded(step, said, record)
    if said and "artifact" in said and ended.get("exitCode") == 0:
        return step.produces.model_validate_json(json.dumps(said["artifact"]))
    if said and "error" in said:
        raise channel.raised(said["error"])
    if trouble := trouble_of(pod, events):
        raise StepFailed(f"{step.name}: {trouble.text}", remedy=_remedy(trouble.remedy, trouble.retry), retry=trouble.retry)
    name = f"pod {pod['metadata']['name']}"
    if has_ended(pod):
        raise StepFailed(f"{step.name}: {name} ended without a result", remedy="see its log above", retry=True)
    raise StepFailed(f"{step.name}: {name}: {waited}", remedy="see its events; a retry starts another", retry=True)


def _remedy(remedy: str, retry: bool) -> str:
    return remedy if retry else f"{remedy}; a retry alone does not help"


def _ended(pod: Json) -> Json:
    for one in (pod.get("status") or {}).get("containerStatuses") or ():
        if one["name"] == CONTAINER:
            return (one.get("state") or {}).get("terminated") or {}
    return {}
