"""Errors and latency, from the servers' own counters."""

from __future__ import annotations

from datetime import timedelta

import pytest

from golden_paths.monitoring import traffic
from golden_paths.monitoring.traffic import Counted
from golden_paths.serve.metrics import Metrics
from golden_paths.serve.status import Identity


def measured(statuses: list[int]) -> str:
    metrics = Metrics(Identity("thing", "1", "d", "r", "t"))
    for status in statuses:
        with metrics.measured("/predict") as call:
            call.status = status
    return metrics.text().decode()


def test_what_a_server_counts_is_read() -> None:
    found = traffic.read(measured([200] * 7 + [503] * 2 + [422, 501]))
    assert (found.answers, found.errors) == (11, 2)
    assert found.within["+Inf"] == 11


def test_only_what_came_since_the_last_look_counts() -> None:
    before = {"a": Counted(100, 10, {"0.1": 90, "+Inf": 100}), "gone": Counted(50, 50)}
    now = {"a": Counted(130, 11, {"0.1": 120, "+Inf": 130}), "new": Counted(5, 0, {"0.1": 5, "+Inf": 5})}
    assert traffic.between(now, before) == Counted(35, 1, {"0.1": 35, "+Inf": 35})


def test_a_server_that_was_started_again_counts_from_nothing() -> None:
    assert traffic.between({"a": Counted(30, 3)}, {"a": Counted(100, 10)}) == Counted(30, 3)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        pytest.param(Counted(200, 0), Counted(100, 50), id="more answers than before, fewer errors"),
        pytest.param(Counted(200, 9, {"0.1": 5, "+Inf": 200}), Counted(100, 9, {"0.1": 90, "+Inf": 100}), id="fewer quick ones"),
    ],
)
def test_a_container_that_was_started_again_in_its_pod_counts_from_nothing(now: Counted, before: Counted) -> None:
    assert traffic.between({"pod": now}, {"pod": before}) == now


@pytest.mark.parametrize(
    ("errors", "of", "is_alarm"),
    [
        (0, 1000, False),
        (10, 1000, False),  # 1 %, which is allowed
        (15, 1000, False),  # may be noise
        (30, 1000, True),
        (3, 10, False),  # too few answers
        (1000, 1000, True),
    ],
)
def test_errors_alarm_when_the_whole_interval_is_above(errors: int, of: int, is_alarm: bool) -> None:
    found = traffic.finding(Counted(of, errors), 0.01, None)
    assert found is not None
    assert [one.passed for one in found.rulings] == [not is_alarm]


@pytest.mark.parametrize(("fast", "is_alarm"), [(96, False), (95, False), (94, True), (0, True)])
def test_latency_asks_for_95_of_100(fast: int, is_alarm: bool) -> None:
    counted = Counted(100, 0, {"0.1": fast, "0.5": fast, "+Inf": 100})
    found = traffic.finding(counted, None, timedelta(milliseconds=100))
    assert found is not None
    assert [one.passed for one in found.rulings] == [not is_alarm]


def test_a_limit_within_a_bucket_takes_the_bucket_as_in_time() -> None:
    counted = Counted(100, 0, {"0.1": 50, "0.5": 100, "+Inf": 100})
    found = traffic.finding(counted, None, timedelta(milliseconds=300))
    assert found is not None
    assert found.rulings[0].passed
    assert found.rulings[0].words == "latency: 95 of 100 of 100 answers came within 0.5 s, 300ms is allowed"


def test_a_spec_that_asks_nothing_is_told_nothing() -> None:
    assert traffic.finding(Counted(100, 100), None, None) is None


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    assert traffic.wilson(10, 100) == pytest.approx((0.1, 0.05523, 0.17437), abs=1e-4)
    assert traffic.wilson(0, 50)[1] == 0.0
