"""The lineage graph as inline SVG: datasets are rounded, runs are filled, and each leads to its ids further down."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from golden_paths.audit.found import Graph, Node, Proof
from golden_paths.audit.layout import HEIGHT, WIDTH, laid_out

LETTERS = 27  # of a label, in a node
STYLE = """svg.graph{display:block;margin:1rem auto;max-width:100%;height:auto;font:12px system-ui,sans-serif}
.graph path{fill:none;stroke:#8a94a0;stroke-width:1.2}.graph rect{stroke:#57606a;stroke-width:1}
.graph .dataset rect{fill:#fff}.graph .run rect{fill:#e6edf5}.graph .end rect{stroke:#1a7f37;stroke-width:2.5}
.graph text{fill:#1b1f24;text-anchor:middle}.graph .detail{fill:#57606a;font-size:10.5px}"""


def svg(graph: Graph, proofs: Mapping[str, Proof]) -> str:
    """The drawing; nothing when there is nothing to draw."""
    if not graph.nodes:
        return ""
    drawn = laid_out(graph)
    ends = {node.key for node in graph.nodes} - {start for start, _ in graph.edges}
    edges = "".join(f'<path d="{_curve(way)}" marker-end="url(#tip)"/>' for way in drawn.ways.values())
    nodes = "".join(
        _node(node, *drawn.places[node.key], is_end=node.key in ends and node.kind == "dataset") for node in graph.nodes
    )
    tip = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" style="fill:#8a94a0;stroke:none"/></marker></defs>'
    )
    size = f'width="{drawn.width:.0f}" height="{drawn.height:.0f}" viewBox="0 0 {drawn.width:.0f} {drawn.height:.0f}"'
    title = "<title>Lineage: from the sources, above, to the endpoint, below</title>"
    return f'<svg class="graph" role="img" {size}>{title}{tip}{edges}{nodes}</svg>'


def _node(node: Node, x: float, y: float, *, is_end: bool) -> str:
    look = f"{node.kind}{' end' if is_end else ''}"
    rounded = HEIGHT / 2 if node.kind == "dataset" else 3
    box = f'<rect x="{x - WIDTH / 2:.1f}" y="{y - HEIGHT / 2:.1f}" width="{WIDTH}" height="{HEIGHT}" rx="{rounded}"/>'
    label = f'<text x="{x:.1f}" y="{y - 3:.1f}">{html.escape(_cut(node.label))}</text>'
    detail = f'<text class="detail" x="{x:.1f}" y="{y + 12:.1f}">{html.escape(_cut(_kind(node)))}</text>'
    drawn = f'<g class="{look}"><title>{html.escape(node.key)}</title>{box}{label}{detail}</g>'
    return f'<a href="#{node.proofs[0]}">{drawn}</a>' if node.proofs else drawn


def _kind(node: Node) -> str:
    return f"run {node.detail}" if node.kind == "run" else node.detail


def _cut(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 9]}\N{HORIZONTAL ELLIPSIS}{text[-8:]}"


def _curve(way: Sequence[tuple[float, float]]) -> str:
    """From the lower side of the first node to the upper side of the last, upright beside the nodes that it passes."""
    (x, y), *rest = way
    y += HEIGHT / 2
    path = f"M{x:.1f} {y:.1f}"
    for to_x, to_y in rest:
        end = to_y - HEIGHT / 2
        middle = (y + end) / 2
        path += f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {end:.1f}"
        x, y = to_x, to_y + HEIGHT / 2
        if (to_x, to_y) != rest[-1]:
            path += f"V{y:.1f}"
    return path
