"""What pods measured of their answers: counters that begin anew, and pods that come and go."""

from __future__ import annotations

import pytest

from golden_paths.rollout.measured import Answers, Measured, Span, read
from golden_paths.serve.metrics import Metrics
from golden_paths.serve.status import Identity


def told(requests: int, errors: int, seconds: float, route: str = "/invocations") -> Measured:
    return Measured({route: Answers(requests, errors, seconds)})


ONE, TWO, THREE = told(10, 1, 1.0), told(30, 2, 3.0), told(5, 0, 0.25)


def test_what_a_server_writes_is_read() -> None:
    metrics = Metrics(Identity("churn", "7", "d", "r", "t"))
    for status in (200, 200, 404, 500, 503):
        with metrics.measured("/invocations") as call:
            call.status = status
    with metrics.measured("/predict") as call:
        call.status = 502
    found = read(metrics.text().decode())
    counted = {route: (one.requests, one.errors) for route, one in found.routes.items()}
    assert counted == {"/invocations": (5, 2), "/predict": (1, 1)}
    assert found.all.seconds == pytest.approx(sum(_sums(metrics)))


def _sums(metrics: Metrics) -> list[float]:
    text = metrics.text().decode().splitlines()
    return [float(line.rpartition(" ")[2]) for line in text if line.startswith("golden_paths_latency_seconds_sum")]


def test_a_server_that_answered_nothing_measured_nothing() -> None:
    assert read(Metrics(Identity("churn", "7", "d", "r", "t")).text().decode()) == Measured()
    assert (Measured().error_rate, Measured().all.mean) == (0.0, 0.0)


def test_rates_are_of_the_answers_of_all_routes() -> None:
    assert (ONE.error_rate, ONE.all.mean) == (0.1, 0.1)
    both = ONE + THREE
    assert both == told(15, 1, 1.25)
    both = ONE + told(10, 0, 0.5, "/predict")
    assert (both.error_rate, both.all) == (0.05, Answers(20, 1, 1.5))


INVOKED, PREDICTED = told(10, 0, 0.1), told(10, 0, 1.0, "/predict")
AS_ASKED: dict[str, tuple[Measured, Measured, tuple[float, float] | None]] = {
    "one route": (INVOKED, told(40, 0, 0.8), (0.01, 0.02)),
    "nothing in common": (INVOKED, PREDICTED, None),
    "nothing asked": (INVOKED, Measured(), None),
    "a route that the candidate was asked alone": (INVOKED, INVOKED + PREDICTED, (0.01, 0.01)),
    "the slower route was asked more": (INVOKED + PREDICTED, told(10, 0, 0.1) + told(30, 0, 3.0, "/predict"), (0.0775, 0.0775)),
}


@pytest.mark.parametrize("case", AS_ASKED)
def test_means_are_compared_over_the_routes_that_both_answered_as_the_candidate_was_asked(case: str) -> None:
    serving, candidate, means = AS_ASKED[case]
    found = serving.mean_as(candidate)
    assert found == (means and pytest.approx(means))


@pytest.mark.parametrize(
    ("now", "before", "since"),
    [
        (TWO, ONE, told(20, 1, 2.0)),
        (ONE, ONE, told(0, 0, 0.0)),
        (THREE, ONE, THREE),  # started again: what it counts now is all since
        (told(10, 1, 0.9), ONE, told(0, 0, 0.0)),  # seconds never go back
    ],
)
def test_a_difference_survives_a_counter_that_begins_anew(now: Measured, before: Measured, since: Measured) -> None:
    assert now.since(before) == since


LOOKS: dict[str, tuple[list[dict[str, Measured]], Measured]] = {
    "no pods": ([{}, {}], Measured()),
    "one pod": ([{"a": ONE}, {"a": TWO}], told(20, 1, 2.0)),
    "nothing happened": ([{"a": ONE}, {"a": ONE}], told(0, 0, 0.0)),
    "two pods": ([{"a": ONE, "b": ONE}, {"a": TWO, "b": ONE}], told(20, 1, 2.0)),
    "one comes": ([{"a": ONE}, {"a": TWO, "b": THREE}], told(25, 1, 2.25)),
    "one goes": ([{"a": ONE, "b": ONE}, {"a": TWO, "b": TWO}, {"a": TWO}], told(40, 2, 4.0)),
    "one does not answer for a moment": ([{"a": ONE}, {}, {"a": TWO}], told(20, 1, 2.0)),
    "all come later": ([{}, {"a": ONE}], ONE),
    "one is replaced": ([{"a": ONE}, {"a": TWO}, {"b": THREE}], told(25, 1, 2.25)),
}


@pytest.mark.parametrize("case", LOOKS)
def test_a_span_sums_over_pods_that_are_there_that_come_and_that_went(case: str) -> None:
    looks, total = LOOKS[case]
    span = Span()
    assert [span.see(look.items()) for look in looks][-1] == total


def test_a_pod_that_is_started_again_loses_nothing_that_was_seen() -> None:
    span = Span()
    sums = [span.see([("a", one)]) for one in (ONE, TWO, THREE, told(12, 2, 1.25))]
    assert sums[1:] == [told(20, 1, 2.0), told(25, 1, 2.25), told(32, 3, 3.25)]
