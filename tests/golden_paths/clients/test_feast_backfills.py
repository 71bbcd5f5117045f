"""Runs for an older end, for an interval, and for everything: what is newest stays online, and nothing is passed over."""

from __future__ import annotations

import pytest

from feature_repo import SERVICE, Shop, day, online

pytestmark = pytest.mark.real


def test_an_old_interval_leaves_newer_values_online(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    _, (orders, _), _ = shop.feast().materialize(SERVICE, start=day(1), end=day(2))
    assert orders.newest == day(1)
    assert online(shop, "orders:spent", 1, monkeypatch) == 40.0


def test_writing_everything_up_to_an_old_end_leaves_newer_values_online(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    shop.rows("orders", (1, day(1), 11.0), (2, day(2), 20.0), (1, day(4), 40.0))  # an old row is corrected
    lines: list[str] = []
    shop.feast(lines.append).materialize(SERVICE, start=None, end=day(3))
    assert "orders: rows that were written before have changed; all are written again" in lines
    assert online(shop, "orders:spent", 1, monkeypatch) == 40.0
    shop.rows("orders", (1, day(1), 11.0), (2, day(2), 20.0), (1, day(4), 41.0))  # one of after that end
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert online(shop, "orders:spent", 1, monkeypatch) == 41.0


def test_rows_that_an_interval_passes_over_are_written_by_the_next_run_without_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.rows("orders", (1, day(1), 10.0), (2, day(2), 20.0), (1, day(4), 40.0), (2, day(8), 80.0))
    shop.feast().materialize(SERVICE, start=None, end=day(3))
    lines: list[str] = []
    shop.feast(lines.append).materialize(SERVICE, start=day(7), end=day(9))
    assert "orders: rows before 2026-01-07T00:00:00+00:00 were never written; a run without an interval will" in lines
    assert [online(shop, "orders:spent", key, monkeypatch) for key in (1, 2)] == [10.0, 80.0]
    shop.feast().materialize(SERVICE, start=None, end=day(9))
    assert [online(shop, "orders:spent", key, monkeypatch) for key in (1, 2)] == [40.0, 80.0]


def test_the_newest_row_of_a_key_wins_across_and_within_windows(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.rows("orders", (1, day(4), 40.0), (1, day(3), 30.0), (2, day(2), 20.0), (1, day(1), 10.0), (2, day(1), 5.0))
    lines: list[str] = []
    shop.feast(lines.append, window_rows=2).materialize(SERVICE, start=None, end=day(5))
    assert [line for line in lines if line.startswith("orders: ")] == [
        "orders: 2 rows from 2026-01-01T00:00:00+00:00 to 2026-01-01T00:00:00+00:00",
        "orders: 2 rows from 2026-01-02T00:00:00+00:00 to 2026-01-03T00:00:00+00:00",
        "orders: 1 rows from 2026-01-04T00:00:00+00:00 to 2026-01-04T00:00:00+00:00",
    ]
    assert [online(shop, "orders:spent", key, monkeypatch) for key in (1, 2)] == [40.0, 20.0]


def test_a_row_that_comes_late_is_served(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    shop.rows("profile", (1, day(1), 31), (2, day(2), 52), (3, day(1.5), 20))
    shop.feast(lines.append).materialize(SERVICE, start=None, end=day(5))
    assert "profile: rows that were written before have changed; all are written again" in lines
    assert not [line for line in lines if line.startswith("orders: ")]
    assert [online(shop, "profile:age", key, monkeypatch) for key in (2, 3)] == [52, 20]
