"""Starts an endpoint's supervisor, detached: it outlives the task that asked for it. Or asks the keeper to."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from golden_paths import sandbox
from golden_paths.endpoint import control
from golden_paths.endpoint.place import Place
from golden_paths.errors import StepFailed
from golden_paths.prediction_log import sign_in

UP_SECONDS = 60.0
END_SECONDS = 40.0  # draining takes 30 at most
POLL = 0.05


def ensure(folder: Path, *, feast_state: Path, port: int | None, root: Path) -> None:
    """One supervisor takes commands, with what served before. Raises `StepFailed` when the port cannot be bound."""
    if not Place.from_environment().host:
        here(folder, feast_state=feast_state, port=port, root=root)
    elif not control.answers(folder):
        _by_keeper(folder, port)


def wait_until_ended(folders: Iterable[Path]) -> None:
    """Until no supervisor of these lives, or for as long as draining may take."""
    end = time.monotonic() + END_SECONDS
    while any(map(control.is_supervised, folders)) and time.monotonic() < end:
        time.sleep(POLL)


def _by_keeper(folder: Path, port: int | None) -> None:
    """A keeper that restarts is asked again."""
    end = time.monotonic() + UP_SECONDS
    while True:
        try:
            control.tell(str(folder.parent / control.SOCKET), folder, "ensure", name=folder.name, port=port)
            return
        except control.Unreachable as error:
            if time.monotonic() > end:
                raise StepFailed(
                    f"endpoint {folder.name}: the keeper of endpoints does not answer: {error.__cause__}",
                    remedy="start it: python -m golden_paths endpoints --keep (in docker compose, the service endpoints)",
                    retry=True,
                ) from error
            time.sleep(POLL)


def here(folder: Path, *, feast_state: Path, port: int | None, root: Path) -> None:
    """The same, as a process of this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    log, end = folder / "supervisor.log", time.monotonic() + UP_SECONDS
    began = log.stat().st_size if log.exists() else 0
    process = None
    while not control.answers(folder):
        if process is None or process.poll() == 0:  # another one holds the lock: starting as well, or about to end
            process = _start(folder, feast_state=feast_state, port=port, root=root, log=log)
        elif process.poll():
            lines = log.read_bytes()[began:].decode(errors="replace").strip().splitlines()
            raise StepFailed(
                f"endpoint {folder.name}: {lines[-1] if lines else 'its supervisor ended at once'}",
                remedy="free the port, or give another as deploy.port",
            )
        if time.monotonic() > end:
            raise StepFailed(
                f"endpoint {folder.name} was not up within {UP_SECONDS:g} s", remedy=f"its log is {log}", retry=True
            )
        time.sleep(POLL)


def _start(folder: Path, *, feast_state: Path, port: int | None, root: Path, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "golden_paths.endpoint", folder.name, str(folder), str(feast_state)]
    with log.open("ab") as stream:
        return subprocess.Popen(
            [*command, str(port)] if port else command,
            cwd=root,
            env=sandbox.environment(folder) | Place.from_environment().environment() | sign_in.any_needed(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
