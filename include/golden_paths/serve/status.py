"""Who this server is and what state it is in; shared by the application and the listener."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

ANSWERING = ("ready", "withdrawn")  # a withdrawn version has its address, and says why it answers nothing else


@dataclass(frozen=True)
class Identity:
    """The registered version that is served. `digest` and `training_set` are SHA-256."""

    name: str
    version: str
    digest: str
    run_id: str
    training_set: str

    def described(self) -> dict[str, str]:
        """The body of GET /version."""
        return {
            "name": self.name,
            "version": self.version,
            "digest": self.digest,
            "training_set": self.training_set,
            "run_id": self.run_id,
        }


@dataclass
class Status:
    """`state` is starting, ready, withdrawn or draining; `accepting` says whether the endpoint's shared socket is read."""

    identity: Identity
    state: str = "starting"
    accepting: bool = False

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status code and body of GET /health."""
        if self.state == "starting":
            return 503, {"status": "starting"}
        identity = self.identity
        return (200 if self.state in ANSWERING else 503), {
            "status": self.state,
            "name": identity.name,
            "version": identity.version,
            "digest": identity.digest,
            "accepting": self.accepting,
            "pid": os.getpid(),
        }
