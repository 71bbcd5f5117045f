"""What every FeatureStore keeps: the fake and a Feast repository."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from feature_repo import SERVICE, Shop, day
from golden_paths.artifacts import Column, ServedFeature, ServiceDescription, ViewDescription, ViewState
from golden_paths.clients import FeatureStore, Skew
from golden_paths.clients.refreshing import PendingView
from golden_paths.errors import StepFailed


@dataclass(frozen=True)
class Stocked:
    """A store over the shop's data."""

    shop: Shop
    store: FeatureStore


@pytest.fixture(params=["fake", pytest.param("feast", marks=pytest.mark.real)])
def stocked(request: pytest.FixtureRequest, tmp_path: Path) -> Stocked:
    shop = Shop(tmp_path)
    return Stocked(shop, shop.fake() if request.param == "fake" else shop.feast())


def test_without_an_interval_a_run_writes_what_is_new_since_the_last(stocked: Stocked) -> None:
    store = stocked.store
    start, views, _ = store.materialize(SERVICE, start=None, end=day(5))
    assert start == day(1)
    assert views == (
        ViewState(view="orders", rows=2, newest=day(4)),
        ViewState(view="profile", rows=2, newest=day(2)),
    )
    _, views, _ = store.materialize(SERVICE, start=None, end=day(5))
    assert [(view.rows, view.newest) for view in views] == [(0, day(4)), (0, day(2))]
    stocked.shop.rows("profile", (1, day(1), 31), (2, day(2), 52), (1, day(6), 32))
    start, views, _ = store.materialize(SERVICE, start=None, end=day(7))
    assert start == day(6)
    assert [(view.rows, view.newest) for view in views] == [(0, day(4)), (1, day(6))]


def test_the_service_is_described_as_it_is_defined(stocked: Stocked) -> None:
    _, _, described = stocked.store.materialize(SERVICE, start=None, end=day(5))
    key = Column(name="customer", type="Int64", source="customer")
    spent, age = Column(name="spent", type="Float64", source="spent"), Column(name="age", type="Int64", source="age")
    assert described == ServiceDescription(
        project="churn",
        views=tuple(
            ViewDescription(
                view=view, source=f"../../data/{view}.parquet", timestamp="event_timestamp", keys=(key,), columns=(column,)
            )
            for view, column in (("orders", spent), ("profile", age))
        ),
        features=(
            ServedFeature(name="spent", type="Float64", inputs=(("orders", "spent"),)),
            ServedFeature(name="age", type="Int64", inputs=(("profile", "age"),)),
        ),
    )


def test_how_far_the_online_store_was_written_is_known_whoever_wrote_it(stocked: Stocked) -> None:
    assert {(one.rows, one.newest) for one in stocked.store.online_state(SERVICE)} == {(0, None)}
    _, written, _ = stocked.store.materialize(SERVICE, start=None, end=day(3))
    found = {one.view: one.newest for one in stocked.store.online_state(SERVICE)}
    assert found == {one.view: one.newest for one in written}
    assert all(one.rows for one in stocked.store.online_state(SERVICE))


def test_an_interval_writes_its_rows_and_writes_them_again_on_a_retry(stocked: Stocked) -> None:
    for _ in range(2):
        start, views, _ = stocked.store.materialize(SERVICE, start=day(2), end=day(4))
        assert start == day(2)
        assert [(view.rows, view.newest) for view in views] == [(1, day(2)), (1, day(2))]


def test_an_interval_without_a_row_fails_with_what_was_expected_and_found(stocked: Stocked) -> None:
    with pytest.raises(StepFailed) as caught:
        stocked.store.materialize(SERVICE, start=day(10), end=day(11))
    assert str(caught.value) == (
        "feature view orders has nothing to write: expected rows from 2026-01-10T00:00:00+00:00 to "
        "2026-01-11T00:00:00+00:00, found 3 rows from 2026-01-01T00:00:00+00:00 to 2026-01-04T00:00:00+00:00; "
        "check the source file and its timestamps, or run for another interval"
    )
    stocked.store.materialize(SERVICE, start=None, end=day(5))
    with pytest.raises(StepFailed) as caught:
        stocked.store.materialize(SERVICE, start=day(10), end=day(11))
    assert str(caught.value) == (
        "feature service churn_v1 has nothing to write: expected rows from 2026-01-10T00:00:00+00:00 to "
        "2026-01-11T00:00:00+00:00, found 3 rows from 2026-01-01T00:00:00+00:00 to 2026-01-04T00:00:00+00:00 in orders; "
        "check the source file and its timestamps, or run for another interval"
    )


def test_features_are_joined_as_they_were_known_and_every_entity_row_is_kept(stocked: Stocked, tmp_path: Path) -> None:
    labels = [(1, day(5), 1), (2, day(1), 0), (1, day(3), 0), (1, day(5), 0), (1, day(5), 1)]
    entities = stocked.shop.rows("labels", *labels)
    joined = stocked.store.training_frame(
        SERVICE, entities=entities, label="left", destination=tmp_path / "joined.parquet"
    )
    assert (joined.rows, joined.entity_rows) == (5, 5)
    assert (joined.keys, joined.timestamp, joined.features) == (("customer",), "event_timestamp", ("spent", "age"))
    frame = pd.read_parquet(joined.path)
    assert list(frame.columns) == ["customer", "event_timestamp", "spent", "age", "left"]
    frame = frame.astype(object).where(frame.notna(), None)
    assert [(row.customer, row.event_timestamp.day, row.spent, row.age, row.left) for row in frame.itertuples()] == [
        (2, 1, None, None, 0),
        (1, 3, 10.0, 31, 0),
        (1, 5, 40.0, 31, 0),
        (1, 5, 40.0, 31, 1),
        (1, 5, 40.0, 31, 1),
    ]


def test_no_row_is_joined_to_what_came_after_it(stocked: Stocked, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    hours = [(int(random.integers(1, 6)), int(hour)) for hour in random.choice(24 * 20, 120, replace=False)]
    # A value is the hour that it is of, so that a joined row tells what it was let to see.
    stocked.shop.rows("orders", *((customer, day(1 + hour / 24), float(hour)) for customer, hour in hours))
    stocked.shop.rows("profile", *((customer, day(1 + hour / 24), hour) for customer, hour in hours[::2]))
    asked = [(customer, hour + int(random.integers(-1, 2))) for customer, hour in hours]  # at the very hour, or beside it
    entities = stocked.shop.rows("labels", *((customer, day(1 + hour / 24), 0) for customer, hour in asked))
    joined = stocked.store.training_frame(
        SERVICE, entities=entities, label="left", destination=tmp_path / "joined.parquet"
    )
    frame = pd.read_parquet(joined.path)
    assert len(frame) == len(asked)
    for row in frame.itertuples():
        now = (row.event_timestamp - day(1)).total_seconds() / 3600
        for value, known in ((row.spent, hours), (row.age, hours[::2])):
            newest = max((hour for customer, hour in known if customer == row.customer and hour <= now), default=None)
            assert (None if pd.isna(value) else value) == newest


def test_sensitive_columns_come_along_whether_features_or_not(stocked: Stocked, tmp_path: Path) -> None:
    entities = stocked.shop.rows("labels", (1, day(5), 1), (2, day(3), 0))
    frame = pd.read_parquet(entities).assign(sex=["f", "m"], note="not asked for")
    frame.to_parquet(entities)
    joined = stocked.store.training_frame(
        SERVICE, entities=entities, label="left", destination=tmp_path / "joined.parquet", sensitive=("sex", "age")
    )
    assert joined.features == ("spent", "age")
    frame = pd.read_parquet(joined.path)
    assert list(frame.columns) == ["customer", "event_timestamp", "spent", "age", "sex", "left"]
    assert [tuple(row) for row in frame[["customer", "sex"]].itertuples(index=False)] == [(2, "m"), (1, "f")]
    with pytest.raises(StepFailed) as caught:
        stocked.store.training_frame(
            SERVICE, entities=entities, label="left", destination=tmp_path / "joined.parquet", sensitive=("race",)
        )
    assert str(caught.value) == (
        "training_set.sensitive names race, which is no feature of the service and no column of labels.parquet; "
        "add the column to the file, or name a feature"
    )


def test_a_service_or_column_that_is_not_there_is_named(stocked: Stocked, tmp_path: Path) -> None:
    entities = stocked.shop.rows("labels", (1, day(5), 1))
    with pytest.raises(StepFailed) as caught:
        stocked.store.training_frame(SERVICE, entities=entities, label="gone", destination=tmp_path / "joined.parquet")
    assert str(caught.value) == (
        "labels.parquet has no column gone; it needs the keys of the service's views, the time and the label: "
        "customer, event_timestamp, gone"
    )
    with pytest.raises(StepFailed) as caught:
        stocked.store.materialize("churn_v2", start=None, end=day(5))
    assert str(caught.value) == "Feast knows no feature service 'churn_v2'; known are churn_v1"


def skew(stocked: Stocked, tmp_path: Path, at: datetime) -> Skew:
    entities = stocked.shop.rows("labels", (1, day(5), 1), (2, day(5), 0), (3, day(5), 0), (1, day(6), 1))
    joined = stocked.store.training_frame(
        SERVICE, entities=entities, label="left", destination=tmp_path / "joined.parquet", online_at=at
    )
    assert joined.skew is not None
    return joined.skew


def test_what_is_online_is_what_the_offline_store_has(stocked: Stocked, tmp_path: Path) -> None:
    stocked.shop.rows("profile", (1, day(1), 31), (2, day(2), 52), (1, day(5), 32), (2, day(6), 53))
    stocked.store.materialize(SERVICE, start=None, end=day(5))
    # The row of day 5 itself is not materialized, and customer 3 is missing on both sides.
    assert skew(stocked, tmp_path, day(5)) == Skew(3, {})
    entities = stocked.shop.data / "labels.parquet"
    unasked = stocked.store.training_frame(SERVICE, entities=entities, label="left", destination=tmp_path / "joined.parquet")
    assert unasked.skew is None


def test_rows_that_were_not_materialized_are_counted_by_feature(stocked: Stocked, tmp_path: Path) -> None:
    stocked.store.materialize(SERVICE, start=None, end=day(3))
    assert skew(stocked, tmp_path, day(5)) == Skew(3, {"spent": 1})
    stocked.shop.rows("profile", (1, day(1), 33), (2, day(2), 54), (3, day(2), 20))
    assert skew(stocked, tmp_path, day(5)) == Skew(3, {"spent": 1, "age": 3})
    stocked.store.materialize(SERVICE, start=None, end=day(5))
    assert skew(stocked, tmp_path, day(5)).differing.get("spent", 0) == 0


def test_what_a_later_run_has_written_is_passed_over(stocked: Stocked, tmp_path: Path) -> None:
    stocked.store.materialize(SERVICE, start=None, end=day(5))
    assert skew(stocked, tmp_path, day(3)) == Skew(3, {})


def pending(stocked: Stocked, folder: Path, *, start: datetime | None = None, end: datetime) -> tuple[PendingView, ...]:
    views, described = stocked.store.pending(SERVICE, start=start, end=end, folder=folder)
    assert [view.view for view in described.views] == ["orders", "profile"]
    return views


def test_the_rows_to_be_written_are_put_beside_without_writing_any(stocked: Stocked, tmp_path: Path) -> None:
    orders, profile = pending(stocked, tmp_path, end=day(4))
    assert [(one.rows.view, one.rows.rows, one.rows.newest, one.rows.until) for one in (orders, profile)] == [
        ("orders", 2, day(2), day(4)),
        ("profile", 2, day(2), day(4)),
    ]
    assert (orders.keys, orders.timestamp) == (("customer",), "event_timestamp")
    frame = pd.read_parquet(orders.path)
    assert list(frame.columns) == ["customer", "spent", "event_timestamp"]
    assert [tuple(row) for row in frame.itertuples(index=False)] == [(1, 10.0, day(1)), (2, 20.0, day(2))]
    _, views, _ = stocked.store.materialize(SERVICE, start=None, end=day(4))
    assert [view.rows for view in views] == [2, 2]  # nothing was before
    again = pending(stocked, tmp_path, end=day(5))
    assert [(one.rows.rows, one.rows.newest) for one in again] == [(1, day(4)), (0, day(2))]


def test_a_backfill_looks_at_the_later_rows_too_that_it_writes_again(stocked: Stocked, tmp_path: Path) -> None:
    stocked.store.materialize(SERVICE, start=None, end=day(5))
    found = pending(stocked, tmp_path, start=day(1), end=day(2))
    assert [(one.rows.rows, one.rows.newest) for one in found] == [(3, day(1)), (2, day(1))]


def test_rows_that_were_checked_are_written_and_others_are_not(stocked: Stocked, tmp_path: Path) -> None:
    checked = [one.rows for one in pending(stocked, tmp_path, end=day(5))]
    stocked.shop.rows("profile", (1, day(1), 31), (2, day(2), -1))
    for end in (day(5), day(6)):  # another value; and a time that nobody looked at
        with pytest.raises(StepFailed) as caught:
            stocked.store.materialize(SERVICE, start=None, end=end, checked=checked)
        said = "are no longer those that were checked; clear check_features, which looks at them again"
        assert said in str(caught.value)
        stocked.shop.rows("profile", (1, day(1), 31), (2, day(2), 52))
    _, views, _ = stocked.store.materialize(SERVICE, start=None, end=day(5), checked=checked)
    assert [view.rows for view in views] == [2, 2]  # nothing was before


def test_what_a_refresh_wrote_is_found_under_its_name_and_a_backfill_does_not_take_it_back(stocked: Stocked) -> None:
    store = stocked.store
    store.materialize(SERVICE, start=None, end=day(3), note_as="shop-features", fresh_from=day(2.5))
    assert store.refreshed(SERVICE, by="shop-features") is None  # stale
    _, _, described = store.materialize(SERVICE, start=None, end=day(5), note_as="shop-features", fresh_from=day(2))
    store.materialize(SERVICE, start=day(1), end=day(2), note_as="shop-features")
    found = store.refreshed(SERVICE, by="shop-features")
    assert found is not None
    assert (found.start, found.end, found.described) == (day(4), day(5), described)
    assert found.views == (ViewState(view="orders", rows=1, newest=day(4)), ViewState(view="profile", rows=0, newest=day(2)))
