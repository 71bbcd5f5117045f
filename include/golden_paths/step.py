"""What a step is: one plain-Python module that says what it consumes, what it produces, and how it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from golden_paths.artifacts import Artifact
from golden_paths.record import Check, Record

if TYPE_CHECKING:
    from golden_paths.clients import Clients
    from golden_paths.lineage.places import Places
    from golden_paths.lineage.touched import Touched
    from golden_paths.project import Project
    from golden_paths.spec import PathSpec

A = TypeVar("A", bound=Artifact)


def unknown(_: str, __: str) -> str | None:
    """Outside of Airflow nobody knows of runs."""
    return None


@dataclass(frozen=True)
class Run:
    """One run of a path. Everything that a step names is derived from `id`, never from the clock, so retries converge.

    `start` is None when the run has no interval of its own (by hand, or by an asset): since what was done last.
    """

    id: str
    end: datetime
    start: datetime | None = None
    by: str = ""  # who asked for it, where that is known: they do not approve what comes of it
    is_trial: bool = False  # nothing that others use is touched: an MLflow and an endpoint of this machine's own


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
    origin: Mapping[str, str] = field(default_factory=dict)  # tags that only the worker knows which sent this to a pod
    record: Record = field(default_factory=Record)
    state_of: Callable[[str, str], str | None] = unknown

    def check(self, check: Check) -> bool:
        """Note a check that ran; returns whether it was passed."""
        return self.record.check(check)

    def take(self, kind: type[A]) -> A:
        """The artifact of this kind that a step before made. `KeyError` means the step does not list it in `consumes`."""
        found = self.artifacts[kind.name]
        assert isinstance(found, kind), f"{kind.name} is a {type(found).__name__}"
        return found


def always(_: PathSpec) -> bool:
    """A step that every spec of its path has."""
    return True


def nothing(_: PathSpec, __: Project) -> tuple[Path, ...]:
    """A step that needs nothing of the project where it runs."""
    return ()


@dataclass(frozen=True)
class Step:
    """A step of a golden path. The edges of the DAG follow from `consumes`, `follows` and `produces`.

    `reads` and `writes` name what the step touches outside, from the spec alone: plans print them.
    `touched` names the datasets of one run: when it begins, with None, and when it has ended, with what it made.
    `applies` says whether a spec has this step; `follows` is consumed when the spec has the step that makes it.
    `undo` takes back what the step did, and is called when it has failed for good, with the reason.
    `brings` lists the files of the project that the step needs where it runs: a pod is sent them, and no others.
    `is_controller`: it moves what serves, with the platform's credentials, and so never runs in a pod of a spec's.
    """

    name: str
    summary: str
    consumes: tuple[type[Artifact], ...]
    produces: type[Artifact]
    run: Callable[[StepContext], Artifact]
    reads: Callable[[PathSpec], tuple[str, ...]]
    writes: Callable[[PathSpec], tuple[str, ...]]
    touched: Callable[[StepContext, Places, Any], Touched]
    applies: Callable[[PathSpec], bool] = always
    follows: tuple[type[Artifact], ...] = ()
    undo: Callable[[StepContext, str], None] | None = None
    brings: Callable[[PathSpec, Project], tuple[Path, ...]] = nothing
    is_controller: bool = False
