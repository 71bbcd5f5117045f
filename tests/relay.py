"""An address of this machine whose requests go to pods by way of the API server: no cluster's network need be reachable."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from golden_paths.cluster.api import ClusterApi
from golden_paths.rollout import manifests


@contextmanager
def relayed(api: ClusterApi, labels: Mapping[str, str]) -> Iterator[str]:
    """POST to this URL is POST to the pods with these labels, one after the other."""
    pods = itertools.cycle(sorted(pod["metadata"]["name"] for pod in api.list("Pod", labels)))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 2**16

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = api.proxied(next(pods), self.path, port=manifests.PORT, body=body)
            if not status:  # as the pod itself would: no answer
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: pytest shows what matters."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
