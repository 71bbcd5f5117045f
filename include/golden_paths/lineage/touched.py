"""What a step touched, as plain data: datasets with what is known of them. `facets` turns it into the standard's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from golden_paths.artifacts import Column
from golden_paths.lineage.names import Name
from golden_paths.record import Check

State = Literal["CREATE", "OVERWRITE", "DROP"]


@dataclass(frozen=True)
class Dataset:
    """A dataset that a run read or wrote. `made_of`: for a column, the (dataset, column) pairs that it comes from.

    `own` holds facets of ours by name (see `own`); `checks` are those that ran on it.
    """

    name: Name
    kind: str = ""
    version: str = ""
    description: str = ""
    owner: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    made_of: Mapping[str, tuple[tuple[Name, str], ...]] = field(default_factory=dict)
    rows: int | None = None
    missing: Mapping[str, int] = field(default_factory=dict)
    newest: datetime | None = None
    checks: tuple[Check, ...] = ()
    state: State | None = None
    own: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A run within a step's run, with inputs and outputs of its own: what it joins is not joined by the step."""

    job: str  # after the step's job name and a dot
    description: str
    inputs: tuple[Dataset, ...] = ()
    outputs: tuple[Dataset, ...] = ()
    failed: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether it failed, or a check of what it touched said no."""
        return self.failed or any(not check.passed for one in (*self.inputs, *self.outputs) for check in one.checks)


@dataclass(frozen=True)
class Code:
    """Where the code of a job is. `path` starts at the project."""

    path: str


@dataclass(frozen=True)
class Touched:
    """All that one step touched in one run, as far as it is known when this is asked for."""

    inputs: tuple[Dataset, ...] = ()
    outputs: tuple[Dataset, ...] = ()
    parts: tuple[Part, ...] = ()
    code: Code | None = None
