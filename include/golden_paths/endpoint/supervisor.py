"""The supervisor: holds the stable port, runs model servers, does what it is told one command at a time."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from golden_paths.endpoint import state as states
from golden_paths.endpoint.server import ModelServer
from golden_paths.endpoint.state import EndpointState, Served

BACKLOG = 2048
TICK = 0.25  # seconds between looks at the children
DRAIN = 30.0  # seconds a server may take to answer what is in flight
LONGEST_PAUSE = 30.0  # seconds between restarts of a server that keeps crashing


class Supervisor:
    """One endpoint. Every command may be repeated; the second time it changes nothing."""

    def __init__(self, name: str, folder: Path, *, port: int, feast_state: Path) -> None:
        self.folder, self.feast_state = folder, feast_state
        known = states.read(folder)
        self.stable = socket.create_server(("127.0.0.1", port or (known.port if known else 0)), backlog=BACKLOG)
        self.state = EndpointState(
            name=name, port=self.stable.getsockname()[1], serving=known.serving if known else None
        )
        self.servers: dict[str, ModelServer] = {}
        self.previous: str | None = None
        self.crashes, self.restart_at = 0, 0.0
        self.ending = False

    def run(self, pid: int) -> None:
        """Take commands until told to stop."""
        with tempfile.TemporaryDirectory(prefix="golden-paths-") as short, socket.socket(socket.AF_UNIX) as control:
            path = f"{short}/control"  # a socket's path may have 108 bytes; the project's own may be longer
            control.bind(path)
            control.listen(16)
            control.settimeout(TICK)
            self.state.pid, self.state.control = pid, path
            states.write(self.folder, self.state)
            while not self.ending:
                with contextlib.suppress(TimeoutError):
                    connection, _ = control.accept()
                    self._answer(connection)
                self._keep_serving()
            self.state.pid, self.state.control = 0, ""
            states.write(self.folder, self.state)

    def _answer(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            try:
                request = json.loads(stream.readline())
                command = getattr(self, f"do_{request.pop('do')}")
                answer = {"ok": command(**request)}
            except Exception as error:  # the supervisor outlives a bad command; the caller is told
                answer = {"error": f"{type(error).__name__}: {error}"}
            with contextlib.suppress(OSError):
                stream.write(json.dumps(answer).encode() + b"\n")

    def _keep_serving(self) -> None:
        """Bring the serving version up when it is not: after a crash of its server, or of the supervisor itself."""
        serving = self.state.serving
        for version, server in list(self.servers.items()):
            gone = server.process.poll() is not None
            if gone and serving and version == serving.version:
                del self.servers[version]
                self.crashes += 1
                self.restart_at = time.monotonic() + min(2.0**self.crashes / 4, LONGEST_PAUSE)
        if serving is None or self.ending:
            return
        found = self.servers.get(serving.version)
        if found is None and time.monotonic() >= self.restart_at:
            self._start(serving)
        elif found and (health := found.health()) and health.get("status") == "ready":
            self.crashes = 0
            if not health.get("accepting"):
                found.send(signal.SIGUSR1)

    def _start(self, served: Served) -> ModelServer:
        server = ModelServer(served, stable=self.stable, folder=self.folder, feast_state=self.feast_state)
        self.servers[served.version] = server
        return server

    def _end(self, version: str | None) -> None:
        """Drain a server in the background of the loop; it is reaped when it is gone."""
        if version and (server := self.servers.get(version)):
            server.send(signal.SIGTERM)

    def do_start(self, served: dict[str, Any]) -> dict[str, Any]:
        """Run a version beside the one that serves."""
        wanted = Served.model_validate(served)
        found = self.servers.get(wanted.version)
        if found and found.served == wanted and found.process.poll() is None:
            return found.status()
        if found and self.state.serving == found.served and found.process.poll() is None:
            raise ValueError(f"version {wanted.version} serves with another digest, {found.served.digest}")
        if found:
            self._finish(found)
        return self._start(wanted).status()

    def do_accept(self, version: str) -> bool:
        """Let a version accept on the stable port, beside the one that serves."""
        self.servers[version].send(signal.SIGUSR1)
        return True

    def do_serve(self, version: str) -> str | None:
        """From here on this version serves; the one before accepts no more, and stays loaded. Returns its version."""
        before = self.state.serving
        if before is None or before.version != version:
            self.previous = before.version if before else None
            self.state.serving = self.servers[version].served
            states.write(self.folder, self.state)
        if self.previous and self.previous in self.servers:
            self.servers[self.previous].send(signal.SIGUSR2)
        return self.previous

    def do_settle(self) -> bool:
        """Drain the version before, and every other that does not serve."""
        for version in list(self.servers):
            if self.state.serving is None or version != self.state.serving.version:
                self._end(version)
        self.previous = None
        return True

    def do_restore(self, version: str) -> str | None:
        """Undo do_serve(version)."""
        if self.state.serving and self.state.serving.version == version:
            back = self.servers.get(self.previous) if self.previous else None
            if back:
                back.send(signal.SIGUSR1)
            self.state.serving = back.served if back else None
            self.previous = None
            states.write(self.folder, self.state)
        self._end(version)
        return self.state.serving.version if self.state.serving else None

    def do_discard(self, version: str) -> bool:
        """End a version that does not serve."""
        if self.state.serving and self.state.serving.version == version:
            return False
        self._end(version)
        return True

    def do_status(self) -> dict[str, Any]:
        """The state, and every server."""
        servers = {version: server.status() for version, server in self.servers.items()}
        return {"state": self.state.model_dump(), "previous": self.previous, "servers": servers}

    def do_stop(self) -> bool:
        """Drain every server and end."""
        self.ending = True
        for server in self.servers.values():
            server.send(signal.SIGTERM)
        for server in self.servers.values():
            self._finish(server)
        self.stable.close()
        return True

    def _finish(self, server: ModelServer) -> None:
        server.send(signal.SIGTERM)
        try:
            server.process.wait(DRAIN)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()
