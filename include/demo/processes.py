"""Processes that the demo starts, and ends again with all their children."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

ATTEMPTS = 10  # at a port that is free on several addresses


def free_ports(*preferred: int, hosts: Sequence[str] = ("127.0.0.1",)) -> list[int]:
    """Ports of these addresses, all different: each the preferred one, or any free one when that is taken."""
    with contextlib.ExitStack() as held:  # until all are chosen, or the system might give one twice
        return [_held(held, port, hosts) for port in preferred]


def _held(held: contextlib.ExitStack, preferred: int, hosts: Sequence[str]) -> int:
    for port in (preferred, *[0] * ATTEMPTS):
        with contextlib.ExitStack() as mine:
            try:
                for host in hosts:
                    port = _listening(mine, host, port)
            except OSError:
                continue
            held.push(mine.pop_all())
            return port
    raise OSError("no free port")


def _listening(held: contextlib.ExitStack, host: str, port: int) -> int:
    probe = held.enter_context(socket.socket())
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind((host, port))
    probe.listen()  # with SO_REUSEADDR two may bind a port, but only one may listen
    return int(probe.getsockname()[1])


class Service:
    """A server process in a session of its own, its output in a log file."""

    def __init__(self, name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.name, self.log = name, log
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
            )

    def check(self) -> None:
        """Raise `SystemExit` with the end of the log when the process is gone."""
        if (code := self.process.poll()) is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise SystemExit(f"demo: {self.name} ended with exit code {code}; the end of {self.log.name}:\n{tail}")

    def stop(self) -> None:
        """SIGTERM to the process and all below it; SIGKILL to what is left after 15 s.

        `airflow standalone` ends itself alone on SIGTERM, and its children make sessions of their own.
        """
        family = self.family()
        for one in family:
            _quietly(one.terminate)
        _, alive = psutil.wait_procs(family, timeout=15)
        for one in alive:
            _quietly(one.kill)
        psutil.wait_procs(alive, timeout=5)
        self.process.wait()

    def family(self) -> list[psutil.Process]:
        """The process, all below it, and what is left in its session when it is gone."""
        try:
            found = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            found = []
        return found + [
            one for one in psutil.process_iter() if _session(one.pid) == self.process.pid and one not in found
        ]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _quietly(signal) -> None:  # type: ignore[no-untyped-def]
    with contextlib.suppress(psutil.NoSuchProcess):
        signal()
