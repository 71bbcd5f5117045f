"""Where endpoints of this project are: by default on this machine's loopback, started by whoever deploys.

GOLDEN_PATHS_ENDPOINTS_HOST names another place, with the same state: a container in which a keeper runs
(`golden_paths endpoints --keep`). GOLDEN_PATHS_ENDPOINTS_PORTS are the stable ports that it publishes, as 18080-18089.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from golden_paths.endpoint import state as states

HOST, PORTS = "GOLDEN_PATHS_ENDPOINTS_HOST", "GOLDEN_PATHS_ENDPOINTS_PORTS"
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
RANGE = re.compile(r"([0-9]{2,5})-([0-9]{2,5})")


@dataclass(frozen=True)
class Place:
    """`host`: the name by which workers reach the keeper's container. `ports`: empty when any will do."""

    host: str = ""
    ports: range = range(0)

    @classmethod
    def from_environment(cls) -> Place:
        """Raises `ValueError` when the ports are no range."""
        written = os.environ.get(PORTS, "")
        found = RANGE.fullmatch(written)
        if written and not found:
            raise ValueError(f"{PORTS} is '{written}': write a range, as in 18080-18089")
        ports = range(int(found[1]), int(found[2]) + 1) if found else range(0)
        return cls(os.environ.get(HOST, ""), ports)

    def environment(self) -> dict[str, str]:
        """For a supervisor, which inherits nothing else."""
        return {name: os.environ[name] for name in (HOST, PORTS) if name in os.environ}

    @property
    def listen(self) -> str:
        """The address to bind: a container has its own, and what it publishes is its compose file's to say."""
        return EVERYWHERE if self.host else LOOPBACK

    def url(self, port: int) -> str:
        """How workers reach a port there."""
        return f"http://{self.host or LOOPBACK}:{port}"

    def candidates(self, folder: Path, port: int) -> list[int]:
        """Ports to try for the endpoint in `folder`: `port` when it has one, else those that no other endpoint holds."""
        if port or not self.ports:
            if port and self.ports and port not in self.ports:
                raise SystemExit(f"port {port} is not published; {PORTS} are {self.ports[0]}-{self.ports[-1]}")
            return [port]
        others = (states.read(file.parent) for file in folder.parent.glob("*/state.json") if file.parent != folder)
        held = {state.port for state in others if state}
        if free := [one for one in self.ports if one not in held]:
            return free
        raise SystemExit(f"each of the ports {self.ports[0]}-{self.ports[-1]} ({PORTS}) has an endpoint; remove one")
