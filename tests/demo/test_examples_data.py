"""The examples' data are as fresh as their specs ask, in whatever hour they are laid out and whenever an interval ends."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from examples import ROOT

sys.path.append(str(ROOT / "include" / "data"))
import make_examples

FRESHNESS = timedelta(hours=24)  # of both specs


@pytest.mark.parametrize("rows", [442, 178])
def test_every_day_before_an_interval_ends_has_a_row(rows: int) -> None:
    newest = datetime(2026, 11, 25, 9, tzinfo=UTC)
    times = make_examples.timestamps(rows, newest).sort_values(ignore_index=True)
    assert times.iloc[-1] == pd.Timestamp(newest)
    assert times.diff().max() < FRESHNESS
