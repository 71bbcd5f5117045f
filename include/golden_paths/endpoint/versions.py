"""The versions of one endpoint: which runs, which serves, and how one takes over from another."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

from golden_paths.endpoint import state as states
from golden_paths.endpoint.server import ModelServer
from golden_paths.endpoint.state import EndpointState, Served

LONGEST_PAUSE = 30.0  # seconds between restarts of a server that keeps crashing


class Versions:
    """Every command may be repeated; the second time it changes nothing. `ValueError` is a refusal, told to the caller.

    `running` has first what served, then candidates in the order of their start; `leaving` has servers that drain.
    """

    def __init__(self, state: EndpointState, *, folder: Path, stable: socket.socket, feast_state: Path) -> None:
        self.state, self._folder, self._stable, self._feast_state = state, folder, stable, feast_state
        self._running: dict[str, ModelServer] = {}
        self._leaving: list[ModelServer] = []
        self._crashes, self._restart_at = 0, 0.0
        self._was_used = False

    @property
    def is_empty(self) -> bool:
        """Whether versions ran, and none does or shall: the endpoint has no reason to go on."""
        return self._was_used and not (self.state.serving or self._running or self._leaving)

    def tend(self) -> None:
        """Bring the serving version up when it is not, after a crash of it or of the supervisor; reap what drains."""
        for server in self._leaving:
            server.end()
        self._leaving = [server for server in self._leaving if not server.has_ended]
        serving = self.state.serving
        if serving is None:
            return
        found = self._running.get(serving.key)
        if found and found.has_ended:
            del self._running[serving.key]
            self._crashes += 1
            self._restart_at = time.monotonic() + min(2.0**self._crashes / 4, LONGEST_PAUSE)
        elif found and not found.accepts:
            found.welcome()
        elif found:
            self._crashes = 0
        elif time.monotonic() >= self._restart_at:
            self._run(serving)

    def start(self, served: dict[str, Any]) -> dict[str, Any]:
        """Run a version beside the one that serves, or find it running."""
        wanted = Served.model_validate(served)
        found = self._running.get(wanted.key)
        if found is None or found.has_ended:
            found = self._run(wanted)
        return found.status()

    def shift(self, key: str) -> dict[str, Any]:
        """Both versions accept for a moment, then this one alone: the port is never without one."""
        serving = self.state.serving
        if serving is None or serving.key != key:
            server = self._running.get(key)
            if server is None:
                raise ValueError(f"version {key} does not run")
            server.accept()
            self._save(serving=server.served, before=serving, settled=False)
            if serving and (old := self._running.pop(serving.key, None)):
                old.refuse()
                self._running = {serving.key: old, **self._running}
        before = self.state.before
        return {"previous": before.version if before else None, "url": self.state.url}

    def settle(self, key: str) -> list[int]:
        """Drain the version before, and what was started before this one and never served. Returns who is leaving."""
        if self.state.serving and self.state.serving.key == key:
            self._save(settled=True)
            order = list(self._running)
            older = order[: order.index(key)] if key in order else []
            for one in {*older, self.state.before.key if self.state.before else key} - {key}:
                self._end(one)
        return self._pids_leaving()

    def restore(self, key: str) -> list[int]:
        """Undo `shift`, unless it was settled. Without a version before, the endpoint serves nothing again."""
        if self.state.can_undo(key):
            back = self.state.before
            self._save(serving=back, before=None, settled=True)
            if back and (server := self._running.get(back.key)):
                server.welcome()  # until it accepts, connections wait in the socket's queue
        return self.discard(key)

    def withdraw(self, reason: str, version: str | None = None) -> dict[str, Any] | None:
        """Have the stable port answer that its version is withdrawn. To be asked until it `is_done`: it starts a server first.

        None when nothing serves, or another version than the one named. The first reason stays. It cannot be undone.
        """
        serving = self.state.serving
        if serving is None or version not in (None, serving.version):
            return None
        wanted = serving if serving.withdrawn else serving.model_copy(update={"withdrawn": reason})
        server = self._running.get(wanted.key)
        if server is None or server.has_ended:
            server = self._run(wanted)
        if not server.accepts and not server.health():
            return {"is_done": False, "leaving": []}
        server.accept()
        if not serving.withdrawn:
            before = self.state.before
            self._save(serving=server.served, before=None, settled=True)
            for one in (serving, before):
                if one and one.key != server.served.key:
                    self._end(one.key)
        return {"is_done": True, "leaving": self._pids_leaving()}

    def discard(self, key: str) -> list[int]:
        """End a version that does not serve. Returns who is leaving."""
        if not (self.state.serving and self.state.serving.key == key):
            self._end(key)
        return self._pids_leaving()

    def status(self) -> dict[str, Any]:
        """The state, every server, and the process ids of those that drain."""
        self.tend()
        serving = self.state.serving
        found = self._running.get(serving.key) if serving else None
        return {
            "state": self.state.model_dump(),
            "accepts": bool(found and found.accepts),
            "servers": {key: server.status() for key, server in self._running.items()},
            "leaving": self._pids_leaving(),
        }

    def end_all(self) -> None:
        """Drain every server and wait for it; what takes longer than it may is killed."""
        for key in list(self._running):
            self._end(key)
        while self._leaving:
            self._leaving[0].end()
            if self._leaving[0].has_ended:
                self._leaving.pop(0)
            else:
                time.sleep(0.02)

    def _run(self, served: Served) -> ModelServer:
        self._was_used = True
        server = ModelServer(served, stable=self._stable, folder=self._folder, feast_state=self._feast_state)
        self._running[served.key] = server
        return server

    def _end(self, key: str) -> None:
        if server := self._running.pop(key, None):
            server.end()
            self._leaving.append(server)

    def _pids_leaving(self) -> list[int]:
        return [server.process.pid for server in self._leaving]

    def _save(self, **changes: Any) -> None:
        """On disk first: when that fails nothing has changed."""
        changed = self.state.model_copy(update=changes)
        states.write(self._folder, changed)
        self.state = changed
