"""What is wrong with a pod, in one sentence: read from its plain JSON and its events, as `kubectl get -o json` prints them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
DIGEST_EXIT = 3  # of golden_paths.serve, and of what fetches and unpacks for it
SHOWN = 500  # characters of what a cluster or a container says
PULL = ("ErrImagePull", "ImagePullBackOff")
NEVER_RUNS = ("InvalidImageName", "ErrImageNeverPull", "ImageInspectError")
NOT_STARTED = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
NO_ANSWER = ("timeout", "timed out", "connection refused", "no such host", "connection reset", "temporary failure", "EOF")
LASTING = ("not found", "couldn't find key", "will run as root", "no such file", "executable file not found")
STUCK_EVENTS = ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox")
OWN_LIMIT = ("ephemeral local storage usage exceeds", "exceeds the limit", "exceeds its ephemeral")


@dataclass(frozen=True)
class Trouble:
    """`retry`: running the same again may help. `final`: waiting mends nothing; a cluster may still mend what is not."""

    reason: str  # as Kubernetes calls it: OOMKilled, Evicted, ErrImagePull, Unschedulable, DeadlineExceeded, ...
    text: str
    remedy: str
    retry: bool
    final: bool


@dataclass(frozen=True)
class Container:
    """A container's spec and status, side by side."""

    name: str
    spec: Json
    status: Json
    is_init: bool
    restarts: bool  # by its pod's restartPolicy

    @property
    def shown(self) -> str:
        """As a sentence names it."""
        return f"{'init container' if self.is_init else 'container'} {self.name}"

    def state(self, kind: str) -> Json:
        """running, waiting or terminated; empty when it is not so."""
        return (self.status.get("state") or {}).get(kind) or {}

    @property
    def ended(self) -> Json:
        """How it ended: now, or before it was started again and became ready."""
        if now := self.state("terminated"):
            return now
        is_well = self.status.get("ready") and not self.is_init
        return {} if is_well else (self.status.get("lastState") or {}).get("terminated") or {}


def trouble_of(pod: Json, events: Sequence[Json] = ()) -> Trouble | None:
    """The first that is wrong with a pod, the gravest before the others; None while there is nothing to say."""
    looks: tuple[Callable[[Json, Sequence[Json]], Trouble | None], ...] = (_taken_away, _containers, _unscheduled, _stuck)
    return next((found for look in looks if (found := look(pod, events))), None)


def containers(pod: Json) -> Iterator[Container]:
    """Init containers first, in the order in which they run."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    restarts = spec.get("restartPolicy", "Always") != "Never"
    for specs, statuses, is_init in (
        ("initContainers", "initContainerStatuses", True),
        ("containers", "containerStatuses", False),
    ):
        found = {one["name"]: one for one in status.get(statuses) or ()}
        for one in spec.get(specs) or ():
            yield Container(one["name"], one, found.get(one["name"], {}), is_init, restarts)


def _name(pod: Json) -> str:
    return f"pod {(pod.get('metadata') or {}).get('name', '')}"


def _shown(text: Any) -> str:
    """One line of what somebody else says, without the full stop that a sentence of ours goes on after."""
    line = " ".join(str(text or "").split()).rstrip(".")
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}..."


def _taken_away(pod: Json, _: Sequence[Json]) -> Trouble | None:
    """The pod as a whole was ended: its deadline, its node, a more important pod, or somebody."""
    status, name = pod.get("status") or {}, _name(pod)
    reason, said = str(status.get("reason") or ""), _shown(status.get("message"))
    if reason == "DeadlineExceeded":
        limit = (pod.get("spec") or {}).get("activeDeadlineSeconds")
        text = f"{name} did not end within its active deadline of {limit} s"
        return Trouble(reason, text, "make it faster, or allow it more time", retry=False, final=True)
    if reason == "Evicted":
        own = any(words in said for words in OWN_LIMIT)
        remedy = "a retry may find a node with room; request what it takes"
        if own:
            remedy = "write less there, or allow more: deploy.memory, of a pod that serves"
        return Trouble(reason, f"{name} was evicted: {said}", remedy, retry=not own, final=True)
    for condition in status.get("conditions") or ():
        if condition.get("type") == "DisruptionTarget" and condition.get("status") == "True":
            why = _shown(condition.get("message") or condition.get("reason"))
            return Trouble("Evicted", f"{name} was taken off its node: {why}", "run it again", retry=True, final=True)
    if (pod.get("metadata") or {}).get("deletionTimestamp") and status.get("phase") not in ("Succeeded", "Failed"):
        return Trouble("Deleted", f"{name} is being deleted", "run it again", retry=True, final=True)
    if reason and status.get("phase") == "Failed":  # NodeLost, NodeShutdown, OutOfmemory, UnexpectedAdmissionError, ...
        text = f"{name} was refused or lost by its node: {reason}: {said}"
        return Trouble(reason, text, "run it again", retry=True, final=True)
    return None


def _containers(pod: Json, events: Sequence[Json]) -> Trouble | None:
    for one in containers(pod):
        if found := _waiting(pod, one, events) or _ended(pod, one):
            return found
    return None


def _waiting(pod: Json, one: Container, events: Sequence[Json]) -> Trouble | None:
    """A container that is not started: its image, or what it is to be given."""
    waiting = one.state("waiting")
    reason, said = str(waiting.get("reason") or ""), _shown(waiting.get("message"))
    image = one.spec.get("image", "")
    if reason in NEVER_RUNS:
        text = f"{_name(pod)}: image {image} of {one.shown} cannot run ({reason}): {said}"
        return Trouble(reason, text, "put the image where the cluster's nodes find it, or name another", retry=False, final=True)
    if reason in PULL:
        return _pull(pod, one, said if "failed" in said.lower() else _event(events, "Failed", "Failed to pull") or said, reason)
    if reason in NOT_STARTED:
        lasting = any(words in said for words in LASTING)
        text = f"{_name(pod)}: {one.shown} cannot start ({reason}): {said}"
        return Trouble(reason, text, "make what it names, or name another", retry=not lasting, final=lasting)
    return None


def _pull(pod: Json, one: Container, said: str, reason: str) -> Trouble:
    """Whether the registry said no, or did not answer. While it backs off a kubelet has tried, and tries ever more rarely."""
    silent = any(words in said for words in NO_ANSWER)
    text = f"{_name(pod)}: image {one.spec.get('image', '')} of {one.shown} could not be pulled: {said}"
    remedy = "put the image where the cluster's nodes find it, or name another"
    if silent:
        remedy = f"see whether the registry answers; else {remedy}"
    return Trouble("ErrImagePull", text, remedy, retry=silent, final=not silent or reason == "ImagePullBackOff")


def _ended(pod: Json, one: Container) -> Trouble | None:
    """A container that ended badly, for good or to be started again."""
    ended = one.ended
    code = int(ended.get("exitCode") or 0)
    if not code:
        return None
    said, place = _shown(ended.get("message")), f"{_name(pod)}: {one.shown}"
    told = f": {said}" if said else ""
    if ended.get("reason") == "OOMKilled":
        limit = ((one.spec.get("resources") or {}).get("limits") or {}).get("memory")
        whose = f"its memory limit of {limit}" if limit else "what its node has"
        text = f"{place} was OOMKilled: it took more memory than {whose} (exit code {code}){told}"
        return Trouble("OOMKilled", text, "give it more memory, or make it take less", retry=False, final=True)
    if code == DIGEST_EXIT:
        text = f"{place} refused what it was given (exit code {code}){told or ': its digest is not the one that is registered'}"
        return Trouble("DigestMismatch", text, "it was changed: run the path again", retry=False, final=True)
    crashing = one.state("waiting").get("reason") == "CrashLoopBackOff"
    reason = "CrashLoopBackOff" if crashing else str(ended.get("reason") or "Error")
    again = f", {one.status.get('restartCount')} times started again" if crashing else ""
    text = f"{place} ended with {_code(code)}{again}{told}"
    final = one.is_init or crashing or not one.restarts
    return Trouble(reason, text, "see its log", retry=code > 128, final=final)


def _code(code: int) -> str:
    """An exit code, with the signal that it stands for."""
    try:
        return f"exit code {code} ({signal.Signals(code - 128).name})" if code > 128 else f"exit code {code}"
    except ValueError:
        return f"exit code {code}"


def _unscheduled(pod: Json, events: Sequence[Json]) -> Trouble | None:
    for condition in (pod.get("status") or {}).get("conditions") or ():
        is_it = condition.get("type") == "PodScheduled" and condition.get("status") == "False"
        if is_it and condition.get("reason") == "Unschedulable":
            said = _shown(condition.get("message")) or _event(events, "FailedScheduling")
            remedy = "ask for less, choose another pool, or add a node; a retry helps once there is room"
            return Trouble("Unschedulable", f"{_name(pod)} finds no node: {said}", remedy, retry=True, final=False)
    return None


def _stuck(pod: Json, events: Sequence[Json]) -> Trouble | None:
    """A volume or a network that is not there yet: a kubelet goes on trying."""
    if (pod.get("status") or {}).get("phase") != "Pending":
        return None
    for reason in STUCK_EVENTS:
        if said := _event(events, reason):
            return Trouble(reason, f"{_name(pod)} cannot start ({reason}): {said}", "make what it names", retry=True, final=False)
    return None


def _event(events: Sequence[Json], reason: str, start: str = "") -> str:
    """What the newest event of this reason says, among those that start so."""
    found = [event for event in events if event.get("reason") == reason and str(event.get("message")).startswith(start)]
    newest = max(found, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""), default=None)
    return _shown(newest["message"]) if newest else ""
