"""A server in Marquez' place that answers, or misbehaves in one of the ways in which servers do."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LONG = 60.0  # seconds for which what never answers is waited for at most, so that its threads end with the test


class Marquez(ThreadingHTTPServer):
    """`status` is what it answers, or `status_of(event)`; while `answers` is not set it takes requests and answers none;
    `drips` sends a byte at a time; `takes` is how many seconds it takes for an answer.
    What it took is in `got`; pages that it was asked for are in `pages`.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, status: int = 201) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.drips, self.takes = status, False, 0.0
        self.answers = threading.Event()
        self.answers.set()
        self.status_of: Callable[[dict[str, Any]], int] = lambda _: self.status
        self.got: list[dict[str, Any]] = []
        self.pages: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def times(self) -> list[str]:
        return [one["eventTime"] for one in self.got]

    def handle_error(self, *_: Any) -> None:
        """Clients that give it up are what it is for."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Marquez

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        if not server.answers.is_set():
            server.answers.wait(LONG)
            self.close_connection = True
            return
        server.headers.append(dict(self.headers))
        if server.drips:
            self._drip()
            return
        threading.Event().wait(server.takes)
        event = json.loads(body)
        if (status := server.status_of(event)) < 300:
            server.got.append(event)
        text = b"no such thing"
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/login")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        self.server.pages.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self) -> None:
        """A header that never ends, a byte every tenth of a second: no single read of the client's takes long."""
        stop = threading.Event()
        try:
            self.wfile.write(b"HTTP/1.1 201 Created\r\nX-Slow: ")
            for _ in range(int(LONG * 10)):
                self.wfile.write(b".")
                self.wfile.flush()
                stop.wait(0.1)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def marquez(status: int = 201) -> Iterator[Marquez]:
    server = Marquez(status)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.answers.set()
        server.shutdown()
        server.server_close()


@contextmanager
def black_hole() -> Iterator[str]:
    """An address that takes no more connections and refuses none: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        try:
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            for one in waiting:
                one.close()


def closed_port() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
