"""What a model's Service says about its rollouts: which version serves, and which served before. Kept as an annotation."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from golden_paths.artifacts import Candidate, Endpoint, ModelVersion
from golden_paths.rollout.release import Release


class Served(BaseModel):
    """A version that served, until another took over."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: str
    until: datetime


class State(BaseModel):
    """`previous` is what `restore` goes back to while the rollout is not settled; `history` has the newest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    serving: str
    digest: str
    since: datetime
    previous: str | None = None
    is_settled: bool = False
    history: tuple[Served, ...] = ()

    @classmethod
    def after(cls, before: Self | None, release: Release, now: datetime) -> Self:
        """The release took over from what served before."""
        version, history = release.content.version, before.history if before else ()
        if before and before.serving != version:
            history = (Served(version=before.serving, until=now), *history)
        return cls(
            serving=version,
            digest=release.content.digest,
            since=now,
            previous=before.serving if before and before.serving != version else None,
            history=tuple(one for one in history if one.version != version),
        )

    def undone(self, back: Release, now: datetime) -> State:
        """The release serves again, as if nothing had come after it."""
        version = back.content.version
        history = tuple(one for one in self.history if one.version != version)
        return State(serving=version, digest=back.content.digest, since=now, is_settled=True, history=history)

    def is_of(self, one: Candidate | Endpoint | ModelVersion) -> bool:
        """Whether this version serves, byte for byte."""
        return (self.serving, self.digest) == (one.version, one.digest)

    def has_served(self, version: str) -> bool:
        """Now, or before."""
        return version == self.serving or any(one.version == version for one in self.history)
