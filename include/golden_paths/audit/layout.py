"""A small layered layout: where each node of a graph is drawn, top to bottom, and which way its edges take.

Layers by longest path, order within them by what a node is joined to, then places as near to it as the others leave room.
An edge that passes layers gets a place of its own in each, so that it goes between the nodes and not under them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from golden_paths.audit.found import Graph

Edge = tuple[str, str]
WIDTH, HEIGHT, GAP, BEND, ROW = 196.0, 40.0, 16.0, 14.0, 74.0  # of a node, between two, of a passing edge, of a layer
SWEEPS = 8


@dataclass(frozen=True)
class Drawn:
    """`places` are the middles of nodes, `ways` the points of each edge, in pixels."""

    width: float
    height: float
    places: Mapping[str, tuple[float, float]]
    ways: Mapping[Edge, Sequence[tuple[float, float]]]


def laid_out(graph: Graph) -> Drawn:
    """The whole graph."""
    keys = [node.key for node in graph.nodes]
    layers = _layers(keys, graph.edges)
    rows, ways, joined = _rows(layers, graph.edges)
    _order(rows, joined)
    across = _across(rows, joined)
    left = min((x - _size(key) / 2 for key, x in across.items()), default=0.0) - GAP
    right = max((x + _size(key) / 2 for key, x in across.items()), default=0.0) + GAP
    at = {key: (across[key] - left, (layer + 0.5) * ROW) for layer, row in enumerate(rows) for key in row}
    return Drawn(
        width=right - left,
        height=len(rows) * ROW,
        places={key: at[key] for key in keys},
        ways={edge: [at[key] for key in way] for edge, way in ways.items()},
    )


def _layers(keys: Sequence[str], edges: Iterable[Edge]) -> dict[str, int]:
    """Each node below all that it comes from; what comes from nothing right above what it goes to."""
    before, after = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for start, end in edges:
        before[end].append(start)
        after[start].append(end)
    found: dict[str, int] = {}

    def depth(key: str, above: tuple[str, ...]) -> int:
        if key not in found:
            found[key] = max(
                (depth(one, (*above, key)) + 1 for one in before[key] if one not in above and one != key), default=0
            )
        return found[key]

    for key in keys:
        depth(key, ())
    for key in keys:
        if not before[key] and after[key]:
            found[key] = max(0, min(found[one] for one in after[key]) - 1)
    return found


def _rows(
    layers: Mapping[str, int], edges: Iterable[Edge]
) -> tuple[list[list[str]], dict[Edge, list[str]], dict[str, list[str]]]:
    """The layers with places for passing edges, the keys along each edge, and what is joined to what."""
    rows: list[list[str]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for key, layer in layers.items():
        rows[layer].append(key)
    ways, joined = dict[Edge, list[str]](), defaultdict[str, list[str]](list)
    for start, end in edges:
        passing = {layer: f"\0{start}\0{end}\0{layer}" for layer in range(layers[start] + 1, layers[end])}
        for layer, key in passing.items():
            rows[layer].append(key)
        ways[(start, end)] = way = [start, *passing.values(), end]
        for one, other in pairwise(way):
            joined[one].append(other)
            joined[other].append(one)
    return rows, ways, joined


def _order(rows: list[list[str]], joined: Mapping[str, list[str]]) -> None:
    """Sort each row by the middle of what it is joined to in the row before, down and up again."""
    for sweep in range(SWEEPS):
        step = 1 if sweep % 2 == 0 else -1
        order = range(1, len(rows)) if step == 1 else range(len(rows) - 2, -1, -1)
        for layer in order:
            place = {key: index / max(1, len(rows[layer - step])) for index, key in enumerate(rows[layer - step])}
            own = {key: index / max(1, len(rows[layer])) for index, key in enumerate(rows[layer])}
            rows[layer].sort(
                key=lambda key: _mean([place[one] for one in joined.get(key, ()) if one in place], own[key])
            )


def _across(rows: Sequence[Sequence[str]], joined: Mapping[str, list[str]]) -> dict[str, float]:
    """The middle of each key: near to what it is joined to, in the order of its row, none over another."""
    found: dict[str, float] = {}
    for row in rows:
        _placed(row, dict.fromkeys(row, 0.0), found)
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else list(reversed(rows)):
            _placed(row, {key: _mean([found[one] for one in joined.get(key, ())], found[key]) for key in row}, found)
    return found


def _placed(row: Sequence[str], wanted: Mapping[str, float], found: dict[str, float]) -> None:
    """As wanted, pushed apart as far as is needed; the row as a whole stays where it wanted to be."""
    places: list[float] = []
    for index, key in enumerate(row):
        least = places[-1] + (_size(row[index - 1]) + _size(key)) / 2 + GAP if index else wanted[key]
        places.append(max(wanted[key], least))
    shift = _mean([place - wanted[key] for place, key in zip(places, row, strict=True)], 0.0)
    found.update({key: place - shift for place, key in zip(places, row, strict=True)})


def _size(key: str) -> float:
    return BEND if key.startswith("\0") else WIDTH


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
