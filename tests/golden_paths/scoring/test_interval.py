"""Names and bounds of intervals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from feature_repo import day
from golden_paths.scoring.interval import Interval, parsed

Days = tuple[int | None, int]
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("interval", "folder"),
    [
        (Interval(day(1), day(2)), "interval=20260101T000000Z_20260102T000000Z"),
        (Interval(None, day(2)), "interval=beginning_20260102T000000Z"),
        (Interval(day(1), day(1) + timedelta(microseconds=5)), "interval=20260101T000000Z_20260101T000000.000005Z"),
    ],
)
def test_a_folder_is_named_by_its_interval_and_read_back(interval: Interval, folder: str) -> None:
    assert interval.folder == folder
    assert parsed(folder) == interval


def test_an_interval_is_named_in_utc_also_when_a_clock_goes_back() -> None:
    summer, winter = timezone(2 * HOUR), timezone(HOUR)  # 02:30 comes twice
    first, second = datetime(2026, 10, 25, 2, 30, tzinfo=summer), datetime(2026, 10, 25, 2, 30, tzinfo=winter)
    assert Interval(first, second).folder == "interval=20261025T003000Z_20261025T013000Z"
    assert parsed(Interval(first, second).folder) == Interval(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), second)


@pytest.mark.parametrize("name", ["interval=", "interval=x_y", "interval=20260101T000000Z", "x", "interval=x_20260101T000000Z"])
def test_another_folder_is_no_interval(name: str) -> None:
    assert parsed(name) is None


@pytest.mark.parametrize(
    ("one", "other", "overlaps", "holds"),
    [
        ((1, 2), (2, 3), False, False),
        ((1, 3), (2, 3), True, True),
        ((1, 3), (2, 4), True, False),
        ((2, 3), (1, 4), True, False),
        ((None, 3), (1, 2), True, True),
        ((1, 3), (None, 2), True, False),
        ((1, 2), (None, 1), False, False),
    ],
)
def test_intervals_that_share_rows(one: Days, other: Days, overlaps: bool, holds: bool) -> None:
    first, second = (Interval(day(a) if a else None, day(b)) for a, b in (one, other))
    assert (first.overlaps(second), second.overlaps(first), first.holds(second)) == (overlaps, overlaps, holds)
