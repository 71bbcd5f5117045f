"""What Marquez was not given is sent later: in order, once, in bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bad_marquez import closed_port, marquez
from golden_paths.lineage import graph, log, sent
from golden_paths.lineage.delivery import Backend
from golden_paths.lineage.replay import missing, replay
from lineage_events import Event, event

INCLUDE, TESTS = Path(__file__).parents[3] / "include", Path(__file__).parents[2]


def write(folder: Path, *events: Event) -> Path:
    """One process' file."""
    writer = log.Writer(folder)
    return [writer.append(json.dumps(one)).file for one in events][-1]


def minutes(got: list[Event]) -> list[int]:
    return [int(one["eventTime"][14:16]) for one in got]


def test_events_of_many_files_are_sent_in_the_order_in_which_they_happened(tmp_path: Path) -> None:
    write(tmp_path, event("b", "START", 2), event("b", "COMPLETE", 5))
    write(tmp_path, event("a", "START", 1), event("a", "COMPLETE", 4))
    write(tmp_path, event("c", "START", 3), event("c", "COMPLETE", 6))
    with marquez() as server:
        outcome = replay(tmp_path, Backend(server.url))
        assert (outcome.sent, outcome.again, outcome.left, minutes(server.got)) == (6, 0, 0, [1, 2, 3, 4, 5, 6])
        again = replay(tmp_path, Backend(server.url))
        assert (again.sent, len(server.got)) == (0, 6)


def test_without_its_notes_all_is_sent_again_and_no_graph_changes(tmp_path: Path) -> None:
    write(tmp_path, event("a", "START", 1, ["raw"], ["made"]), event("a", "COMPLETE", 3, ["raw"], ["made"]))
    write(tmp_path, event("b", "START", 2, ["made"], ["end"]), event("b", "COMPLETE", 4, ["made"], ["end"]))
    with marquez() as server:
        replay(tmp_path, Backend(server.url))
        once, states = graph.of_events(server.got), last_states(server.got)
        for file in log.files(tmp_path):
            file.with_suffix(sent.SUFFIX).unlink()
        assert replay(tmp_path, Backend(server.url)).sent == 4
        assert minutes(server.got) == [1, 2, 3, 4] * 2
        again = graph.of_events(server.got)
        assert len(once.nodes) == 5
        assert (again.nodes, again.edges, last_states(server.got)) == (once.nodes, once.edges, states)


def last_states(got: list[Event]) -> dict[str, str]:
    return {one["run"]["runId"]: one["eventType"] for one in got}


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    write(tmp_path, *(event(f"job{number}", "COMPLETE", number) for number in range(6)))
    with marquez() as server:
        told: list[object] = []

        def stop_at_three(one: object) -> None:
            told.append(one)
            if len(told) == 3:
                server.status = 503

        first = replay(tmp_path, Backend(server.url), told=stop_at_three)
        assert (first.sent, first.left) == (3, 3)
        assert "answers 503" in first.reason
        server.status = 201
        second = replay(tmp_path, Backend(server.url))
        assert (second.sent, second.left, minutes(server.got)) == (3, 0, [0, 1, 2, 3, 4, 5])


def test_nobody_there_loses_nothing(tmp_path: Path) -> None:
    write(tmp_path, event("a", "COMPLETE", 1))
    outcome = replay(tmp_path, Backend(closed_port()))
    assert (outcome.sent, outcome.left, len(missing(tmp_path))) == (0, 1, 1)


def test_a_start_that_comes_after_its_runs_end_is_followed_by_that_end_again(tmp_path: Path) -> None:
    """Marquez would have the run RUNNING for ever."""
    write(tmp_path, event("a", "START", 1), event("b", "START", 2))
    done = write(tmp_path, event("a", "COMPLETE", 5))
    with sent.held(done) as mark:
        mark.advance(done.stat().st_size)
    with marquez() as server:
        outcome = replay(tmp_path, Backend(server.url))
        found = [(one["job"]["name"], one["eventType"]) for one in server.got]
        assert found == [("a", "START"), ("a", "COMPLETE"), ("b", "START")]
        assert (outcome.sent, outcome.again) == (2, 1)


def test_two_at_once_send_each_event_once(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path, *(event(f"job{number}", "COMPLETE", minute) for minute in range(10)))
    with marquez() as server:
        outcomes = []
        threads = [
            threading.Thread(target=lambda: outcomes.append(replay(tmp_path, Backend(server.url)))) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (sum(one.sent for one in outcomes), len(server.got)) == (40, 40)


@pytest.mark.parametrize(
    "rest", ["", '{"eventTime": "2026', "\0\0\0\0\n", "[1, 2]\n"], ids=["whole", "cut", "zeros", "a list"]
)
def test_what_is_no_event_is_passed_over(tmp_path: Path, rest: str) -> None:
    file = write(tmp_path, event("a", "COMPLETE", 1))
    with file.open("a") as stream:
        stream.write(rest)
        if rest.endswith("\n"):
            stream.write(json.dumps(event("b", "COMPLETE", 2)) + "\n")
    with marquez() as server:
        replay(tmp_path, Backend(server.url))
        assert minutes(server.got) == ([1, 2] if rest.endswith("\n") else [1])


def test_an_event_that_is_refused_is_said_and_not_sent_again(tmp_path: Path) -> None:
    write(tmp_path, event("a", "COMPLETE", 1))
    said: list[str] = []
    with marquez(422) as server:
        outcome = replay(tmp_path, Backend(server.url), refused=said.append)
        assert (outcome.sent, outcome.refused, outcome.left) == (0, 1, 0)
        assert said == [f"{server.url} refuses it: 422 no such thing"]
        assert missing(tmp_path) == []


PEAK = """
import resource, sys
from pathlib import Path
from golden_paths.lineage.delivery import Backend
from golden_paths.lineage import replay
import requests  # what is imported is no part of what events take
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
outcome = replay.replay(Path(sys.argv[1]), Backend(sys.argv[2]))
print(outcome.sent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_five_thousand_events_are_sent_in_bounded_memory(tmp_path: Path) -> None:
    """Bodies of 8 KiB are 40 MiB in all: what is held of them is their places."""
    big = event("a", "COMPLETE", 1) | {"padding": "x" * 8192}
    for _ in range(50):
        write(tmp_path, *([big] * 100))
    with marquez() as server:
        server.got = Forgetful()
        command = [sys.executable, "-c", PEAK, str(tmp_path), server.url]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(INCLUDE)})
    count, kibibytes = map(int, done.stdout.split())
    assert count == 5000
    assert kibibytes < 16 * 1024


class Forgetful(list[Event]):
    def append(self, one: Event) -> None:
        pass
