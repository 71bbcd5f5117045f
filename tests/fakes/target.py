"""Endpoints in memory."""

from __future__ import annotations

from pathlib import Path

from golden_paths.artifacts import Candidate, Endpoint, ModelVersion


class FakeTarget:
    """What serves, what runs beside it, and what was asked, in order."""

    def __init__(self, url: str = "http://127.0.0.1:1") -> None:
        self.url = url
        self.serving: dict[str, Endpoint] = {}
        self.before: dict[str, Endpoint | None] = {}
        self.asked: list[str] = []

    def start(
        self, version: ModelVersion, *, model: Path, features: Path | None, service: str | None, port: int | None
    ) -> Candidate:
        self.asked.append(f"start {version.version}")
        return Candidate(endpoint=version.model, version=version.version, digest=version.digest, url=self.url)

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
        del self.serving[endpoint.endpoint]
        if back := self.before.pop(endpoint.endpoint, None):
            self.serving[endpoint.endpoint] = back

    def discard(self, candidate: Candidate) -> None:
        self.asked.append(f"discard {candidate.version}")

    def endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(self.serving.values())

    def stop(self, endpoint: str) -> bool:
        return self.serving.pop(endpoint, None) is not None
