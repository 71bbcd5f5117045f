"""Which version served when: tables over what the log and a cluster say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golden_paths.audit import serving
from golden_paths.audit.happened import Happened
from golden_paths.audit.serving import Reign
from golden_paths.errors import GoldenPathsError
from golden_paths.lineage.log import Place
from golden_paths.rollout.state import Served, State

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOW = MONDAY + 10 * DAY
K8S, HERE = "k8s://10.0.0.1:6443/shop", "local://vm"


def took_over(version: str, day: float, place: str = K8S) -> tuple[Happened, dict[str, Any]]:
    facet = {"modelVersion": version, "modelDigest": version * 8, "endpoint": "http://churn"}
    event = {
        "eventTime": (MONDAY + day * DAY).isoformat(),
        "run": {"runId": f"r{day}"},
        "job": {"name": "churn.promote"},
    }
    return Happened(event, Place(Path("f"), 0, 0), Path()), {
        "namespace": place,
        "name": "churn",
        "facets": {"goldenPaths_deployment": facet},
    }


def stopped(day: float, place: str = K8S) -> tuple[Happened, dict[str, Any]]:
    one, dataset = took_over("", day, place)
    return one, dataset | {"facets": {"lifecycleStateChange": {"lifecycleStateChange": "DROP"}}}


def told(reigns: tuple[Reign, ...]) -> list[tuple[str, float, float | None]]:
    return [(one.version, (one.since - MONDAY) / DAY, one.until and (one.until - MONDAY) / DAY) for one in reigns]


def said(one: Any) -> tuple[Happened, dict[str, Any]]:
    """(version, day) took over; a day alone: stopped."""
    of_place = one if isinstance(one, tuple) else (one,)
    return took_over(*of_place) if isinstance(of_place[0], str) else stopped(*of_place)


def state(serving: str, since: float, *history: tuple[str, float]) -> State:
    before = tuple(Served(version=version, until=MONDAY + day * DAY) for version, day in history)
    return State(serving=serving, digest=serving * 8, since=MONDAY + since * DAY, history=before)


REIGNS: dict[str, tuple[list[Any], State | None, list[Any]]] = {
    "nothing served": ([], None, []),
    "stopped": ([("1", 0), 1], None, [("1", 0, 1)]),
    "stopped twice, and begun again": ([("1", 0), 1, 2, ("1", 3)], None, [("1", 0, 1), ("1", 3, None)]),
    "stopped before it began": ([1, ("1", 2)], None, [("1", 2, None)]),
    "stopped elsewhere": ([("1", 0), (1, HERE)], None, [("1", 0, None)]),
    "begun again without an event": ([("1", 0), 1], state("1", 2), [("1", 0, 1), ("1", 2, None)]),
    "one after the other": ([("1", 0), ("2", 1)], None, [("1", 0, 1), ("2", 1, None)]),
    "back to the one before": ([("1", 0), ("2", 1), ("1", 2)], None, [("1", 0, 1), ("2", 1, 2), ("1", 2, None)]),
    "a step that was retried": ([("1", 0), ("1", 1), ("2", 2)], None, [("1", 0, 2), ("2", 2, None)]),
    "two places": ([("1", 0), ("2", 1, HERE), ("2", 2)], None, [("1", 0, 2), ("2", 1, None), ("2", 2, None)]),
    "the cluster knows the moment": ([("1", 0), ("2", 1.5)], state("2", 1, ("1", 1)), [("1", 0, 1), ("2", 1, None)]),
    "a rollback without an event": (
        [("1", 0), ("2", 1)],
        state("1", 3, ("2", 3)),
        [("1", 0, 1), ("2", 1, 3), ("1", 3, None)],
    ),
    "a rollout that was undone": ([("1", 0)], state("1", 2), [("1", 0, None)]),
    "a log that was lost": ([], state("2", 1, ("1", 1)), [("2", 1, None)]),
}


@pytest.mark.parametrize("case", REIGNS)
def test_times_in_service_follow_from_the_log_and_the_cluster(case: str) -> None:
    takeovers, kept, expected = REIGNS[case]
    assert told(serving.reigns([said(one) for one in takeovers], kept)) == expected


SERVED = serving.reigns([took_over("1", 0), took_over("2", 1), took_over("1", 3)])
AT = {
    "2026-03-02T08:00": "1",
    "2026-03-02T08:00:00+00:00": "1",
    "2026-03-03T07:59:59": "1",
    "2026-03-03T08:00": "2",
    "2026-03-03T09:00+01:00": "2",
    "2026-03-04": "2",
    "2026-03-02": "1",  # the day on which it began
    "2026-03-11": "1",
}


@pytest.mark.parametrize("text", AT)
def test_a_moment_or_a_day_names_the_version_that_served_then(text: str) -> None:
    assert serving.at("churn", text, SERVED, NOW).version == AT[text]


TIMES = (
    "version 1 from 2026-03-02 08:00:00 UTC to 2026-03-03 08:00:00 UTC, version 2 from 2026-03-03 08:00:00 UTC to "
    "2026-03-05 08:00:00 UTC, version 1 from 2026-03-05 08:00:00 UTC"
)
REFUSED = {
    "yesterday": "--at 'yesterday' is no date; write 2026-03-01, or 2026-03-01T12:00 for a moment of that day (UTC)",
    "2026-02-30": "--at '2026-02-30' is no date; write 2026-03-01, or 2026-03-01T12:00 for a moment of that day (UTC)",
    "2026-03-20": "--at 2026-03-20 is in the future; name a moment that has passed",
    "2026-03-02T07:59": f"no version of churn served at 2026-03-02T07:59; known is {TIMES}",
    "2026-03-03": "2 times in service on 2026-03-03: version 1 from 2026-03-02 08:00:00 UTC to 2026-03-03 08:00:00 UTC, "
    "version 2 from 2026-03-03 08:00:00 UTC to 2026-03-05 08:00:00 UTC; name a time as well, or --version",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_time_that_names_no_version_is_refused_with_those_that_would(text: str) -> None:
    with pytest.raises(GoldenPathsError) as refused:
        serving.at("churn", text, SERVED, NOW)
    assert str(refused.value) == REFUSED[text]


def test_without_an_event_no_time_can_be_asked_for() -> None:
    with pytest.raises(GoldenPathsError) as refused:
        serving.at("churn", "2026-03-02", (), NOW)
    assert str(refused.value) == "the event log knows of no version of churn that served; name one with --version"
