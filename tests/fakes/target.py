"""Endpoints in memory."""

from __future__ import annotations

from pathlib import Path

from golden_paths import digests
from golden_paths.artifacts import Candidate, Endpoint, ModelVersion
from golden_paths.errors import DigestMismatch


class FakeTarget:
    """What serves, what runs beside it, and what was asked, in order."""

    def __init__(self, url: str = "http://127.0.0.1:1") -> None:
        self.url = url
        self.serving: dict[str, Endpoint] = {}
        self.before: dict[str, Endpoint | None] = {}  # while the change can be undone
        self.candidates: dict[str, list[Candidate]] = {}
        self.asked: list[str] = []

    def start(
        self, version: ModelVersion, *, model: Path, features: Path | None, service: str | None, port: int | None
    ) -> Candidate:
        self.asked.append(f"start {version.version}")
        if (found := digests.of_folder(model)) != version.digest:
            what = f"the model folder of {version.model} version {version.version}"
            raise DigestMismatch(what, expected=version.digest, found=found)
        candidate = Candidate(endpoint=version.model, version=version.version, digest=version.digest, url=self.url)
        running = self.candidates.setdefault(version.model, [])
        if candidate not in running:
            running.append(candidate)
        return candidate

    def shift(self, candidate: Candidate) -> Endpoint:
        self.asked.append(f"shift {candidate.version}")
        now = self.serving.get(candidate.endpoint)
        if now is None or now.version != candidate.version:
            self.before[candidate.endpoint] = now
            self.serving[candidate.endpoint] = Endpoint(
                endpoint=candidate.endpoint,
                url=self.url,
                version=candidate.version,
                digest=candidate.digest,
                previous=now.version if now else None,
            )
        return self.serving[candidate.endpoint]

    def settle(self, endpoint: Endpoint) -> None:
        self.asked.append("settle")
        self.before.pop(endpoint.endpoint, None)

    def restore(self, endpoint: Endpoint) -> None:
        self.asked.append(f"restore {endpoint.version}")
        if endpoint.endpoint in self.before:
            del self.serving[endpoint.endpoint]
            if back := self.before.pop(endpoint.endpoint):
                self.serving[endpoint.endpoint] = back

    def discard(self, candidate: Candidate) -> None:
        self.asked.append(f"discard {candidate.version}")
        running = self.candidates.get(candidate.endpoint, [])
        if candidate in running:
            running.remove(candidate)

    def endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(self.serving.values())

    def stop(self, endpoint: str) -> bool:
        was_there = self.serving.pop(endpoint, None) is not None
        return self.candidates.pop(endpoint, None) is not None or was_there
