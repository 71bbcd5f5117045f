"""How a supervisor is asked, without one: the socket, the lock and the errors."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from golden_paths.endpoint import control
from golden_paths.endpoint import state as states
from golden_paths.endpoint.state import EndpointState
from golden_paths.errors import StepFailed

TAKE_LOCK = "import sys; from pathlib import Path; from golden_paths.endpoint import control; "
TAKE_LOCK += "print(control.take_lock(Path(sys.argv[1])), flush=True); sys.stdin.read()"


def refuse() -> None:
    raise ValueError("version 7 does not run")


def fail() -> None:
    raise OSError(28, "No space left on device")


COMMANDS: dict[str, Callable[..., Any]] = {"double": lambda number: 2 * number, "refuse": refuse, "fail": fail}
ANSWERS = {
    "refuse": "version 7 does not run",
    "fail": "OSError: [Errno 28] No space left on device",
    "dance": "KeyError: 'dance'",
}


@contextmanager
def answering(folder: Path, callers: int) -> Iterator[None]:
    """A supervisor's side of the socket, for so many callers."""
    folder.mkdir(parents=True, exist_ok=True)
    with control.listening(folder) as listener:
        states.write(folder, EndpointState(name=folder.name, port=1, control=listener.getsockname()))

        def answer() -> None:
            for _ in range(callers):
                control.answer(listener.accept()[0], COMMANDS)

        thread = threading.Thread(target=answer)
        thread.start()
        yield
        thread.join(30)


@pytest.mark.parametrize("depth", [1, 40], ids=["a short path", "a path too long for a Unix socket"])
def test_a_command_is_answered_wherever_the_project_lies(tmp_path: Path, depth: int) -> None:
    folder = tmp_path.joinpath(*["deep"] * depth)
    with answering(folder, 1):
        assert control.ask(folder, "double", number=21) == 42
    state = states.read(folder)
    assert state
    assert (len(state.control) < 108, Path(state.control).exists()) == (True, False)
    assert Path(state.control).parent.exists() is (depth == 1)


@pytest.mark.parametrize("command", ANSWERS)
def test_a_refusal_is_told_and_the_next_caller_is_answered(tmp_path: Path, command: str) -> None:
    folder = tmp_path / "churn"
    with answering(folder, 2):
        with pytest.raises(StepFailed) as caught:
            control.ask(folder, command)
        assert control.ask(folder, "double", number=1) == 2
    assert str(caught.value) == (
        f"endpoint churn refuses {command}: {ANSWERS[command]}; "
        f"run the path again from deploy on; its log is {folder / 'supervisor.log'}"
    )


def test_callers_that_hang_up_or_say_nothing_hold_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "READ_SECONDS", 0.2)
    folder = tmp_path / "churn"
    with answering(folder, 3), socket.socket(socket.AF_UNIX) as silent:
        with socket.socket(socket.AF_UNIX) as gone:
            gone.connect(str(folder / "control"))
        silent.connect(str(folder / "control"))
        assert control.ask(folder, "double", number=1) == 2


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "no supervisor runs"),
        ("{folder}/control", "[Errno 2] No such file or directory"),
    ],
    ids=["stopped", "killed"],
)
def test_no_supervisor_is_an_error_that_says_what_to_do(tmp_path: Path, path: str, reason: str) -> None:
    folder = tmp_path / "churn"
    folder.mkdir()
    states.write(folder, EndpointState(name="churn", port=1, control=path.format(folder=folder)))
    with pytest.raises(control.Unreachable) as caught:
        control.ask(folder, "status")
    assert str(caught.value) == (
        f"endpoint churn does not answer: {reason}; run the path again from deploy on: that starts it, with what served"
    )
    assert (caught.value.retry, control.answers(folder), control.is_supervised(folder)) == (True, False, False)


def test_one_process_at_a_time_has_the_lock_and_it_is_free_when_that_is_killed(tmp_path: Path) -> None:
    assert not control.is_supervised(tmp_path)
    first, second = (
        subprocess.Popen(
            [sys.executable, "-c", TAKE_LOCK, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(Path(control.__file__).parents[2])},
        )
        for _ in range(2)
    )
    taken = sorted(process.stdout.readline().strip() for process in (first, second) if process.stdout)
    was_supervised = control.is_supervised(tmp_path)
    for process in (first, second):
        process.kill()
        process.communicate()
    assert (taken, was_supervised, control.is_supervised(tmp_path)) == (["False", "True"], True, False)
