"""Marquez asked, and answering as the event log does. The tests marked `marquez` need one at MARQUEZ_URL."""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from typer.testing import CliRunner

from golden_paths.commands import app
from golden_paths.errors import GoldenPathsError
from golden_paths.lineage import graph, marquez, walk
from golden_paths.lineage.delivery import Backend
from golden_paths.lineage.graph import Graph
from lineage_events import Event, event
from projects import make_project

URL = os.environ.get("MARQUEZ_URL", "")
SOURCE, TRAIN, MODEL = (
    "dataset:file:/data/orders.parquet",
    "job:golden-paths:train",
    "dataset:mlflow://m:1:models/churn",
)
SHAPES: dict[str, list[Event]] = {
    "a chain": [event("build", "COMPLETE", 1, ["a"], ["b"]), event("train", "COMPLETE", 2, ["b"], ["c"])],
    "two on one source": [event("one", "COMPLETE", 1, ["a"], ["b"]), event("two", "COMPLETE", 2, ["a"], ["c"])],
    "another input the second time": [
        event("train", "COMPLETE", 1, ["a"], ["c"], run="first"),
        event("train", "COMPLETE", 2, ["b"], ["c"], run="second"),
        event("other", "COMPLETE", 3, ["c", "a"], ["d"]),
    ],
    "a failed run": [event("train", "FAIL", 1, ["a"], ["b"])],
    "killed, then retried": [
        event("train", "START", 1, ["a"], ["b"], run="first"),
        event("train", "START", 2, ["a"], ["b"], run="second"),
        event("train", "COMPLETE", 3, ["a"], ["b"], run="second"),
    ],
    "twice": [event("train", "COMPLETE", 1, ["a"], ["b"])] * 2,
}


class Fake(ThreadingHTTPServer):
    """Answers the two questions as Marquez' documentation has it, and notes what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, list[str]], str]] = []
        self.status = 200
        self.url = f"http://user:secret@127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Fake

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append((parts.path, parse_qs(parts.query), self.headers.get("Authorization", "")))
        body = json.dumps(ANSWERS.get(parts.path, {})).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def node(name: str, *after: str, **data: Any) -> dict[str, Any]:
    out = [{"origin": name, "destination": other} for other in after]
    return {"id": name, "type": name.partition(":")[0].upper(), "data": data, "inEdges": [], "outEdges": out}


ANSWERS: dict[str, Any] = {
    "/api/v1/lineage": {
        "graph": [
            node(SOURCE, TRAIN),
            node(TRAIN, MODEL, latestRun={"state": "COMPLETED"}),
            node(MODEL, facets={"version": {"datasetVersion": "7"}}),
        ]
    },
    "/api/v1/search": {"totalCount": 1, "results": [{"nodeId": SOURCE, "type": "DATASET"}, {"nodeId": "run:1"}]},
}


@pytest.fixture
def fake() -> Iterator[Fake]:
    server = Fake()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_graph_around_a_node_is_asked_for_whole(fake: Fake) -> None:
    backend = Backend(fake.url, key="token")
    start = walk.resolve("orders.parquet", marquez.named(backend, "orders.parquet"))
    found = marquez.around(backend, start)
    assert {(one.id, other.id) for one, other in found.edges} == {(SOURCE, TRAIN), (TRAIN, MODEL)}
    assert {one.id: note for one, note in found.notes.items()} == {TRAIN: "COMPLETED", MODEL: "version 7"}
    assert [(path, query) for path, query, _ in fake.asked] == [
        ("/api/v1/search", {"q": ["orders.parquet"], "limit": ["100"]}),
        ("/api/v1/lineage", {"nodeId": [SOURCE], "depth": ["100"]}),
    ]


def test_an_id_is_not_looked_for(fake: Fake) -> None:
    assert [one.id for one in marquez.named(Backend(fake.url), MODEL)] == [MODEL]
    assert fake.asked == []


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        ("file", "/data/orders.parquet"),
        ("file", "/data/2026-01-08T10:00:00.parquet"),
        ("file", "/data/a:b.parquet"),
        ("mlflow://m:1", "models/churn"),
        ("k8s://10.0.0.1:6443/shop", "churn"),
        ("local://vm", "churn"),
    ],
)
def test_an_id_is_taken_apart_where_marquez_does(fake: Fake, namespace: str, name: str) -> None:
    [found] = marquez.named(Backend(fake.url), f"dataset:{namespace}:{name}")
    assert (found.name.namespace, found.name.name) == (namespace, name)


@pytest.mark.parametrize("command", ["lineage", "impact"])
def test_what_marquez_has_no_edge_of_is_refused_and_the_log_named(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    make_project(tmp_path)
    fake.status = 404
    monkeypatch.setenv("OPENLINEAGE_URL", fake.url)
    with pytest.raises(GoldenPathsError, match=r"^Marquez has no edge of file/no/such: .*; with --log the event log answers$"):
        CliRunner().invoke(app, [command, "dataset:file:/no/such", "--project", str(tmp_path)], catch_exceptions=False)


@pytest.mark.parametrize("status", [500, 0], ids=["an error", "nobody there"])
def test_a_marquez_that_is_down_is_said_to_be_without_its_password(fake: Fake, status: int) -> None:
    fake.status = status
    if not status:
        fake.shutdown()
        fake.server_close()
    with pytest.raises(GoldenPathsError) as caught:
        marquez.named(Backend(fake.url, key="token"), "orders")
    assert "does not answer" in str(caught.value)
    assert str(caught.value).endswith("with --log the event log answers")
    assert "secret" not in str(caught.value)
    assert "token" not in str(caught.value)


@pytest.mark.marquez
@pytest.mark.skipif(not URL, reason="MARQUEZ_URL names no Marquez")
@pytest.mark.parametrize("shape", SHAPES)
def test_the_log_and_marquez_have_the_same_graph(shape: str) -> None:
    """Each shape in namespaces of its own, so that what was there before is not in the way."""
    mine = uuid.uuid4().hex[:8]
    events = [_moved(one, mine) for one in SHAPES[shape]]
    for one in events:
        httpx.post(f"{URL}/api/v1/lineage", json=one, timeout=30).raise_for_status()
    ours = graph.of_events(events)
    start = min(node for node in ours.nodes if node.kind == "dataset")
    theirs = marquez.around(Backend(URL), start)
    assert _edges(theirs) == _edges(ours)


def _moved(one: Event, mine: str) -> Event:
    moved: Event = json.loads(json.dumps(one))
    moved["run"]["runId"] = str(uuid.uuid5(uuid.UUID(moved["run"]["runId"]), mine))
    for named in (moved["job"], *moved["inputs"], *moved["outputs"]):
        named["namespace"] = f"{named['namespace']}-{mine}"
    return moved


def _edges(found: Graph) -> set[tuple[str, str]]:
    return {(one.id, other.id) for one, other in found.edges}
