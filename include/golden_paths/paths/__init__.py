"""Golden paths: each is a name, a promise and a list of steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Path:
    """A road that the platform team keeps. `sections` are those of the spec it cannot do without."""

    name: str
    version: int
    promise: str
    sections: tuple[str, ...]
    steps: tuple[str, ...]

    @property
    def id(self) -> str:
        """How a spec names it: online-model@1."""
        return f"{self.name}@{self.version}"
