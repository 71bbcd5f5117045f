"""Endpoints in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from golden_paths import digests
from golden_paths.artifacts import CanaryStage, Candidate, Endpoint, ModelVersion
from golden_paths.errors import DigestMismatch, StepFailed
from golden_paths.serve.metrics import Metrics
from golden_paths.serve.status import Identity
from golden_paths.withdrawal import reason_of

WITHDRAWN = "withdrawn: "  # in the place of an address, with the reason


@dataclass
class Rollout:
    """One endpoint: what runs (first what served, then candidates in the order of their start), and what serves."""

    running: list[str] = field(default_factory=list)
    serving: Candidate | None = None
    before: Candidate | None = None
    settled: bool = True


class FakeTarget:
    """What serves, what runs beside it, and what was asked, in order."""

    def __init__(self, url: str = "http://127.0.0.1:1") -> None:
        self.url = url
        self.asked: list[str] = []
        self.measured: dict[str, str] = {}  # what tests have its servers say
        self._rollouts: dict[str, Rollout] = {}

    def start(
        self, version: ModelVersion, *, fetch: Callable[[], Path], features: Path | None, service: str | None
    ) -> Candidate:
        model = fetch()
        self.asked.append(f"start {version.version}")
        if (found := digests.of_folder(model)) != version.digest:
            what = f"the model folder of {version.model} version {version.version}"
            raise DigestMismatch(what, expected=version.digest, found=found)
        rollout = self._rollouts.setdefault(version.model, Rollout())
        candidate = Candidate(endpoint=version.model, version=version.version, digest=version.digest, url=self.url)
        for one in (rollout.serving, candidate):  # what served before `stop` comes back
            if one and key(one) not in rollout.running:
                rollout.running.append(key(one))
        return candidate

    def canary(self, candidate: Candidate, requests: Sequence[bytes]) -> tuple[CanaryStage, ...]:
        self.asked.append(f"canary {candidate.version}")
        return ()

    def shift(self, candidate: Candidate) -> Endpoint:
        self.asked.append(f"shift {candidate.version}")
        rollout = self._answering(candidate.endpoint)
        if not is_same(rollout.serving, candidate):
            if key(candidate) not in rollout.running:
                raise StepFailed(f"version {key(candidate)} does not run", remedy="start it", retry=True)
            rollout.serving, rollout.before, rollout.settled = candidate, rollout.serving, False
            rollout.running.sort(key=lambda one: not (rollout.before and one == key(rollout.before)))
        return self._endpoint(candidate, rollout.before)

    def settle(self, endpoint: Endpoint) -> None:
        self.asked.append("settle")
        rollout = self._answering(endpoint.endpoint)
        if is_same(rollout.serving, endpoint):
            rollout.settled = True
            del rollout.running[: rollout.running.index(key(endpoint))]

    def restore(self, endpoint: Endpoint) -> None:
        self.asked.append(f"restore {endpoint.version}")
        rollout = self._rollouts.get(endpoint.endpoint, Rollout())
        if is_same(rollout.serving, endpoint) and not rollout.settled:
            rollout.serving, rollout.before, rollout.settled = rollout.before, None, True
            if rollout.serving and key(rollout.serving) not in rollout.running:
                rollout.running.append(key(rollout.serving))
        self._end(rollout, endpoint)

    def discard(self, candidate: Candidate) -> None:
        self.asked.append(f"discard {candidate.version}")
        self._end(self._rollouts.get(candidate.endpoint, Rollout()), candidate)

    def withdraw(self, endpoint: str, reason: str, *, version: str | None = None) -> bool:
        self.asked.append(f"withdraw {version}")
        why, rollout = reason_of(reason), self._rollouts.get(endpoint, Rollout())
        if rollout.serving is None or version not in (None, rollout.serving.version):
            return False
        before, gone = (rollout.serving, rollout.before), rollout.serving
        if not is_withdrawn(rollout.serving):
            gone = rollout.serving.model_copy(update={"url": WITHDRAWN + why})
            rollout.running[:] = [one for one in rollout.running if one not in [key(was) for was in before if was]]
            rollout.serving, rollout.before, rollout.settled = gone, None, True
        if key(gone) not in rollout.running:
            rollout.running.append(key(gone))
        return True

    def withdrawn(self, endpoint: str) -> str:
        """The reason that the address gives; for tests."""
        serving = self._rollouts.get(endpoint, Rollout()).serving
        return serving.url.removeprefix(WITHDRAWN) if serving and is_withdrawn(serving) else ""

    def retire(self, endpoint: str) -> datetime | None:
        self.asked.append("retire")
        return None

    def serving(self, endpoint: str) -> Endpoint | None:
        one = self._rollouts.get(endpoint)
        if one is None or one.serving is None or not one.running or is_withdrawn(one.serving):
            return None
        return self._endpoint(one.serving, one.before)

    def measurements(self, endpoint: str) -> dict[str, str]:
        if (serving := self.serving(endpoint)) is None:
            return {}
        identity = Identity(serving.endpoint, serving.version, serving.digest, "", "")
        return self.measured or {f"process {serving.version}": Metrics(identity).text().decode()}

    def stop(self, endpoint: str) -> bool:
        rollout = self._rollouts.get(endpoint, Rollout())
        was_there = bool(rollout.running)
        rollout.running.clear()
        return was_there

    def _answering(self, endpoint: str) -> Rollout:
        rollout = self._rollouts.get(endpoint)
        if rollout is None or not rollout.running:
            raise StepFailed(f"endpoint {endpoint} does not answer", remedy="start a version", retry=True)
        return rollout

    def _endpoint(self, one: Candidate, before: Candidate | None) -> Endpoint:
        previous = before.version if before else None
        return Endpoint(endpoint=one.endpoint, url=self.url, version=one.version, digest=one.digest, previous=previous)

    @staticmethod
    def _end(rollout: Rollout, one: Candidate | Endpoint) -> None:
        if key(one) in rollout.running and not is_same(rollout.serving, one):
            rollout.running.remove(key(one))


def key(one: Candidate | Endpoint) -> str:
    return f"{one.version}-{one.digest[:12]}" + ("-withdrawn" if is_withdrawn(one) else "")


def is_withdrawn(one: Candidate | Endpoint) -> bool:
    return one.url.startswith(WITHDRAWN)


def is_same(one: Candidate | None, other: Candidate | Endpoint) -> bool:
    return one is not None and key(one) == key(other)
