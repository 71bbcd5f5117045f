"""The supervisor: holds the stable port, and does what it is told one command at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from golden_paths.endpoint import control
from golden_paths.endpoint import state as states
from golden_paths.endpoint.place import Place
from golden_paths.endpoint.state import EndpointState
from golden_paths.endpoint.versions import Versions

BACKLOG = 2048
TICK = 0.25  # seconds between looks at the servers
BIND = 5.0  # seconds that servers of a killed supervisor may take to be gone, and with them their hold on the port


class Supervisor:
    """One endpoint, from the first command until `stop`, SIGTERM, or nothing left to serve."""

    def __init__(self, name: str, folder: Path, *, port: int, feast_state: Path) -> None:
        self._folder = folder
        known = states.read(folder) or EndpointState(name=name, port=port)
        control.forget(known.control)
        place = Place.from_environment()
        self._stable = _bound(place.listen, place.candidates(folder, port or known.port))
        state = known.model_copy(update={"port": self._stable.getsockname()[1], "pid": 0, "control": ""})
        self._versions = Versions(state, folder=folder, stable=self._stable, feast_state=feast_state)
        self._ending = False

    def run(self) -> None:
        """Take commands until told to stop; then drain."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        versions = self._versions
        commands: dict[str, Callable[..., Any]] = {
            "start": versions.start,
            "shift": versions.shift,
            "settle": versions.settle,
            "restore": versions.restore,
            "withdraw": versions.withdraw,
            "discard": versions.discard,
            "status": versions.status,
            "stop": self.stop,
        }
        with control.listening(self._folder) as listener:
            listener.settimeout(TICK)
            self._publish(pid=os.getpid(), path=listener.getsockname())
            while not (self._ending or versions.is_empty):
                self._tend()
                with contextlib.suppress(TimeoutError):
                    control.answer(listener.accept()[0], commands)
            self._publish(pid=0, path="")
        self._stable.close()
        versions.end_all()

    def stop(self) -> bool:
        """End after this command."""
        self._ending = True
        return True

    def _tend(self) -> None:
        try:
            self._versions.tend()
        except OSError as error:  # no memory, no disk space: serve with what runs, and try again
            sys.stderr.write(f"{error}\n")

    def _publish(self, *, pid: int, path: str) -> None:
        self._versions.state = self._versions.state.model_copy(update={"pid": pid, "control": path})
        states.write(self._folder, self._versions.state)


def _bound(address: str, ports: Sequence[int]) -> socket.socket:
    """The first of the ports that can be had."""
    end = time.monotonic() + BIND
    while True:
        for port in ports:
            try:
                return socket.create_server((address, port), backlog=BACKLOG)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or (time.monotonic() > end and port == ports[-1]):
                    raise SystemExit(f"port {port} cannot be bound: {os.strerror(error.errno or 0)}") from error
        time.sleep(0.1)
