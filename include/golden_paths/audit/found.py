"""What an audit says, as plain data: sections of rows, the ids that each row stands on, and what came of looking them up."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

State = Literal["confirmed", "not confirmed", "contradicted"]


class Said(BaseModel):
    """Base of what stands in audit.json."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Proof(Said):
    """An id in another system, how anybody looks it up there, and what the audit found when it did."""

    system: Literal["MLflow", "event log", "Marquez", "cluster", "endpoint"]
    kind: str
    id: str
    look_up: str
    state: State
    said: str


class Row(Said):
    """One line of a section. `proofs` are keys of `Audit.proofs`."""

    cells: tuple[str, ...]
    proofs: tuple[str, ...] = ()


class Section(Said):
    """`said` is a sentence before the rows, or instead of them."""

    key: str
    title: str
    said: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


class Node(Said):
    """A dataset, in one version, or a run of a job. `proofs` are keys of `Audit.proofs`."""

    key: str
    kind: Literal["dataset", "run"]
    label: str
    detail: str = ""
    proofs: tuple[str, ...] = ()


class Graph(Said):
    """What the endpoint was made of. An edge is a pair of node keys, in the direction in which data flows."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()


class Audit(Said):
    """Everything. `doubts` are sentences: all that could not be confirmed, or that two systems say differently."""

    format: Literal["golden-paths-audit@1"] = "golden-paths-audit@1"
    model: str
    version: str
    asked: str
    collected: datetime
    summary: str
    doubts: tuple[str, ...]
    sections: tuple[Section, ...]
    graph: Graph
    proofs: dict[str, Proof]

    def count(self, state: State) -> int:
        """How many ids came out so."""
        return sum(proof.state == state for proof in self.proofs.values())
