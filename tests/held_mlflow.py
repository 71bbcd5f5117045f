"""A proxy before an MLflow server that can keep one answer back: whoever asked may then be killed between deed and word."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

NOT_PASSED_ON = {"host", "connection", "content-length", "accept-encoding", "transfer-encoding", "content-encoding"}


class HeldMlflow(ThreadingHTTPServer):
    """Passes everything on to MLflow at `target`."""

    daemon_threads = True

    def __init__(self, target: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.mlflow = httpx.Client(base_url=target, timeout=60, headers={"Accept-Encoding": "identity"})
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._wanted: tuple[re.Pattern[str], threading.Event] | None = None
        self._lock = threading.Lock()

    def hold(self, request: str) -> threading.Event:
        """Never answer the next request whose 'METHOD /path' matches. The event is set once MLflow has done it."""
        done = threading.Event()
        self._wanted = (re.compile(request), done)
        return done

    def held(self, request: str) -> threading.Event | None:
        """The event of a request that is to be held; the first one only."""
        with self._lock:
            if self._wanted is None or not self._wanted[0].fullmatch(request):
                return None
            _, done = self._wanted
            self._wanted = None
            return done


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 2**16
    server: HeldMlflow

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON}
        answer = self.server.mlflow.request(self.command, self.path, content=body, headers=headers)
        if done := self.server.held(f"{self.command} {self.path.partition('?')[0]}"):
            done.set()
            self.rfile.read(1)  # until the client is gone
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: pytest shows what matters."""


@contextlib.contextmanager
def held_mlflow(target: str, port: int = 0) -> Iterator[HeldMlflow]:
    """The proxy, serving until the block ends."""
    with HeldMlflow(target, port) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield proxy
        proxy.shutdown()
