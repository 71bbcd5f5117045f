"""What a spec must keep. Pure: a spec and a policy in, what is wrong out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from golden_paths.pod_sections import PodSection
from golden_paths.policy import amounts
from golden_paths.policy.images import fault_of
from golden_paths.policy.model import FILE, Policy
from golden_paths.spec import SECTIONS, PathSpec

Key = tuple[str | int, ...]
ASK = f"or ask the platform team, who keep {FILE}"


@dataclass(frozen=True)
class Fault:
    """One rule that a spec does not keep."""

    key: Key
    problem: str
    remedy: str


def faults(spec: PathSpec, policy: Policy, today: date | None = None) -> Iterator[Fault]:
    """Every rule that the spec does not keep."""
    if policy.owners is not None and spec.owner not in policy.owners:
        yield Fault(("owner",), "is no team that may have models here", f"known are {', '.join(policy.owners)}; {ASK}")
    yield from _code(spec, policy)
    yield from _deploy(spec, policy)
    for key, pod in _pods(spec):
        yield from _pod(key, pod, policy)
    yield from _required(spec, policy, today)


def _code(spec: PathSpec, policy: Policy) -> Iterator[Fault]:
    """Code is what fits and what defines features: both are run."""
    if policy.code_roots is None:
        return
    named: list[tuple[Key, str | None]] = [
        (("train", "code"), spec.train.code if spec.train else None),
        (("train", "notebook"), spec.train.notebook if spec.train else None),
        (("features", "repo"), spec.features.repo if spec.features else None),
    ]
    for key, place in named:
        file = PurePosixPath((place or "").partition(":")[0])
        if place and not any(file.is_relative_to(root) for root in policy.code_roots):
            yield Fault(
                key,
                "is in no folder from which code may be run",
                f"put it into {' or '.join(policy.code_roots)}; {ASK}",
            )


def _deploy(spec: PathSpec, policy: Policy) -> Iterator[Fault]:
    deploy, most = spec.deploy, policy.resources
    if deploy is None or deploy.to != "kubernetes":
        return
    yield from _amounts(("deploy",), deploy.cpu, deploy.memory, policy)
    asked: list[tuple[Key, int]] = [(("deploy", "replicas"), deploy.replicas)]
    if deploy.autoscale:
        asked.append((("deploy", "autoscale", "max_replicas"), deploy.autoscale.max_replicas))
    for key, replicas in asked:
        if most.replicas is not None and replicas > most.replicas:
            yield Fault(
                key, f"asks for {replicas} replicas, and a model may have {most.replicas}", f"ask for fewer, {ASK}"
            )


def _pods(spec: PathSpec) -> Iterator[tuple[Key, PodSection]]:
    if spec.train and spec.train.pod:
        yield ("train", "pod"), spec.train.pod
    if spec.score and spec.score.pod:
        yield ("score", "pod"), spec.score.pod
    for name, placed in (spec.steps or {}).items():
        if placed.pod:
            yield ("steps", name, "pod"), placed.pod


def _pod(key: Key, pod: PodSection, policy: Policy) -> Iterator[Fault]:
    if pod.image and (problem := fault_of(pod.image, policy.images)):
        yield Fault((*key, "image"), problem[0], problem[1])
    yield from _amounts(key, pod.cpu, pod.memory, policy)
    most = policy.resources.gpu
    if most is not None and (pod.gpu or 0) > most:
        yield Fault((*key, "gpu"), f"asks for {pod.gpu} GPUs, and a pod may have {most}", f"ask for fewer, {ASK}")


def _amounts(key: Key, cpu: str | None, memory: str | None, policy: Policy) -> Iterator[Fault]:
    most = policy.resources
    if amounts.is_more(cpu, most.cpu):
        yield Fault((*key, "cpu"), f"asks for {cpu} CPU, and a container may have {most.cpu}", f"ask for less, {ASK}")
    if amounts.is_more(memory, most.memory):
        yield Fault(
            (*key, "memory"), f"asks for {memory}, and a container may have {most.memory}", f"ask for less, {ASK}"
        )


def _required(spec: PathSpec, policy: Policy, today: date | None) -> Iterator[Fault]:
    waived = {one.gate: one for one in policy.waivers if one.model == spec.name}
    for gate in getattr(policy.risk, spec.risk).requires:
        if value_of(spec, gate) is not None or not _may_say(spec, gate):
            continue
        key: Key = tuple(gate.split("."))
        waiver = waived.get(gate)
        if waiver and not waiver.has_expired(today):
            continue
        problem = f"is missing, and a model of {spec.risk} risk needs it"
        if waiver:
            problem += f"; its waiver by {waiver.owner} expired on {waiver.expires}"
        yield Fault(key, problem, f"add it, {ASK} and its waivers")


def _may_say(spec: PathSpec, dotted: str) -> bool:
    """Whether the spec's path has the section of a key: refreshed features have no champion."""
    from golden_paths.registry import PATHS  # whose steps hold specs to the policy

    section, path = dotted.partition(".")[0], PATHS.get(spec.golden_path)
    return path is None or section not in SECTIONS or path.takes(section)


def value_of(spec: PathSpec, dotted: str) -> Any:
    """What a spec says under a dotted key; None when it says nothing, or lacks the section."""
    found: Any = spec
    for part in dotted.split("."):
        found = getattr(found, part, None)
    return found or None if isinstance(found, str | tuple | dict) else found
