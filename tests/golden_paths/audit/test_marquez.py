"""Marquez, as a server that answers as it does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from audits import MONDAY, Shop
from golden_paths.audit import evidence
from golden_paths.audit.collecting import collect
from golden_paths.audit.marquez import Marquez
from golden_paths.errors import StepFailed


@contextmanager
def server(status: int, body: object) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("Authorization", "")))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{made.server_port}", asked
    finally:
        made.shutdown()
        made.server_close()


def test_runs_and_datasets_are_looked_up_where_marquez_has_them() -> None:
    with server(200, {"state": "COMPLETED", "updatedAt": "2026-03-02T08:00:00Z"}) as (url, asked):
        marquez = Marquez(f"{url}/", "key")
        assert marquez.run("r-1") == "COMPLETED"
        assert marquez.dataset("mlflow://shop:5000", "models/churn") == "2026-03-02T08:00:00Z"
    assert asked == [
        ("/api/v1/jobs/runs/r-1", "Bearer key"),
        ("/api/v1/namespaces/mlflow%3A%2F%2Fshop%3A5000/datasets/models%2Fchurn", "Bearer key"),
    ]


def test_what_marquez_does_not_know_is_no_answer_and_what_fails_says_so() -> None:
    with server(404, {}) as (url, _):
        assert Marquez(url).run("r-1") is None
    with server(500, {}) as (url, _), pytest.raises(StepFailed, match="Marquez answered 500; see its log"):
        Marquez(url).run("r-1")
    with pytest.raises(StepFailed, match="Marquez did not answer: ConnectError"):
        Marquez("http://127.0.0.1:9").run("r-1")


@pytest.mark.parametrize(
    ("status", "body", "state", "said"),
    [
        (
            200,
            {"state": "COMPLETED", "updatedAt": "2026-03-02T08:00:00Z"},
            "confirmed",
            "found; it says the same of its state",
        ),
        (200, {"state": "RUNNING"}, "contradicted", "found; of its state it says RUNNING, not COMPLETED"),
        (404, {}, "not confirmed", "Marquez does not know this run"),
    ],
)
def test_each_run_of_an_audit_is_looked_up_once(
    tmp_path: Path, status: int, body: object, state: str, said: str
) -> None:
    shop = Shop(tmp_path)
    shop.ran("1", MONDAY)
    with server(status, body) as (url, asked):
        audit = evidence.audit(collect("churn", replace(shop.sources, marquez=Marquez(url)), MONDAY))
    assert len(asked) == len(set(asked)) > 10
    runs = [proof for proof in audit.proofs.values() if proof.system == "Marquez" and proof.kind != "dataset"]
    assert {(proof.state, proof.said) for proof in runs} == {(state, said)}
