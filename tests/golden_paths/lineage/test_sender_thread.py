"""The thread that sends: what it is given while it ends, what hangs in it, and a process that may have none."""

from __future__ import annotations

import json
import logging
import threading
import time
from pathlib import Path

import pytest

from bad_marquez import marquez
from golden_paths.lineage import delivery, log
from golden_paths.lineage.delivery import Backend
from golden_paths.lineage.replay import replay
from golden_paths.lineage.sender import Sender
from lineage_events import event
from local_endpoints import eventually

SHORT = 0.3  # seconds of patience
SOON = 2.0  # what a task may take longer while Marquez is down; what hangs here does so for a minute


def text(minute: int, state: str = "START") -> str:
    return json.dumps(event("train", state, minute, run="a"))


def kept(folder: Path) -> list[int]:
    return [int(one["eventTime"][14:16]) for one in log.read(folder)]


def test_nobody_waits_for_more_than_that_whatever_the_thread_waits_for(tmp_path: Path) -> None:
    """A name server that does not answer, say: no timeout of ours is on it."""
    hangs = threading.Event()

    class Hangs(Backend):
        def post(self, event: bytes, *, connect: float = 0, answer: float = 0) -> None:
            hangs.wait(60)

    sender = Sender(tmp_path, Hangs("http://marquez"))
    begun = time.monotonic()
    sender.emit(text(1, "COMPLETE"), patience=SHORT)
    assert time.monotonic() - begun < SOON
    assert sender._is_sending
    hangs.set()


def test_what_is_emitted_while_the_thread_ends_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread has sent all it knew of, and says so; at this moment comes the end of the run."""
    said, real = threading.Event(), delivery.say_away
    with marquez() as server:
        sender = Sender(tmp_path, Backend(server.url))

        def say(folder: Path, away: bool) -> None:
            real(folder, away)
            if not said.is_set():
                said.set()
                other = threading.Thread(target=sender.emit, args=(text(2, "COMPLETE"),), kwargs={"patience": 10})
                other.start()
                assert eventually(lambda: kept(tmp_path) == [1, 2], 10)

        monkeypatch.setattr(delivery, "say_away", say)
        sender.emit(text(1, "COMPLETE"), patience=10)
        assert eventually(lambda: [time[14:16] for time in server.times] == ["01", "02"], 10)


def test_a_process_that_may_have_no_more_threads_has_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with marquez() as server, caplog.at_level(logging.WARNING):
        sender = Sender(tmp_path, Backend(server.url))
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            sender.emit(text(1))
        assert "lineage is not sent: can't start new thread" in caplog.text
        sender.emit(text(2, "COMPLETE"), patience=10)
        assert [time[14:16] for time in server.times] == ["01", "02"]


def test_a_server_that_drips_holds_up_the_process_and_a_replay_for_so_long_and_no_longer(tmp_path: Path) -> None:
    with marquez() as dripping:
        dripping.drips = True
        sender = Sender(tmp_path, Backend(dripping.url))
        sender.emit(text(1, "COMPLETE"), patience=10)
        assert eventually(lambda: not sender._is_sending, 10)  # it drips on for a minute
        with marquez() as server:
            assert replay(tmp_path, Backend(server.url)).sent == 1
