"""A model server below the supervisor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from golden_paths import sandbox
from golden_paths.endpoint.place import LOOPBACK, Place
from golden_paths.endpoint.state import Served
from golden_paths.prediction_log import sign_in
from golden_paths.sandbox_child import end_with_parent

DRAIN = 30.0  # seconds a server may take to answer what is in flight
ACCEPT = 10.0  # seconds a ready server may take to say that it accepts
TAIL = 600  # characters of its log


class ModelServer:
    """One process of golden_paths.serve, with a private port, and the endpoint's shared socket to accept on when told."""

    def __init__(self, served: Served, *, stable: socket.socket, folder: Path, feast_state: Path) -> None:
        self.served = served
        self.accepts = False
        self._is_ready = False  # seen once; a signal before that would kill it
        self.deadline: float | None = None  # set once it was told to end
        self.log = folder / f"version-{served.version}.log"
        self._place = Place.from_environment()
        with socket.create_server((self._place.listen, 0)) as private, self.log.open("ab") as log:
            self.port = int(private.getsockname()[1])
            self.log_start = log.tell()
            supervisor = os.getpid()
            self.process = subprocess.Popen(
                [*_command(served), "--listen-fd", str(private.fileno()), "--stable-fd", str(stable.fileno())],
                env=sandbox.environment(folder) | {"FEAST_STATE": str(feast_state)} | _sign_in(served),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(private.fileno(), stable.fileno()),
                start_new_session=True,
                preexec_fn=lambda: end_with_parent(supervisor),
            )

    @property
    def url(self) -> str:
        """The private address, for the supervisor."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone; reaps it."""
        return self.process.poll() is not None

    def health(self) -> dict[str, Any]:
        """What /health says; empty while it does not say 200."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=1) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except (OSError, ValueError):
            return {}

    def welcome(self) -> None:
        """Have it accept once it is ready: one look, one signal."""
        health = self.health()
        self._is_ready = self._is_ready or health.get("status") in ("ready", "withdrawn")
        self.accepts = bool(health.get("accepting"))
        if self._is_ready and not self.accepts:
            self._send(signal.SIGUSR1)

    def accept(self) -> None:
        """Have it accept, and wait until it says so. Raises `ValueError` when it does not."""
        end = time.monotonic() + ACCEPT
        self.welcome()
        while not self.accepts:
            if self.has_ended or time.monotonic() > end:
                self.refuse()
                raise ValueError(f"version {self.served.version} does not accept")
            time.sleep(0.02)
            self.welcome()

    def refuse(self) -> None:
        """Have it accept no more; it stays loaded."""
        if self._is_ready:
            self._send(signal.SIGUSR2)
        self.accepts = False

    def end(self) -> None:
        """Have it drain and end. Said once: it takes a second signal for impatience, and drops what is in flight."""
        if self.deadline is None:
            self.deadline = time.monotonic() + DRAIN
            self._send(signal.SIGTERM)
        elif time.monotonic() > self.deadline:
            self._send(signal.SIGKILL)

    def status(self) -> dict[str, Any]:
        """For the target: where it is, and whether it lives."""
        code = self.process.poll()
        tail = "" if code is None else self._tail()
        return {"url": self._place.url(self.port), "pid": self.process.pid, "exit_code": code, "tail": tail}

    def _tail(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace")[-TAIL:].strip()

    def _send(self, number: signal.Signals) -> None:
        if not self.has_ended:
            self.process.send_signal(number)


def _command(served: Served) -> list[str]:
    command = [sys.executable, "-P", "-m", "golden_paths.serve", "--digest", served.digest]
    command += [f"--withdrawn={served.withdrawn}"] if served.withdrawn else ["--model", served.model]
    command += ["--name", served.name, "--version", served.version, "--run-id", served.run_id]
    command += ["--training-set", served.training_set]
    if served.feature_repo and served.service:
        command += ["--feature-repo", served.feature_repo, "--service", served.service]
    if served.keeping:
        command += ["--prediction-log", served.keeping.model_dump_json(exclude_defaults=True)]
    return command


def _sign_in(served: Served) -> dict[str, str]:
    """For the log alone: the server takes it out of its environment before the model's code is there."""
    return sign_in.needed(served.keeping.address) if served.keeping else {}
