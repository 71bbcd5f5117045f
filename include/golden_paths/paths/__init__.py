"""Golden paths: each is a name, a promise and a list of steps."""

from __future__ import annotations

from dataclasses import dataclass

# The sections of a spec that only some roads have.
SECTIONS = ("features", "training_set", "train", "evaluate", "deploy", "monitor", "score", "refresh")


@dataclass(frozen=True)
class Path:
    """A road that the platform team keeps. `sections` are those of the spec it cannot do without, `may_have` those it can.

    `answers_for`: the sections that the policy's requirements count for; None: all that it has. `by_interval`: a run is about
    the rows of one interval of the schedule.
    """

    name: str
    version: int
    promise: str
    sections: tuple[str, ...]
    steps: tuple[str, ...]
    may_have: tuple[str, ...] = ()
    answers_for: tuple[str, ...] | None = None
    by_interval: bool = False

    @property
    def id(self) -> str:
        """How a spec names it: online-model@1."""
        return f"{self.name}@{self.version}"

    def answers(self, key: str) -> bool:
        """Whether the policy may require this dotted key of a spec: keys of no section, and those of sections it answers for."""
        section = key.partition(".")[0]
        known = (*self.sections, *self.may_have) if self.answers_for is None else self.answers_for
        return section in known or section not in SECTIONS
