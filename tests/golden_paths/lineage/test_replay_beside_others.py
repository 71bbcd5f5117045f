"""A replay beside processes that are alive, or killed, and a Marquez that goes away in the middle: no run stays RUNNING."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bad_marquez import Marquez, marquez
from golden_paths.lineage import log, replay, sent
from golden_paths.lineage.delivery import Backend
from golden_paths.lineage.sender import Sender
from lineage_events import Event, event
from local_endpoints import eventually

INCLUDE = Path(__file__).parents[3] / "include"
ENDS = ("COMPLETE", "FAIL", "ABORT")


def write(folder: Path, *events: Event) -> Path:
    """One process' file."""
    writer = log.Writer(folder)
    return [writer.append(json.dumps(one)).file for one in events][-1]


def states(server: Marquez) -> dict[str, str]:
    """Of each run, as Marquez has it: what it was told last."""
    return {one["run"]["runId"]: one["eventType"] for one in server.got}


def after(count: int, status: int) -> Any:
    """A server that answers so many times, then once with `status`, then again."""
    seen: list[Event] = []

    def status_of(one: Event) -> int:
        seen.append(one)
        return status if len(seen) == count + 1 else 201

    return status_of


@pytest.mark.parametrize("status", [500, 503])
def test_an_end_that_could_not_be_sent_again_is_sent_again_the_next_time(tmp_path: Path, status: int) -> None:
    write(tmp_path, event("a", "START", 1))
    done = write(tmp_path, event("a", "COMPLETE", 5))
    with sent.held(done) as mark:
        mark.advance(done.stat().st_size)
    with marquez() as server:
        server.status_of = after(1, status)
        assert replay.replay(tmp_path, Backend(server.url)).left == 1
        second = replay.replay(tmp_path, Backend(server.url))
        assert (second.sent, second.again, second.left) == (1, 1, 0)
        assert list(states(server).values()) == ["COMPLETE"]


def test_a_run_that_ends_while_a_replay_is_under_way_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its START was missing when the replay looked; its end is sent live, by another process, before the replay comes to it."""
    write(tmp_path, event("a", "START", 1))
    real = replay.missing

    def missing(folder: Path) -> list[replay.Missing]:
        found = real(folder)
        Sender(folder, Backend(server.url)).emit(json.dumps(event("a", "COMPLETE", 9)), patience=10)
        return found

    monkeypatch.setattr(replay, "missing", missing)
    with marquez() as server:
        assert replay.replay(tmp_path, Backend(server.url)).again == 1
        assert list(states(server).values()) == ["COMPLETE"]
        assert real(tmp_path) == []


@pytest.mark.parametrize("when", ["sent before its START", "sent with its START", "noted after its START"])
def test_an_end_that_was_missing_and_is_sent_live_meanwhile_stays_the_last(tmp_path: Path, when: str) -> None:
    write(tmp_path, event("a", "START", 1))
    done = write(tmp_path, event("a", "COMPLETE", 5))
    with marquez() as server:
        live = Backend(server.url)  # of the process whose file has the end

        def note() -> None:
            with sent.held(done) as mark:
                mark.advance(done.stat().st_size)

        def status_of(one: Event) -> int:
            if one["eventType"] == "START" and when != "sent before its START":
                live.post(done.read_bytes())
                if when == "sent with its START":
                    note()
            return 201

        server.status_of = status_of
        start, end = replay.missing(tmp_path)
        under_way = replay._Replay(Backend(server.url), replay.Ends(tmp_path, {end.run: end.place}), print)
        if when == "sent before its START":
            live.post(done.read_bytes())
            note()
        under_way.step(start)
        note()
        under_way.step(end)
        assert list(states(server).values()) == ["COMPLETE"]
        assert under_way.outcome.again >= 1


def test_runs_that_end_one_by_one_while_a_replay_is_under_way_have_ended(tmp_path: Path) -> None:
    """Of `b` the log knows no end when `a` is looked up; it comes just before the START of `b` is sent."""
    write(tmp_path, event("a", "START", 1), event("b", "START", 2))
    with marquez() as server:
        live = Sender(tmp_path, Backend(server.url))

        def status_of(one: Event) -> int:
            if (name := one["job"]["name"]) == "b" and one["eventType"] == "START":
                live.emit(json.dumps(event(name, "COMPLETE", 9)), patience=10)
            return 201

        server.status_of = status_of
        assert replay.replay(tmp_path, Backend(server.url)).again == 1
        assert list(states(server).values()) == ["START", "COMPLETE"]


def test_a_run_without_an_end_is_only_started(tmp_path: Path) -> None:
    write(tmp_path, event("killed", "START", 1))
    write(tmp_path, event("other", "COMPLETE", 2))
    with marquez() as server:
        outcome = replay.replay(tmp_path, Backend(server.url))
        assert (outcome.sent, outcome.again, list(states(server).values())) == (2, 0, ["START", "COMPLETE"])


def failing(*minutes: int) -> Any:
    return lambda one: 500 if int(one["eventTime"][14:16]) in minutes else 201


def test_an_event_that_marquez_fails_over_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """In a file of its own and before others of its file."""
    for minutes in ((0, 1, 2), (3,), (4,)):
        write(tmp_path, *(event(f"job{minute}", "COMPLETE", minute) for minute in minutes))
    said: list[str] = []
    with marquez() as server:
        server.status_of = failing(1, 3)
        outcome = replay.replay(tmp_path, Backend(server.url), refused=said.append)
        assert (outcome.sent, outcome.refused, outcome.left) == (3, 2, 0)
        assert [one["eventTime"][14:16] for one in server.got] == ["00", "02", "04"]
    assert [line.partition(" to this")[0] for line in said] == [f"{server.url} answers 500"] * 2
    assert replay.missing(tmp_path) == []


def test_the_last_event_is_missing_until_another_tells_whether_it_or_marquez_failed(tmp_path: Path) -> None:
    write(tmp_path, event("good", "COMPLETE", 1), event("bad", "COMPLETE", 2))
    with marquez() as server:
        server.status_of = failing(2)
        first = replay.replay(tmp_path, Backend(server.url))
        assert (first.sent, first.left, first.reason) == (1, 1, f"{server.url} answers 500")
        write(tmp_path, event("good", "COMPLETE", 3))
        second = replay.replay(tmp_path, Backend(server.url))
        assert (second.sent, second.refused, second.left) == (1, 1, 0)


def test_what_another_process_has_sent_meanwhile_tells_nothing_of_an_event_that_failed(tmp_path: Path) -> None:
    write(tmp_path, event("a", "COMPLETE", 1))
    other = write(tmp_path, event("b", "COMPLETE", 2))
    with marquez() as server:

        def status_of(_: Event) -> int:
            with sent.held(other) as mark:
                mark.advance(other.stat().st_size)
            return 500

        server.status_of = status_of
        outcome = replay.replay(tmp_path, Backend(server.url))
        assert (outcome.sent, outcome.refused, outcome.left) == (0, 0, 1)
        assert [one.place.file for one in replay.missing(tmp_path)] != [other]


def test_a_marquez_that_fails_over_everything_is_away_and_loses_nothing(tmp_path: Path) -> None:
    write(tmp_path, *(event(f"job{minute}", "COMPLETE", minute) for minute in range(40)))
    asked: list[Event] = []
    with marquez() as server:
        server.status_of = lambda one: asked.append(one) or 500  # type: ignore[func-returns-value]
        outcome = replay.replay(tmp_path, Backend(server.url))
        assert (outcome.sent, outcome.refused, outcome.left, len(asked)) == (0, 0, 40, replay.DOUBTS + 1)
        server.status_of = lambda _: 201
        assert replay.replay(tmp_path, Backend(server.url)).sent == 40
        assert [int(one["eventTime"][14:16]) for one in server.got] == list(range(40))


def test_what_a_living_process_holds_is_left_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "HELD", 0.05)
    file = write(tmp_path, event("a", "COMPLETE", 1))
    with marquez() as server, sent.held(file):
        outcome = replay.replay(tmp_path, Backend(server.url))
        assert (outcome.sent, outcome.left) == (0, 1)
        assert outcome.reason == f"another process is sending {file.name}"


REPLAY = """
import sys
from pathlib import Path
from golden_paths.lineage.delivery import Backend
from golden_paths.lineage.replay import replay
replay(Path(sys.argv[1]), Backend(sys.argv[2]))
"""


def test_a_replay_that_is_killed_goes_on_with_the_event_that_it_was_at(tmp_path: Path) -> None:
    write(tmp_path, *(event(f"job{minute}", "COMPLETE", minute) for minute in range(6)))
    write(tmp_path, *(event(f"job{minute}", "COMPLETE", minute) for minute in range(6, 9)))
    with marquez() as server:

        def hold(one: Event) -> int:
            if one["eventTime"][14:16] == "04":
                server.got.append(one)
                server.answers.clear()
                server.answers.wait(60)
            return 201

        server.status_of = hold
        command = [sys.executable, "-c", REPLAY, str(tmp_path), server.url]
        child = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(INCLUDE)})
        assert eventually(lambda: not server.answers.is_set(), 30)
        child.send_signal(signal.SIGKILL)
        child.wait()
        server.status_of = lambda _: 201
        taken = len(server.got)
        server.answers.set()
        assert replay.replay(tmp_path, Backend(server.url)).sent == 5
        assert [one["eventTime"][14:16] for one in server.got[:taken]] == ["00", "01", "02", "03", "04"]
        rest = [one["eventTime"][14:16] for one in server.got[taken:]]
        assert [minute for minute in rest if minute != "04"] == ["05", "06", "07", "08"]
