"""A model server below the supervisor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from golden_paths import sandbox
from golden_paths.endpoint.state import Served
from golden_paths.sandbox_child import end_with_parent


class ModelServer:
    """One process of golden_paths.serve, with a private port, and the endpoint's shared socket to accept on when told."""

    def __init__(self, served: Served, *, stable: socket.socket, folder: Path, feast_state: Path) -> None:
        self.served = served
        self.log = folder / f"version-{served.version}.log"
        with socket.create_server(("127.0.0.1", 0)) as private, self.log.open("ab") as log:
            self.port = int(private.getsockname()[1])
            supervisor = os.getpid()
            self.process = subprocess.Popen(
                [*_command(served), "--listen-fd", str(private.fileno()), "--stable-fd", str(stable.fileno())],
                env=sandbox.environment(folder) | {"FEAST_STATE": str(feast_state)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(private.fileno(), stable.fileno()),
                start_new_session=True,
                preexec_fn=lambda: end_with_parent(supervisor),
            )

    @property
    def url(self) -> str:
        """The private address."""
        return f"http://127.0.0.1:{self.port}"

    def health(self) -> dict[str, Any]:
        """What /health says; empty when it does not answer."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=1) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except (OSError, ValueError, urllib.error.HTTPError):
            return {}

    def send(self, number: signal.Signals) -> None:
        """Signal the process, when it is still there."""
        if self.process.poll() is None:
            self.process.send_signal(number)

    def status(self) -> dict[str, Any]:
        """For the target: where it is, and whether it lives."""
        tail = "" if self.process.poll() is None else self.log.read_text(errors="replace")[-600:]
        return {
            "version": self.served.version,
            "digest": self.served.digest,
            "url": self.url,
            "pid": self.process.pid,
            "exit_code": self.process.poll(),
            "tail": tail,
        }


def _command(served: Served) -> list[str]:
    command = [sys.executable, "-P", "-m", "golden_paths.serve", "--model", served.model, "--digest", served.digest]
    command += ["--name", served.name, "--version", served.version, "--run-id", served.run_id]
    command += ["--training-set", served.training_set]
    if served.feature_repo and served.service:
        command += ["--feature-repo", served.feature_repo, "--service", served.service]
    return command
