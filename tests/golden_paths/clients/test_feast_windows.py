"""Windows hold every row of the interval once, and no more than the bound."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from golden_paths.clients.feast_windows import Source

START = datetime(2026, 1, 1, tzinfo=UTC)


def source(folder: Path, times: list[datetime]) -> Source:
    file = folder / "it's.parquet"
    pd.DataFrame({"key": range(len(times)), "at": pd.to_datetime(times, utc=True)}).to_parquet(file)
    return Source(str(file), "at", {"key": "key"})


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_windows_hold_every_row_once_and_no_more_than_the_bound(tmp_path: Path, limit: int) -> None:
    times = [START + timedelta(hours=number) for number in range(24)]
    interval = (START + timedelta(hours=2), START + timedelta(hours=20))
    found = list(source(tmp_path, times).windows(*interval, limit=limit))
    held = [[time for time in times if window.start <= time <= window.newest] for window in found]
    assert [time for rows in held for time in rows] == times[2:20]
    assert [len(rows) for rows in held] == [window.rows for window in found]
    assert max(window.rows for window in found) <= limit


def test_one_moment_is_never_cut(tmp_path: Path) -> None:
    found = source(tmp_path, [START] * 10).windows(START, START + timedelta(days=1), limit=3)
    assert [window.rows for window in found] == [10]


def test_an_interval_without_rows_has_no_windows(tmp_path: Path) -> None:
    interval = (START + timedelta(days=1), START + timedelta(days=2))
    assert list(source(tmp_path, [START]).windows(*interval, limit=3)) == []
