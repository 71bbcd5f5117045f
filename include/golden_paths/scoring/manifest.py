"""What the scores of an interval are made of, as their place keeps it beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from golden_paths.scoring.interval import Interval


class Replaced(BaseModel):
    """What was there before. `folder`: of which interval."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    folder: str
    version: str
    digest: str


class Manifest(BaseModel):
    """Digests are SHA-256; `digest` is that of the file of scores, `replaced` what it took the place of.

    `by_hand`: until the schedule's own intervals come to these rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    spec: str
    spec_digest: str
    start: datetime | None
    end: datetime
    by_hand: bool
    rows: int
    unanswered: int
    model: str
    version: str
    model_digest: str
    entities_digest: str
    features_digest: str
    digest: str
    uri: str
    replaced: tuple[Replaced, ...] = ()

    @property
    def interval(self) -> Interval:
        """The rows that it is about."""
        return Interval(self.start, self.end)

    def says_the_same_as(self, other: Manifest | None) -> bool:
        """Whether these are the same scores, whatever they replaced."""
        return other is not None and other.model_copy(update={"replaced": ()}) == self.model_copy(update={"replaced": ()})

    def in_place_of(self, before: Manifest | None, given_way: Sequence[Replaced]) -> Manifest:
        """With what it replaces: what the interval had, and the other intervals that give way."""
        replaced = list(given_way)
        if before and before.digest != self.digest:
            replaced.append(Replaced(folder=self.interval.folder, version=before.version, digest=before.digest))
        elif before:
            replaced += before.replaced
        return self.model_copy(update={"replaced": tuple(replaced)})
