"""A tiny HTTP server that stands for an API server: it answers as a list of answers says, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kubernetes.client import ApiClient, Configuration

from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.settings import ClusterSettings

Answer = tuple[int, Any]  # status, and a body: bytes as they are, anything else as JSON


def status(code: int, message: str) -> Answer:
    """As Kubernetes says no."""
    return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}


@dataclass
class Asked:
    method: str
    path: str
    content: str
    token: str
    body: Any
    by: str | None = None  # the header that says who asks


@dataclass
class ApiServer:
    """The last answer is given again and again."""

    url: str
    answers: list[Answer]
    asked: list[Asked] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    connections: int = 0

    def api(self, *, patience: float = 5.0) -> ClusterApi:
        """A ClusterApi of this server, with a new token each time that it reads its credentials."""

        def connect() -> ApiClient:
            self.connections += 1
            configuration = Configuration(host=self.url, api_key={"authorization": f"Bearer t{self.connections}"})
            configuration.retries = 0
            return ApiClient(configuration)

        settings = ClusterSettings(connect=connect, namespace="place")
        return ClusterApi(settings, self.log.append, patience=patience)

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def lines(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.asked]


@contextmanager
def answering(*answers: Answer) -> Iterator[ApiServer]:
    """One that gives these answers, one after the other."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told = self.headers.get("Content-Type", ""), self.headers.get("authorization", "")
            with lock:
                body = json.loads(text) if text else None
                made.asked.append(Asked(self.command, self.path, *told, body, self.headers["X-Golden-Paths"]))
                code, body = made.next()
            answer = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = ApiServer(f"http://127.0.0.1:{server.server_port}", list(answers))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
