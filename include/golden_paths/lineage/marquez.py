"""The same graph, asked of Marquez."""

from __future__ import annotations

import re
from typing import Any

from golden_paths.errors import GoldenPathsError
from golden_paths.lineage.delivery import Backend
from golden_paths.lineage.graph import Graph, Node, short
from golden_paths.lineage.names import Name

DEPTH = 100  # hops; Marquez' own default is 20
FOUND = 100
SECONDS = 30.0
DELIMITER = re.compile(r":(?!//|\d)")  # not the colons of scheme://host:port, as in Marquez' own NodeId
FROM_THE_LOG = "with --log the event log answers"


def named(backend: Backend, text: str) -> list[Node]:
    """The nodes that Marquez finds by a part of their name."""
    if found := _node(text):
        return [found]
    answer = _ask(backend, "search", {"q": text.rpartition("/")[2] or text, "limit": FOUND})
    return [node for one in answer.get("results") or () if (node := _node(str(one.get("nodeId", ""))))]


def around(backend: Backend, node: Node) -> Graph:
    """Everything that is connected with a node."""
    answer = _ask(backend, "lineage", {"nodeId": node.id, "depth": DEPTH})
    graph = Graph()
    for one in answer.get("graph") or ():
        if (here := _node(str(one["id"]))) is None:
            continue
        for edge in one.get("outEdges") or ():
            if other := _node(str(edge["destination"])):
                graph.join(here, other)
        if note := _note(one.get("data") or {}):
            graph.notes[here] = note
    return graph


def _note(data: dict[str, Any]) -> str:
    latest = data.get("latestRun") or {}
    if latest.get("state"):
        return str(latest["state"])
    version = ((data.get("facets") or {}).get("version") or {}).get("datasetVersion")
    return f"version {short(str(version))}" if version else ""


def _node(text: str) -> Node | None:
    """dataset:NAMESPACE:NAME or job:NAMESPACE:NAME; both may hold colons, and a version stands behind a #."""
    kind, _, rest = text.partition(":")
    if kind not in ("dataset", "job"):
        return None
    namespace, *names = rest.split(":") if rest.count(":") == 1 else DELIMITER.split(rest, maxsplit=1)
    name = "".join(names).partition("#")[0]
    return Node("dataset" if kind == "dataset" else "job", Name(namespace, name)) if namespace and name else None


def _ask(backend: Backend, path: str, query: dict[str, Any]) -> dict[str, Any]:
    import httpx

    auth = backend.signed if backend.key else None
    try:
        answer = httpx.get(f"{backend.url}/api/v1/{path}", params=query, auth=auth, timeout=SECONDS)
        if answer.status_code == 404:
            return {}
        found: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        status = f" ({error.response.status_code})" if isinstance(error, httpx.HTTPStatusError) else ""
        problem = f"Marquez at {backend.shown} does not answer: {type(error).__name__}{status}"
        raise GoldenPathsError(f"{problem}; {FROM_THE_LOG}") from error
    return found
