"""What a process emits is kept first and sent then; whatever Marquez does, nothing is lost, and nobody waits for long."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from bad_marquez import Marquez, black_hole, closed_port, marquez
from golden_paths.lineage import delivery, log, sent
from golden_paths.lineage.delivery import Backend
from golden_paths.lineage.replay import missing
from golden_paths.lineage.sender import LONG, PATIENCE, Sender
from lineage_events import event
from local_endpoints import eventually

INCLUDE = Path(__file__).parents[3] / "include"
BAD = ["refused", "500", "never answers", "black hole", "drips"]
ENOUGH = 20.0  # seconds of patience with a server that answers at once
SOON = 2.0  # what a task may take longer while Marquez is down; a bad server takes a minute


def text(minute: int, state: str = "START") -> str:
    return json.dumps(event("train", state, minute, run="a"))


def kept(folder: Path) -> list[int]:
    return [int(one["eventTime"][14:16]) for one in log.read(folder)]


@contextmanager
def bad(kind: str) -> Iterator[str]:
    if kind == "refused":
        yield closed_port()
    elif kind == "black hole":
        with black_hole() as url:
            yield url
    else:
        with marquez(500 if kind == "500" else 201) as server:
            server.drips = kind == "drips"
            if kind == "never answers":
                server.answers.clear()
            yield server.url


def test_events_arrive_in_order_and_are_noted_as_sent(tmp_path: Path) -> None:
    with marquez() as server:
        sender = Sender(tmp_path, Backend(server.url))
        for minute in range(20):
            sender.emit(text(minute))
        sender.emit(text(20, "COMPLETE"), patience=ENOUGH)
        assert [int(time[14:16]) for time in server.times] == list(range(21)) == kept(tmp_path)
    assert missing(tmp_path) == []
    assert not delivery.is_away(tmp_path)


def test_without_a_backend_the_log_is_all(tmp_path: Path) -> None:
    Sender(tmp_path).emit(text(1, "COMPLETE"), patience=ENOUGH)
    assert kept(tmp_path) == [1]
    assert len(log.files(tmp_path)) == 1


@pytest.mark.parametrize("kind", BAD)
def test_a_marquez_that_misbehaves_costs_little_and_loses_nothing(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with bad(kind) as url, caplog.at_level(logging.WARNING):
        sender = Sender(tmp_path, Backend(url))
        begun = time.monotonic()
        sender.emit(text(1))
        sender.emit(text(2, "COMPLETE"), patience=PATIENCE)
        assert time.monotonic() - begun < SOON
        assert kept(tmp_path) == [1, 2]
        assert len(missing(tmp_path)) == 2
        assert eventually(lambda: delivery.is_away(tmp_path), 10)  # others do not even ask


def test_the_patience_is_less_than_what_a_task_may_take() -> None:
    assert PATIENCE < 0.2  # as long as a task may take while Marquez answers, its own work in it
    assert LONG < 2.0


def test_a_start_never_waits(tmp_path: Path) -> None:
    with bad("never answers") as url:
        sender = Sender(tmp_path, Backend(url, key="k"))
        sender.emit(text(1))
        assert (sender._is_sending, kept(tmp_path)) == (True, [1])


def test_who_loses_patience_with_a_server_that_answers_does_not_call_it_away(tmp_path: Path) -> None:
    with marquez() as server:
        server.answers.clear()
        sender = Sender(tmp_path, Backend(server.url))
        sender.emit(text(1, "COMPLETE"), patience=0.01)
        assert (sender._is_sending, delivery.is_away(tmp_path)) == (True, False)


def test_the_end_of_a_path_sends_what_its_tasks_left_behind(tmp_path: Path) -> None:
    Sender(tmp_path).emit(text(1))
    Sender(tmp_path).emit(text(2, "COMPLETE"))  # another process, another file
    with marquez() as server:
        sender = Sender(tmp_path, Backend(server.url))
        sender.emit(text(3, "COMPLETE"), patience=ENOUGH)
        assert [time[14:16] for time in server.times] == ["03"]
        sender.emit(text(4, "COMPLETE"), patience=ENOUGH, is_path=True)
        assert [time[14:16] for time in server.times][1:] == ["04", "01", "02"]
    assert missing(tmp_path) == []


@pytest.mark.parametrize(
    ("kind", "state", "patience", "is_path"),
    [
        ("DAG", "START", 0.0, False),
        ("DAG", "COMPLETE", LONG, True),
        ("DAG", "FAIL", LONG, True),
        ("TASK", "START", 0.0, False),
        ("TASK", "FAIL", PATIENCE, False),
        ("PART", "COMPLETE", 0.0, False),
    ],
)
def test_who_waits_is_told_by_the_kind_of_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, state: str, patience: float, is_path: bool
) -> None:
    from golden_paths.lineage.events import Ref, event
    from golden_paths.lineage.touched import Touched
    from golden_paths.lineage.transport import LogFirstConfig, LogFirstTransport

    asked: list[dict[str, object]] = []
    monkeypatch.setattr(Sender, "emit", lambda _, text, **how: asked.append(how))
    ref = Ref("0196f5a5-0000-7000-8000-000000000000", "churn", "airflow", kind)
    LogFirstTransport(LogFirstConfig(str(tmp_path))).emit(event(state, ref, None, Touched()))
    assert asked == [{"patience": patience, "is_path": is_path}]


def test_while_one_was_found_away_nobody_asks_and_afterwards_what_was_missed_is_sent_first(tmp_path: Path) -> None:
    delivery.say_away(tmp_path, True)
    with marquez() as server:
        sender = Sender(tmp_path, Backend(server.url))
        sender.emit(text(1, "COMPLETE"), patience=ENOUGH)
        assert server.got == []
        past = time.time() - delivery.PAUSE - 1
        os.utime(tmp_path / delivery.MARK, (past, past))
        sender.emit(text(2, "COMPLETE"), patience=ENOUGH)
        assert [time[14:16] for time in server.times] == ["01", "02"]
    assert not (tmp_path / delivery.MARK).exists()


def test_an_event_that_is_refused_is_kept_and_does_not_stop_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with marquez(422) as server, caplog.at_level(logging.WARNING):
        sender = Sender(tmp_path, Backend(server.url))
        sender.emit(text(1, "COMPLETE"), patience=ENOUGH)
        server.status = 201
        sender.emit(text(2, "COMPLETE"), patience=ENOUGH)
        assert [time[14:16] for time in server.times] == ["02"]
    assert kept(tmp_path) == [1, 2]
    assert "refuses it: 422 no such thing" in caplog.text
    assert missing(tmp_path) == []


@pytest.mark.parametrize("with_backend", [False, True])
def test_a_log_that_cannot_be_written_is_warned_of_once_and_stops_nothing(
    tmp_path: Path, with_backend: bool, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with marquez() if with_backend else nullcontext() as server, caplog.at_level(logging.WARNING):
        sender = Sender(tmp_path / "file" / "log", Backend(server.url) if server else None)
        for minute in (1, 2):
            sender.emit(text(minute, "COMPLETE"), patience=ENOUGH)
        assert caplog.text.count("lineage cannot be kept") == 1
        if isinstance(server, Marquez):
            assert [time[14:16] for time in server.times] == ["01", "02"]


CHILD = """
import sys, time
from golden_paths.lineage.delivery import Backend
from golden_paths.lineage.sender import Sender
sender = Sender(__import__("pathlib").Path(sys.argv[1]), Backend(sys.argv[2]))
for number in range(5):
    sender.emit(sys.argv[3].replace("10:00", f"10:0{number}"))
print("kept", flush=True)
sender.emit(sys.argv[3].replace("10:00", "10:05"), patience=600)
"""


def test_a_process_that_is_killed_while_it_sends_leaves_all_to_a_replay(tmp_path: Path) -> None:
    from golden_paths.lineage.replay import replay

    with marquez() as server:
        server.answers.clear()
        command = [sys.executable, "-c", CHILD, str(tmp_path), server.url, text(0)]
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(INCLUDE)}
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "kept\n"
        assert eventually(lambda: len(list(log.read(tmp_path))) == 6, 30)
        child.send_signal(signal.SIGKILL)
        child.wait()
        server.answers.set()
        outcome = replay(tmp_path, Backend(server.url))
        assert (outcome.sent, outcome.left) == (6, 0)
        assert [time[14:16] for time in server.times][-6:] == ["00", "01", "02", "03", "04", "05"]


def test_a_fork_has_a_file_and_a_thread_of_its_own(tmp_path: Path) -> None:
    with marquez() as server:
        sender = Sender(tmp_path, Backend(server.url))
        sender.emit(text(1, "COMPLETE"), patience=ENOUGH)
        child = os.fork()
        if not child:
            sender.emit(text(2, "COMPLETE"), patience=ENOUGH)
            os._exit(0)
        os.waitpid(child, 0)
        sender.emit(text(3, "COMPLETE"), patience=ENOUGH)
        assert sorted(time[14:16] for time in server.times) == ["01", "02", "03"]
    assert len(log.files(tmp_path)) == 2


def test_what_a_replay_holds_is_left_to_it(tmp_path: Path) -> None:
    with marquez() as server:
        sender = Sender(tmp_path, Backend(server.url))
        sender.emit(text(1, "COMPLETE"), patience=ENOUGH)
        (file,) = log.files(tmp_path)
        with sent.held(file):
            sender.emit(text(2, "COMPLETE"), patience=ENOUGH)
            assert [time[14:16] for time in server.times] == ["01"]
        sender.emit(text(3, "COMPLETE"), patience=ENOUGH)
        assert [time[14:16] for time in server.times] == ["01", "02", "03"]
