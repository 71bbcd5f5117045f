"""What a step is: one plain-Python module that says what it consumes, what it produces, and how it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from golden_paths.artifacts import Artifact

if TYPE_CHECKING:
    from golden_paths.clients import Clients
    from golden_paths.project import Project
    from golden_paths.spec import PathSpec

A = TypeVar("A", bound=Artifact)


@dataclass(frozen=True)
class Run:
    """One run of a path. Everything that a step names is derived from `id`, never from the clock, so retries converge.

    `start` is None when the run has no interval of its own (by hand, or by an asset): since what was done last.
    """

    id: str
    end: datetime
    start: datetime | None = None


@dataclass(frozen=True)
class StepContext:
    """All that a step may know and touch."""

    spec: PathSpec
    spec_digest: str
    project: Project
    run: Run
    clients: Clients
    log: Callable[[str], None]
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)

    def take(self, kind: type[A]) -> A:
        """The artifact of this kind that a step before made. `KeyError` means the step does not list it in `consumes`."""
        found = self.artifacts[kind.name]
        assert isinstance(found, kind), f"{kind.name} is a {type(found).__name__}"
        return found


@dataclass(frozen=True)
class Step:
    """A step of a golden path. The edges of the DAG follow from `consumes` and `produces`.

    `reads` and `writes` name what the step touches outside, from the spec alone: plans print them, lineage uses them.
    """

    name: str
    summary: str
    consumes: tuple[type[Artifact], ...]
    produces: type[Artifact]
    run: Callable[[StepContext], Artifact]
    reads: Callable[[PathSpec], tuple[str, ...]]
    writes: Callable[[PathSpec], tuple[str, ...]]
