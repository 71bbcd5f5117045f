"""The graph of a log, by Marquez' rules: which events make edges, and which replace them."""

from __future__ import annotations

from typing import Any

import pytest

from golden_paths.lineage import graph
from golden_paths.lineage.graph import Graph
from lineage_events import Event, event

START_A = event("train", "START", 1, ["set"], ["model"], run="a")
END_A = event("train", "COMPLETE", 2, ["set"], ["model"], run="a")
END_B = event("train", "COMPLETE", 9, ["other"], ["model"], run="b")
EDGES = {("set", "train"), ("train", "model")}
OF_B = {("other", "train"), ("train", "model")}
CASES: dict[str, tuple[list[Event], set[tuple[str, str]]]] = {
    "a run that has ended": ([START_A, END_A], EDGES),
    "a run that goes on": ([START_A], set()),
    "a run that was killed, after one that ended": (
        [START_A, END_A, event("train", "START", 9, ["other"], run="b")],
        EDGES,
    ),
    "a failed run": ([event("train", "FAIL", 2, ["set"], ["model"])], EDGES),
    "an aborted run": ([event("train", "ABORT", 2, ["set"], ["model"])], EDGES),
    "a run whose end names less than its start": ([START_A, event("train", "FAIL", 2, [], [], run="a")], EDGES),
    "a run whose end names more": ([event("train", "START", 1, ["set"], run="a"), END_A], EDGES),
    "a later run with another input": ([START_A, END_A, END_B], OF_B),
    "the later run first in the log": ([END_B, START_A, END_A], OF_B),
    "the end before the start": ([END_A, START_A], EDGES),
    "everything twice": ([START_A, END_A, START_A, END_A], EDGES),
    "an earlier run's late start": ([END_A, END_B, START_A], OF_B),
    "two models on one source": (
        [event("one", "COMPLETE", 1, ["source"], ["x"]), event("two", "COMPLETE", 2, ["source"], ["y"])],
        {("source", "one"), ("one", "x"), ("source", "two"), ("two", "y")},
    ),
    "a job that touches nothing": ([event("path", "COMPLETE", 1)], set()),
    "an event of a dataset alone": ([{"eventTime": "2026-01-08T10:00:00Z", "dataset": {}}, END_A], EDGES),
}


def edges(found: Graph) -> set[tuple[str, str]]:
    return {(one.name.name, other.name.name) for one, other in found.edges}


@pytest.mark.parametrize("case", CASES)
def test_edges_are_those_of_each_jobs_latest_run_that_has_ended(case: str) -> None:
    events, expected = CASES[case]
    assert edges(graph.of_events(events)) == expected


def test_a_node_says_which_version_and_which_state_it_is_in() -> None:
    def versioned(version: str) -> dict[str, Any]:
        return {"model": {"version": {"datasetVersion": version}}, "set": {"version": {"datasetVersion": "f" * 64}}}

    first = event("train", "COMPLETE", 1, ["set"], ["model"], run="a", facets=versioned("1"))
    second = event("train", "FAIL", 2, ["set"], ["model"], run="b", facets=versioned("2"))
    notes = {node.name.name: note for node, note in graph.of_events([second, first]).notes.items()}
    assert notes == {"set": "version ffffffffffff", "model": "version 2", "train": "FAIL 2026-01-08 10:02:00"}


def test_a_source_says_the_version_that_was_read_last() -> None:
    def versioned(version: str) -> dict[str, Any]:
        return {"source": {"version": {"datasetVersion": version}}}

    first = event("one", "COMPLETE", 1, ["source"], ["x"], facets=versioned("1"))
    second = event("two", "COMPLETE", 2, ["source"], ["y"], facets=versioned("2"))
    for events in ([first, second], [second, first]):
        assert {node.name.name: note for node, note in graph.of_events(events).notes.items()}["source"] == "version 2"


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_ends_of_a_run_the_later_counts(order: int) -> None:
    ends = [event("train", state, minute, ["set"], run="a") for state, minute in (("FAIL", 1), ("COMPLETE", 2))]
    assert list(graph.of_events(ends[::order]).notes.values()) == ["COMPLETE 2026-01-08 10:02:00"]


def test_an_endpoint_that_was_stopped_is_said_to_be() -> None:
    endpoint = "local://vm|churn"
    up = event("promote", "COMPLETE", 1, ["model"], [endpoint], facets={endpoint: {"version": {"datasetVersion": "1"}}})
    dropped = {endpoint: {"lifecycleStateChange": {"lifecycleStateChange": "DROP"}}}
    down = event("stop", "COMPLETE", 2, [], [endpoint], facets=dropped)
    for events, note in (([up, down], "stopped"), ([down, up], "stopped"), ([up], "version 1")):
        notes = {str(node): said for node, said in graph.of_events(events).notes.items()}
        assert notes["local://vm/churn"] == note


def test_a_log_of_many_runs_keeps_one_a_job() -> None:
    """Ten thousand runs of a job take as much as one."""
    import tracemalloc

    def many(count: int) -> int:
        tracemalloc.start()
        graph.of_events(event("train", "COMPLETE", 1, ["set"], ["model"], run=str(number)) for number in range(count))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    many(10)  # what is imported and cached once
    assert many(5000) < many(500) * 2
