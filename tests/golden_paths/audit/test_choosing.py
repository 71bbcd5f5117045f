"""Which version is audited, and which is refused, in whole sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from audits import DAY, MONDAY, Shop
from golden_paths.audit import evidence
from golden_paths.audit.collecting import collect
from golden_paths.errors import GoldenPathsError

CHOSEN = {
    "nothing": ({}, "1", 3.0),
    "a version": ({"version": "2"}, "2", 1.0),
    "one that served twice": ({"version": "1"}, "1", 3.0),
    "a day": ({"at": "2026-03-04"}, "2", 1.0),
    "the first time of one that served twice": ({"at": "2026-03-02T09:00"}, "1", 0.0),
    "both": ({"at": "2026-03-04", "version": "2"}, "2", 1.0),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_what_is_asked_for_is_what_is_audited(shop: Shop, case: str) -> None:
    asked, version, day = CHOSEN[case]
    found = shop.case(**asked)
    assert found.reign
    assert (found.version, round((found.reign.since - MONDAY) / DAY, 2)) == (version, day)


REFUSED = {
    "a version that was rejected": (
        {"version": "3"},
        "version 3 of churn never served (rejected, it was slow); served have 1, 2",
    ),
    "a version that is not there": (
        {"version": "9"},
        "version 9 of churn never served (MLflow has no such version); served have 1, 2",
    ),
    "a version that did not serve then": (
        {"at": "2026-03-04", "version": "1"},
        "version 2 of churn served at 2026-03-04, not 1; leave out one of --version and --at",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_never_served_is_refused_with_what_did(shop: Shop, case: str) -> None:
    asked, message = REFUSED[case]
    with pytest.raises(GoldenPathsError) as refused:
        shop.case(**asked)
    assert str(refused.value) == message


def test_a_model_that_nobody_knows_is_refused_with_those_that_are_known(shop: Shop) -> None:
    shop.registry.known["churn-weekly"] = []
    with pytest.raises(GoldenPathsError) as refused:
        collect("chrun", shop.sources, MONDAY)
    assert (
        str(refused.value)
        == f"no model 'chrun' in MLflow or in the event log at {shop.log}; known are churn, churn-weekly"
    )


def test_a_model_that_serves_nothing_yet_says_so(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.ran("1", MONDAY, promoted=False)
    with pytest.raises(GoldenPathsError) as refused:
        shop.case()
    assert (
        str(refused.value)
        == "no version of churn serves, as far as MLflow and the event log know; name one with --version"
    )


def test_an_endpoint_that_was_stopped_serves_nothing_now_and_did_before(shop: Shop) -> None:
    shop.stopped(MONDAY + 4 * DAY)
    with pytest.raises(GoldenPathsError) as refused:
        shop.case()
    last = "version 1 until it was stopped, 2026-03-06 08:00:00 UTC"
    assert str(refused.value) == f"no version of churn serves: the last was {last}; name one with --version or --at"
    case = shop.case(version="1")
    assert case.reign
    assert case.reign.until == MONDAY + 4 * DAY
    told = [row.cells[1:] for one in evidence.audit(case).sections if one.key == "rollout" for row in one.rows]
    assert ("stop", "the endpoint was stopped") in told


def test_a_version_that_was_withdrawn_serves_nothing_now_and_did_before(shop: Shop) -> None:
    shop.withdrawn("1", MONDAY + 4 * DAY)
    with pytest.raises(GoldenPathsError) as refused:
        shop.case()
    last = "version 1 until it was withdrawn, 2026-03-06 08:00:00 UTC"
    assert str(refused.value) == f"no version of churn serves: the last was {last}; name one with --version or --at"
    case = shop.case(version="1")
    assert case.reign and case.reign.until == MONDAY + 4 * DAY
    told = [row.cells[1:] for one in evidence.audit(case).sections if one.key == "rollout" for row in one.rows]
    assert ("withdraw", "the version was withdrawn") in told
    assert ("MLflow's tag golden_paths.status", "withdrawn: it lied") in told


def test_a_number_that_mlflow_gave_again_is_not_the_model_that_served_under_it(shop: Shop) -> None:
    """The model was deleted, and counted anew: the log's version 2 is another one."""
    shop.tagged("2", digest="f" * 64, status="rejected")
    with pytest.raises(GoldenPathsError, match=r"version 2 of churn never served \(rejected\)"):
        shop.case(version="2")
