"""Events -> the graph of datasets and jobs, by the rules that Marquez applies.

An edge is there once a run has ended, well or not, and stands for all that the run's events named. A job's latest run that
has ended replaces the edges of the one before; a run that never ended has none. Parent and child are no edge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from golden_paths.lineage.log import Event
from golden_paths.lineage.names import Name

SHA256, DIGITS = 64, 12
ENDED = ("COMPLETE", "FAIL", "ABORT")


@dataclass(frozen=True, order=True)
class Node:
    """A dataset or a job."""

    kind: Literal["dataset", "job"]
    name: Name

    @property
    def id(self) -> str:
        """As Marquez calls it."""
        return f"{self.kind}:{self.name.namespace}:{self.name.name}"

    def __str__(self) -> str:
        return str(self.name)


Column = tuple[Node, str]


@dataclass
class Graph:
    """`down` leads from a node to what is made of it, `up` back; `notes` say of a node what is known of its latest run."""

    down: dict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))
    up: dict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))
    notes: dict[Node, str] = field(default_factory=dict)
    columns: dict[Column, list[Column]] = field(default_factory=dict)

    @property
    def nodes(self) -> set[Node]:
        """Every node that has an edge."""
        return set(self.down) | set(self.up)

    @property
    def edges(self) -> set[tuple[Node, Node]]:
        """(from, to) pairs."""
        return {(one, other) for one, others in self.down.items() for other in others}

    def join(self, one: Node, other: Node) -> None:
        """An edge."""
        self.down[one].add(other)
        self.up[other].add(one)


@dataclass
class Run:
    """What the events of one run have named so far."""

    job: Node
    inputs: set[Node] = field(default_factory=set)
    outputs: set[Node] = field(default_factory=set)
    notes: dict[Node, str] = field(default_factory=dict)
    columns: dict[Column, list[Column]] = field(default_factory=dict)
    ended: str = ""  # when
    state: str = ""

    def add(self, event: Event) -> None:
        """One more event, in whatever order."""
        for side, nodes in (("inputs", self.inputs), ("outputs", self.outputs)):
            for dataset in event.get(side) or ():
                node = Node("dataset", Name(dataset["namespace"], dataset["name"]))
                nodes.add(node)
                facets = dataset.get("facets") or {}
                if version := (facets.get("version") or {}).get("datasetVersion"):
                    self.notes[node] = f"version {short(str(version))}"
                if (facets.get("lifecycleStateChange") or {}).get("lifecycleStateChange") == "DROP":
                    self.notes[node] = "stopped"
                self.columns |= dict(_columns(node, facets))
        if event.get("eventType") in ENDED and str(event["eventTime"]) >= self.ended:
            self.ended, self.state = str(event["eventTime"]), str(event["eventType"])
            self.notes[self.job] = f"{self.state} {self.ended[:19].replace('T', ' ')}"


def short(version: str) -> str:
    """A digest by its first digits, as people compare them; any other version as it is."""
    return version[:DIGITS] if len(version) == SHA256 else version


def of_events(events: Iterable[Event]) -> Graph:
    """The graph of a log. Of each job it keeps the latest run that has ended, and the runs that have not."""
    open_runs: dict[str, Run] = {}
    latest: dict[Node, tuple[str, Run]] = {}
    for event in events:
        if "run" not in event or "job" not in event:
            continue
        run_id = str(event["run"]["runId"])
        job = Node("job", Name(event["job"]["namespace"], event["job"]["name"]))
        current = latest.get(job)
        if current and current[0] == run_id:
            current[1].add(event)
            continue
        run = open_runs.setdefault(run_id, Run(job))
        run.add(event)
        if run.ended:
            del open_runs[run_id]
            if current is None or run.ended >= current[1].ended:
                latest[job] = (run_id, run)
    return _graph(run for _, run in sorted(latest.values(), key=lambda one: one[1].ended))


def _graph(runs: Iterable[Run]) -> Graph:
    """Of runs in order of their end: what a later one notes is what counts, and what made a dataset before what read it."""
    graph = Graph()
    read: dict[Node, str] = {}
    for run in runs:
        for dataset in run.inputs:
            graph.join(dataset, run.job)
        for dataset in run.outputs:
            graph.join(run.job, dataset)
        graph.columns |= run.columns
        for node, note in run.notes.items():
            (graph.notes if node in run.outputs or node == run.job else read)[node] = note
    graph.notes = read | graph.notes
    return graph


def _columns(node: Node, facets: dict[str, Any]) -> Iterator[tuple[Column, list[Column]]]:
    for column, made_of in ((facets.get("columnLineage") or {}).get("fields") or {}).items():
        sources = [
            (Node("dataset", Name(one["namespace"], one["name"])), str(one["field"])) for one in made_of["inputFields"]
        ]
        yield (node, column), sources
