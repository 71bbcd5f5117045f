"""How a supervisor is found and asked: a lock that it holds for life, and a Unix socket with one JSON line each way."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from golden_paths.endpoint import state as states
from golden_paths.errors import StepFailed

LOCK, SOCKET = "lock", "control"
LONGEST_PATH = 100  # a Unix socket's path may have 108 bytes on Linux, 104 elsewhere
READ_SECONDS = 5.0  # a caller that was stopped in the middle of its line does not hold up the endpoint
COMMAND_SECONDS = 60.0
SHORT = "golden-paths-endpoint-"


class Unreachable(StepFailed):
    """No supervisor answers for this endpoint."""

    def __init__(self, folder: Path, reason: object) -> None:
        super().__init__(
            f"endpoint {folder.name} does not answer: {reason}",
            remedy="run the path again from deploy on: that starts it, with what served",
            retry=True,
        )


def take_lock(folder: Path) -> bool:
    """Become the endpoint's one supervisor; False when there is one. Held until this process is gone, however it ends."""
    try:
        # Never closed: the system does that last of all, so a free lock says that nothing is left.
        fcntl.flock(os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_supervised(folder: Path) -> bool:
    """Whether a supervisor lives, be it busy or about to end."""
    if not (folder / LOCK).exists():
        return False
    with (folder / LOCK).open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two that look do not see one another
        except BlockingIOError:
            return True
    return False


def answers(folder: Path) -> bool:
    """Whether a supervisor takes commands."""
    try:
        return bool(ask(folder, "status"))
    except StepFailed:
        return False


def ask(folder: Path, command: str, **arguments: Any) -> Any:
    """Send one command and return what it answers. Raises `Unreachable`, or `StepFailed` with the refusal's reason."""
    try:
        state = states.read(folder)
    except (OSError, ValueError) as error:
        raise Unreachable(folder, error) from error
    if state is None or not state.control:
        raise Unreachable(folder, "no supervisor runs")
    return tell(state.control, folder, command, **arguments)


def tell(path: str, folder: Path, command: str, **arguments: Any) -> Any:
    """The same, by the socket at `path`, of the supervisor or the keeper of `folder`."""
    try:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(COMMAND_SECONDS)
            control.connect(path)
            control.sendall(json.dumps({"do": command, **arguments}).encode() + b"\n")
            with control.makefile("rb") as stream:
                answer = json.loads(stream.readline())
    except (OSError, ValueError) as error:  # it was killed, now or before
        raise Unreachable(folder, error) from error
    if "error" in answer:
        raise StepFailed(
            f"endpoint {folder.name} refuses {command}: {answer['error']}",
            remedy=f"run the path again from deploy on; its log is {folder / 'supervisor.log'}",
            retry=True,
        )
    return answer["ok"]


@contextlib.contextmanager
def listening(folder: Path) -> Iterator[socket.socket]:
    """The socket for commands, in the endpoint's folder, or in a short temporary one when that path is too long."""
    path = folder / SOCKET
    short = None
    if len(bytes(path)) > LONGEST_PATH:
        short = tempfile.mkdtemp(prefix=SHORT)
        path = Path(short) / SOCKET
    try:
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as control:
            control.bind(str(path))
            control.listen(16)
            yield control
    finally:
        path.unlink(missing_ok=True)
        if short:
            shutil.rmtree(short, ignore_errors=True)


def forget(path: str) -> None:
    """Remove what a killed supervisor left of its short folder."""
    folder = Path(path).parent
    if folder.name.startswith(SHORT):
        shutil.rmtree(folder, ignore_errors=True)


def answer(connection: socket.socket, commands: dict[str, Callable[..., Any]]) -> None:
    """Do what one caller asks. The supervisor outlives any failure of it: the caller is told."""
    with contextlib.suppress(OSError), connection, connection.makefile("rwb") as stream:
        connection.settimeout(READ_SECONDS)
        try:
            request = json.loads(stream.readline())
            reply = {"ok": commands[request.pop("do")](**request)}
        except Exception as error:
            reply = {"error": str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"}
        stream.write(json.dumps(reply).encode() + b"\n")
        stream.flush()
