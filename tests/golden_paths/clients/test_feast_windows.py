"""How an interval is cut, so that what Feast holds in memory stays bounded."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from golden_paths.clients.feast_windows import EPOCH, TICK, Source

FIRST, FAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def source(folder: Path, minutes: list[int], *, dtype: str = "datetime64[us, UTC]") -> Source:
    """Rows at so many minutes after FIRST, of customers 0, 1, 2, 0, 1, 2..."""
    times = pd.Series([FIRST + timedelta(minutes=minute) for minute in minutes])
    if "UTC" not in dtype:
        times = times.dt.tz_localize(None)
    frame = pd.DataFrame({"id": np.arange(len(minutes)) % 3, "time": times.astype(dtype)})
    frame.to_parquet(folder / "it's.parquet")
    return Source(str(folder / "it's.parquet"), "time", {"customer": "id"})


@pytest.mark.parametrize(
    ("minutes", "limit", "sizes"),
    [
        ([0, 1, 2, 3, 4], 2, [2, 2, 1]),
        ([4, 0, 3, 1, 2], 2, [2, 2, 1]),
        ([0, 0, 1, 1, 2, 2], 3, [2, 2, 2]),
        ([0, 1, 1, 1, 1, 2], 2, [1, 4, 1]),
        ([0, 0, 0], 2, [3]),
        ([0], 100, [1]),
        ([], 100, []),
    ],
    ids=["even", "unsorted", "a moment is not cut", "a moment over the limit stands alone", "only that", "one", "none"],
)
def test_windows_hold_every_row_once_and_no_more_than_the_limit(
    tmp_path: Path, minutes: list[int], limit: int, sizes: list[int]
) -> None:
    windows = list(source(tmp_path, minutes).windows(EPOCH, FAR, limit=limit))
    assert [window.rows for window in windows] == sizes
    assert all(one.newest < two.start for one, two in itertools.pairwise(windows))


@pytest.mark.parametrize("dtype", ["datetime64[us, UTC]", "datetime64[ns, UTC]", "datetime64[ms]", "datetime64[ns]"])
def test_times_are_utc_however_they_are_written(tmp_path: Path, dtype: str) -> None:
    whole = source(tmp_path, [0, 5, 9], dtype=dtype).between(EPOCH, FAR)
    assert whole is not None
    assert (whole.start, whole.newest, whole.rows, whole.keys) == (FIRST, FIRST + timedelta(minutes=9), 3, 3)


def test_an_interval_takes_its_start_and_leaves_its_end(tmp_path: Path) -> None:
    rows = source(tmp_path, [0, 1, 2, 2, 2, 2])
    two = FIRST + timedelta(minutes=2)
    assert [window.rows for window in rows.windows(FIRST, two, limit=9)] == [2]
    assert [(window.rows, window.keys) for window in rows.windows(two, two + TICK, limit=9)] == [(4, 3)]
    assert rows.between(two + TICK, FAR) is None
    assert rows.sample(two) == [{"customer": 0}, {"customer": 1}, {"customer": 2}]


@pytest.mark.parametrize("dtype", ["datetime64[us, UTC]", "datetime64[ns]"])
def test_rows_are_put_beside_under_feasts_names_by_time_and_keys_with_both_bounds_kept(tmp_path: Path, dtype: str) -> None:
    made = source(tmp_path, [3, 1, 2, 1, 0], dtype=dtype)
    file = tmp_path / "that's.parquet"
    start, end = FIRST + timedelta(minutes=1), FIRST + timedelta(minutes=3)
    made.put(start, end, {"customer": "id"}, file)
    frame = pd.read_parquet(file)
    assert list(frame.columns) == ["customer", "event_timestamp"]
    assert [(row.customer, row.event_timestamp) for row in frame.itertuples()] == [
        (0, start),
        (1, start),
        (2, start + timedelta(minutes=1)),
    ]
    assert made.content(end, start) != made.content(end)
    before = made.content(end, start)
    assert source(tmp_path, [9, 1, 2, 1, 8], dtype=dtype).content(end, start) == before  # others changed
    assert source(tmp_path, [3, 1, 2, 2, 0], dtype=dtype).content(end, start) != before
