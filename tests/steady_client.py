"""Clients that never stop asking and never ask twice. Standard library alone: it also runs in a pod, as a script.

python steady_client.py HOST PORT BODY: two clients, one keeps its connection, one opens a new one for each request.
GET on port 8080 says what they saw.
"""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROBES = (20000, 30000)  # below the ports that Linux gives out
PAUSE = 0.005  # seconds between requests, in a pod: steady, and the server's processor is its own


class SteadyClient(threading.Thread):
    """Posts and asks for the version; opens another connection when an answer says close, and never retries."""

    def __init__(self, port: int, body: str, *, host: str = "127.0.0.1", keep: bool = True, pause: float = 0) -> None:
        super().__init__(daemon=True)
        self.host, self.port, self.body, self.keep, self.pause = host, port, body, keep, pause
        self.stopped = threading.Event()
        self.errors: list[str] = []
        self.answers: Counter[str] = Counter()
        self.connections = 0
        self.longest = 0.0  # seconds that a connection was used
        self.requests = itertools.cycle((("POST", "/invocations"), ("GET", "/version")))
        self.doing = ""

    def run(self) -> None:
        while not self.stopped.is_set():
            connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
            self.connections += 1
            began, self.doing = time.monotonic(), "connecting"
            try:
                connection.connect()
                self._keep_asking(connection)
            except Exception as error:
                after = time.monotonic() - began
                at = time.strftime("%H:%M:%S", time.gmtime())
                self.errors.append(
                    f"{at} {self.doing}: {type(error).__name__}: {error}, {after:.2f} s after the beginning"
                )
            self.longest = max(self.longest, time.monotonic() - began)
            connection.close()

    def _keep_asking(self, connection: http.client.HTTPConnection) -> None:
        """Ask until the connection is to end."""
        headers = {"Content-Type": "application/json"} | ({} if self.keep else {"Connection": "close"})
        for method, path in self.requests:
            self.doing = "asking"
            connection.request(method, path, self.body if method == "POST" else None, headers)
            self.doing = "waiting for the answer"
            answer = connection.getresponse()
            content = json.loads(answer.read())
            if answer.status != 200:
                self.errors.append(f"{answer.status}: {content}")
            self.answers[content["version"] if method == "GET" else path] += 1
            self.stopped.wait(self.pause)
            if answer.will_close or self.stopped.is_set():
                return

    def report(self) -> dict[str, Any]:
        return {
            "answers": dict(self.answers),
            "errors": self.errors,
            "connections": self.connections,
            "longest": self.longest,
        }


def wait_for(host: str, port: int) -> None:
    """Until the Service has its first pod: what is refused before is no request lost.

    A SYN that comes before the node knows the Service leaves an entry in its connection tracking that translates nothing,
    for two minutes: whoever has that source port next is never answered. So these ports are none that clients get.
    """
    for own in itertools.cycle(range(*PROBES)):
        try:
            socket.create_connection((host, port), timeout=5, source_address=("", own)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return


def main(host: str, port: str, body: str) -> None:
    wait_for(host, int(port))
    both = {
        name: SteadyClient(int(port), body, host=host, keep=name == "kept", pause=PAUSE) for name in ("kept", "new")
    }
    for client in both.values():
        client.start()

    class Report(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps({name: client.report() for name, client in both.items()}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    ThreadingHTTPServer(("0.0.0.0", 8080), Report).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
