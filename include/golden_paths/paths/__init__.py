"""Golden paths: each is a name, a promise and a list of steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Path:
    """A road that the platform team keeps.

    `sections` are those of the spec it cannot do without, `may_have` those that it uses where they are there. It has no
    others: a spec that brings one is refused, and a policy's required keys of one are not asked for. `refreshes`: other
    specs may rely on what its specs write (`features.refreshed_by`), and start when a run has ended well. `by_interval`: a
    run is about the rows of one interval of the schedule.
    """

    name: str
    version: int
    promise: str
    sections: tuple[str, ...]
    steps: tuple[str, ...]
    may_have: tuple[str, ...] = ()
    refreshes: bool = False
    by_interval: bool = False

    @property
    def id(self) -> str:
        """How a spec names it: online-model@1."""
        return f"{self.name}@{self.version}"

    def takes(self, section: str) -> bool:
        """Whether a spec of this path may have the section."""
        return section in self.sections or section in self.may_have
