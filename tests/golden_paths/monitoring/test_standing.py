"""How old a model and its features are; which time a look is about; what counts as calm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from golden_paths.artifacts import ViewState
from golden_paths.modelling.finding import Finding, Ruling
from golden_paths.monitor_sections import MonitorSection
from golden_paths.monitoring import standing, verdicts, window
from golden_paths.step import Run

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [
        (1, "", "age: 1 d, expires 2026-01-31T00:00+00:00 (max_age 30d)"),
        (23.9, "", "age: 23 d 21 h, expires 2026-01-31T00:00+00:00 (max_age 30d)"),
        (24, "expires soon", "age: 24 d, expires 2026-01-31T00:00+00:00 (max_age 30d)"),
        (30, "expired", "age: 30 d, expired 2026-01-31T00:00+00:00 (max_age 30d)"),
    ],
)
def test_a_model_warns_from_four_fifths_of_its_age(days: float, state: str, words: str) -> None:
    [found] = standing.age(START, START + days * DAY, 30 * DAY).rulings
    assert (found.state, found.words, found.passed) == (state, words, not state)


def test_an_age_is_the_same_in_every_zone() -> None:
    there = (START + 24 * DAY).astimezone(ZoneInfo("America/New_York"))
    assert standing.age(START, there, 30 * DAY).rulings[0].state == "expires soon"


def test_the_newest_row_of_every_view_counts() -> None:
    views = [
        ViewState(view="fresh", rows=3, newest=START - timedelta(hours=5)),
        ViewState(view="stale", rows=3, newest=START - timedelta(hours=7)),
        ViewState(view="empty", rows=0, newest=None),
    ]
    found = standing.freshness(views, START, timedelta(hours=6)).rulings
    assert [(one.passed, one.words) for one in found] == [
        (True, "freshness: fresh: its newest row is 5 h old, 6h is allowed"),
        (False, "freshness: stale: its newest row is 7 h old, 6h is allowed"),
        (False, "freshness: empty: has no row, 6h is allowed"),
    ]


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("section", "start", "expected"),
    [
        pytest.param({}, START - HOUR, (START - HOUR - window.LAG, START - window.LAG), id="its interval"),
        pytest.param({"window": "1d"}, START - HOUR, (START - DAY - window.LAG, START - window.LAG), id="a rolling window"),
        pytest.param({}, None, (START - DAY, START), id="by hand"),
        pytest.param({"window": "6h"}, None, (START - 6 * HOUR, START), id="by hand, its window"),
    ],
)
def test_a_look_is_about(section: dict[str, str], start: datetime | None, expected: tuple[datetime, datetime]) -> None:
    assert window.of(MonitorSection.model_validate(section), Run("r", end=START, start=start)) == expected


def ruling(gate: str, passed: bool = True, state: str = "") -> Ruling:
    return Ruling(gate=gate, passed=passed, expected="", words=f"{gate} {state}", state=state)


def test_calm_is_what_was_judged_and_is_no_alarm() -> None:
    found = [
        Finding(title="", rulings=(ruling("drift"), ruling("unknown_categories"), ruling("contract", passed=False))),
        Finding(title="", rulings=(ruling("performance.f1", state="too few labels"), ruling("bias.mean_parity", state="within"))),
    ]
    assert verdicts.calm(found) == ("drift", "bias")
    first = verdicts.verdicts(found)[0]
    assert (first.cause, first.is_alarm) == ("contract", True)


def test_a_new_category_is_drift() -> None:
    found = [Finding(title="", rulings=(ruling("drift"), ruling("unknown_categories", passed=False)))]
    assert verdicts.calm(found) == ()
    assert [one.cause for one in verdicts.verdicts(found)] == ["drift", "drift"]
