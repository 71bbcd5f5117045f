"""The canary: some pods of the candidate take traffic beside the version in service, and are judged by what they measure."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from golden_paths.artifacts import CanaryStage
from golden_paths.cluster.api import ClusterApi
from golden_paths.errors import GateFailed, StepFailed
from golden_paths.rollout import judge, manifests, measured
from golden_paths.rollout.measured import Measured, Span
from golden_paths.rollout.release import Release
from golden_paths.rollout.traffic import Traffic
from golden_paths.rollout.versions import Versions
from golden_paths.serve.callers import HEADERS
from golden_paths.spec import RolloutSection

LOOK = 1.0  # seconds between looks at the pods' measurements
LATEST = 120.0  # seconds in which the requests that users have not sent are answered
SENDERS = 4
Object = dict[str, Any]


@dataclass(frozen=True)
class Canary:
    """A candidate beside the version in service."""

    api: ClusterApi
    candidate: Release
    champion: Release
    rollout: RolloutSection
    requests: Sequence[bytes]
    check: Callable[[], None]

    def stages(self) -> tuple[CanaryStage, ...]:
        """Every step below 100 %, judged. Raises `GateFailed`; the candidate then has no traffic any more."""
        traffic = Traffic(self.api, self.candidate.content.model)
        version, serving = self.candidate.content.version, self.champion.content.version
        try:
            return tuple(self._stage(traffic, share) for share in self.rollout.steps if share < 1)
        except BaseException:
            traffic.unshare(serving, version)
            raise

    def _stage(self, traffic: Traffic, share: float) -> CanaryStage:
        version, serving = self.candidate.content.version, self.champion.content.version
        pods, old = self._pods(version), self._pods(serving)
        count = min(len(pods), pods_for(share, len(old)))
        if not count:
            raise StepFailed(
                f"version {version} has no pod that is ready", remedy="look at its pods; run the path again", retry=True
            )
        real = count / (count + len(old))
        self.api.log(f"{count} of {len(pods)} pods of version {version} take traffic beside {len(old)} of {serving}: {real:.0%}")
        taking = pods[:count]
        traffic.share(serving, taking)
        stage = self._judged({pod["metadata"]["name"] for pod in taking}, real)
        self.api.log(
            f"{stage.requests} answers in {stage.seconds:.0f} s, {stage.errors} of them 5xx, {stage.mean_ms:.1f} ms on average"
            f" (version {serving}: {stage.champion_requests}, {stage.champion_errors}, {stage.champion_mean_ms:.1f} ms)"
        )
        return stage

    def _judged(self, taking: set[str], share: float) -> CanaryStage:
        bounds = judge.Bounds(self.rollout.max_errors, self.rollout.max_slowdown, self.rollout.requests)
        stage, slow = self._asked(taking, share, bounds)
        if slow:
            self.api.log(f"{slow}; it is measured once more, since few long answers, of the machine's making, move a mean")
            stage, slow = self._asked(taking, share, bounds)
        self._refuse(slow)
        return stage

    def _asked(self, taking: set[str], share: float, bounds: judge.Bounds) -> tuple[CanaryStage, str | None]:
        """One stage with answers enough, and by how much they took too long. Errors end it before."""
        version, serving = self.candidate.content.version, self.champion.content.version
        mine, others = Span(), Span()
        restarts = self._restarts(version)
        begin, synthetic = time.monotonic(), 0
        while True:
            self.check()
            new = mine.see(self._measured(version, taking))
            old = others.see(self._measured(serving))
            seconds = time.monotonic() - begin
            is_time_over = seconds >= self.rollout.judge_for.total_seconds()
            lacking = max(0, bounds.requests - new.all.requests)
            is_over = is_time_over and not lacking
            self._refuse(judge.fault(new, old, bounds, is_over=is_over))
            self._refuse(self._ended(version, taking, restarts))
            if is_over:
                return _stage(share, seconds, new, old, synthetic), judge.slowness(new, old, bounds)
            if seconds > self.rollout.judge_for.total_seconds() + LATEST:
                self._refuse(f"{new.all.requests} of {bounds.requests} requests were answered within {seconds:.0f} s")
            if is_time_over:
                synthetic += self._send(min(lacking, bounds.requests), taking, others_too=old.all.requests < bounds.requests)
            else:
                time.sleep(LOOK)

    def _refuse(self, fault: str | None) -> None:
        if fault:
            raise GateFailed(
                f"canary: version {self.candidate.content.version}: {fault}",
                remedy="look at its pods' logs; what serves goes on serving",
            )

    def _ended(self, version: str, taking: set[str], restarts: dict[str, int]) -> str | None:
        """A pod that took traffic and was ended or started again."""
        now = self._restarts(version)
        for pod in sorted(taking):
            if pod not in now or now[pod] > restarts.get(pod, 0):
                trouble = Versions(self.api, self.candidate.content.model).trouble(self.candidate)
                return f"its pod {pod} ended while it took traffic" + (f": {trouble.text}" if trouble else "")
        return None

    def _restarts(self, version: str) -> dict[str, int]:
        pods = Versions(self.api, self.candidate.content.model).pods(version)
        return {
            pod["metadata"]["name"]: sum(one["restartCount"] for one in pod["status"].get("containerStatuses") or [])
            for pod in pods
        }

    def _pods(self, version: str) -> list[Object]:
        """Ready ones, by name."""
        found = Versions(self.api, self.candidate.content.model).pods(version)
        return sorted(filter(_is_ready, found), key=lambda pod: str(pod["metadata"]["name"]))

    def _measured(self, version: str, only: set[str] | None = None) -> list[tuple[str, Measured]]:
        names = [pod["metadata"]["name"] for pod in self._pods(version)]
        found = []
        for name in names:
            if only is None or name in only:
                status, body = self.api.proxied(name, "/metrics", port=manifests.PORT)
                if status == 200:
                    found.append((name, measured.read(body.decode())))
        return found

    def _send(self, count: int, taking: set[str], *, others_too: bool) -> int:
        """Synthetic requests, to the candidate's pods and as many to those of the version in service."""
        pods = sorted(taking)
        old = [pod["metadata"]["name"] for pod in self._pods(self.champion.content.version)] if others_too else []
        jobs = []
        for number, body in zip(range(count), itertools.cycle(self.requests), strict=False):
            jobs.append((pods[number % len(pods)], body))
            if old:
                jobs.append((old[number % len(old)], body))
        with ThreadPoolExecutor(SENDERS) as senders:
            list(senders.map(lambda job: self._post(*job), jobs))
        return count

    def _post(self, pod: str, body: bytes) -> None:
        self.api.proxied(pod, "/invocations", port=manifests.PORT, body=json.loads(body), headers=HEADERS)


def pods_for(share: float, others: int) -> int:
    """How many pods beside `others` have this share of them all; at least one."""
    return max(1, round(others * share / (1 - share)))


def _is_ready(pod: Object) -> bool:
    conditions = pod["status"].get("conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _stage(share: float, seconds: float, new: Measured, old: Measured, synthetic: int) -> CanaryStage:
    return CanaryStage(
        share=round(share, 4),
        seconds=round(seconds, 1),
        requests=new.all.requests,
        synthetic=synthetic,
        errors=new.all.errors,
        mean_ms=round(new.all.mean * 1000, 3),
        champion_requests=old.all.requests,
        champion_errors=old.all.errors,
        champion_mean_ms=round(old.all.mean * 1000, 3),
    )
