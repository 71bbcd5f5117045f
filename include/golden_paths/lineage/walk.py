"""Asking the graph: what is something made of, what is made of it, what does a source feed. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from math import inf

from golden_paths.errors import GoldenPathsError
from golden_paths.lineage import names
from golden_paths.lineage.graph import Column, Graph, Node

SHOWN = 5


@dataclass(frozen=True)
class Branch:
    """A node and what follows it. `is_repeated`: what follows it was shown before."""

    node: Node
    branches: tuple[Branch, ...] = ()
    is_repeated: bool = False


def resolve(text: str, nodes: Collection[Node]) -> Node:
    """The node that a person means: an id, NAMESPACE/NAME, or the end of a name that only one has.

    A dataset comes before a job of the same name. Raises `GoldenPathsError` with what comes close.
    """
    exact = [node for node in nodes if text in (node.id, str(node), f"{node.name.namespace}/{node.name.name}")]
    named = [node for node in nodes if node.name.name == text]
    ending = [node for node in nodes if str(node).endswith(f"/{text.lstrip('/')}")]
    for found in (exact, named, ending):
        datasets = [node for node in found if node.kind == "dataset"]
        candidates = sorted(datasets or found)
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            listed = ", ".join(str(node) for node in candidates[:SHOWN])
            raise GoldenPathsError(f"'{text}' is the name of {len(candidates)} nodes; write one of them in full: {listed}")
    close = difflib.get_close_matches(text, [str(node) for node in nodes] + [node.name.name for node in nodes], SHOWN, 0.4)
    remedy = f"did you mean {', '.join(dict.fromkeys(close))}?" if close else "it has not been read or written by any run yet"
    raise GoldenPathsError(f"nothing in the graph is called '{text}'; {remedy}")


def tree(graph: Graph, start: Node, *, upwards: bool, depth: int) -> Branch:
    """Everything above or below a node, each node opened once: circles end, and what two roads lead to is shown whole once."""
    edges = graph.up if upwards else graph.down
    return _tree(start, lambda node: sorted(edges.get(node, ())), depth, {})


def column_of(graph: Graph, node: Node, name: str) -> Column:
    """A column that some run has said something of. Raises `GoldenPathsError` with those that are known."""
    named = [*graph.columns, *(source for sources in graph.columns.values() for source in sources)]
    known = sorted({column for one, column in named if one == node})
    if name in known:
        return node, name
    remedy = f"known are {', '.join(known)}" if known else "it has no column of which that is known"
    raise GoldenPathsError(f"no run has said what column '{name}' of {node} is made of, or goes into; {remedy}")


def column_tree(graph: Graph, start: Column, *, upwards: bool, depth: int) -> Branch:
    """The same for one column; a node's name then ends in the column's."""
    made_of = graph.columns if upwards else _turned(graph)

    def following(node: Node) -> list[Node]:
        return sorted(_of_column(one) for one in made_of.get(_column(node), ()))

    return _tree(_of_column(start), following, depth, {})


def impact(graph: Graph, source: Node) -> tuple[list[Node], list[Node]]:
    """The registered models and the endpoints that something feeds."""
    below = [node for node in reached(source, graph.down) if node.kind == "dataset"]
    models = [node for node in below if names.is_model_version(node.name)]
    return sorted(models), sorted(node for node in below if names.is_endpoint(node.name))


def reached(start: Node, edges: dict[Node, set[Node]]) -> set[Node]:
    """Everything that the edges lead to."""
    seen: set[Node] = set()
    ahead = [start]
    while ahead:
        for node in edges.get(ahead.pop(), ()):
            if node not in seen:
                seen.add(node)
                ahead.append(node)
    return seen


def _tree(node: Node, following: Callable[[Node], Iterable[Node]], depth: int, opened: dict[Node, float]) -> Branch:
    """`opened` says to which depth a node's branches were shown: what was cut is opened again where there is more room."""
    below = list(following(node))
    if not below:
        return Branch(node)
    shown = opened.get(node, 0)
    if shown and shown >= depth:
        return Branch(node, is_repeated=True)
    opened[node] = inf if depth > 0 else 0  # while it is open it leads back to itself, which is not cut
    if depth <= 0:
        return Branch(node)
    branches = tuple(_tree(one, following, depth - 1, opened) for one in below)
    if any(opened.get(one, inf) < inf for one in below):
        opened[node] = depth
    return Branch(node, branches)


def _turned(graph: Graph) -> dict[Column, list[Column]]:
    turned: dict[Column, list[Column]] = {}
    for column, sources in graph.columns.items():
        for source in sources:
            turned.setdefault(source, []).append(column)
    return turned


def _of_column(column: Column) -> Node:
    node, name = column
    return Node("dataset", names.Name(node.name.namespace, f"{node.name.name}#{name}"))


def _column(node: Node) -> Column:
    dataset, _, column = node.name.name.rpartition("#")
    return Node("dataset", names.Name(node.name.namespace, dataset)), column
