"""The demo on this machine alone: the example as it is, and an endpoint on 127.0.0.1."""

from __future__ import annotations

import json
from typing import Any

import httpx
from servers import ROOT, Servers

from golden_paths.clients.local_target import LocalTarget
from golden_paths.project import Project


class OnThisMachine:
    """Endpoints that ran before go on running."""

    def __init__(self, dag: str) -> None:
        self.servers = Servers(Project.at(ROOT))
        self._target = LocalTarget(self.servers.project)
        self._ran_before = self._target.running()

    def check(self) -> None:
        """Nothing but what the servers check."""

    def begin(self) -> None:
        """Nothing."""

    def probe(self) -> None:
        """Nothing."""

    def ask(self, url: str, body: Any) -> tuple[int, str]:
        """POST /predict: status and text."""
        answer = httpx.post(f"{url}/predict", json=body, timeout=30)
        return answer.status_code, answer.text

    def told(self, url: str, body: Any) -> list[str]:
        """How a user goes on."""
        asks = f"curl -s {url}/predict -H 'Content-Type: application/json' -d '{json.dumps(body)}'"
        return [f"  endpoint  {url}   (its API: {url}/docs)", f"  {asks}"]

    def end(self) -> None:
        """Stop the endpoints that were started since."""
        for endpoint in self._target.running():
            if endpoint not in self._ran_before:
                self._target.stop(endpoint)
