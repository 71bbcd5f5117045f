"""What every FeatureStore keeps for rows that are to be scored: the fake and a Feast repository, with both its stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from feature_repo import CONFIG, SERVICE, Shop, day
from golden_paths.clients import FeatureFrame, FeatureStore
from golden_paths.errors import StepFailed


class Asked:
    """A shop, and its store asked for rows of an interval."""

    def __init__(self, shop: Shop, store: FeatureStore, folder: Path) -> None:
        self.shop, self.store, self.folder = shop, store, folder

    def frame(self, start: datetime | None, end: datetime, *, chunk: int = 1000, look_at_age: bool = False) -> FeatureFrame:
        return self.store.feature_frame(
            SERVICE,
            entities=self.shop.data / "labels.parquet",
            start=start,
            end=end,
            destination=self.folder / f"joined-{chunk}.parquet",
            chunk=chunk,
            look_at_age=look_at_age,
        )

    def rows(self, start: datetime | None, end: datetime, *, chunk: int = 1000) -> list[tuple[object, ...]]:
        frame = pd.read_parquet(self.frame(start, end, chunk=chunk).path)
        assert list(frame.columns) == ["customer", "event_timestamp", "spent", "age"]
        frame = frame.astype(object).where(frame.notna(), None)
        return [(row.customer, row.event_timestamp.day, row.spent, row.age) for row in frame.itertuples()]


BOTH = ["fake", pytest.param("duckdb", marks=pytest.mark.real)]
ALL = pytest.mark.parametrize("asked", [*BOTH, pytest.param("dask", marks=pytest.mark.real)], indirect=True)


@pytest.fixture(params=BOTH)
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Asked:
    shop = Shop(tmp_path)
    if request.param == "dask":
        (shop.repo / "feature_store.yaml").write_text(CONFIG.replace("type: duckdb", "type: dask"))
    return Asked(shop, shop.fake() if request.param == "fake" else shop.feast(), tmp_path)


@ALL
def test_every_row_of_the_interval_comes_once_in_the_files_order_with_what_was_known_then(asked: Asked) -> None:
    rows = [(1, day(5), 0), (2, day(1), 0), (1, day(3), 0), (1, day(5), 1), (1, day(6), 0), (1, day(5), 0), (9, day(5), 0)]
    asked.shop.rows("labels", *rows)
    expected = [(1, 5, 40.0, 31), (1, 3, 10.0, 31), (1, 5, 40.0, 31), (1, 5, 40.0, 31), (9, 5, None, None)]
    assert asked.rows(day(2), day(6)) == expected  # its start is in it, its end is not
    assert asked.rows(day(2), day(6), chunk=2) == expected
    assert asked.rows(None, day(3)) == [(2, 1, None, None)]


def test_an_interval_without_a_row_is_an_empty_frame(asked: Asked) -> None:
    asked.shop.rows("labels", (1, day(5), 0))
    found = asked.frame(day(7), day(8), look_at_age=True)
    assert (found.rows, found.entity_rows, found.keys, found.features) == (0, 0, ("customer",), ("spent", "age"))
    assert dict(found.newest) == {"orders": day(4), "profile": day(2)}
    assert dict(asked.frame(day(-2), day(-1), look_at_age=True).newest) == {"orders": None, "profile": None}


def test_the_same_rows_have_the_same_digests_however_the_file_around_them_grows(asked: Asked) -> None:
    asked.shop.rows("labels", (1, day(5), 0), (2, day(5), 0))
    first = asked.frame(day(5), day(6))
    asked.shop.rows("labels", (1, day(5), 0), (2, day(5), 1), (2, day(7), 0))
    again = asked.frame(day(5), day(6))
    assert (again.digest, again.entities_digest) == (first.digest, first.entities_digest)
    asked.shop.rows("profile", (1, day(1), 31), (2, day(2), 53))
    late = asked.frame(day(5), day(6))
    assert (late.entities_digest == first.entities_digest, late.digest == first.digest) == (True, False)


def test_times_without_a_zone_are_in_utc_and_others_are_what_they_are(asked: Asked) -> None:
    naive = [datetime(2026, 3, 29, 0, 59), datetime(2026, 3, 29, 1, 0), datetime(2026, 3, 29, 2, 30)]  # no 02:30 in Berlin
    entities = asked.shop.data / "labels.parquet"
    pd.DataFrame({"customer": [1, 1, 1], "event_timestamp": naive}).to_parquet(entities)
    hour = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert asked.frame(hour, hour + timedelta(hours=2)).rows == 2
    berlin = pd.DatetimeIndex(naive[:2]).tz_localize("Europe/Berlin")  # 00:59 is 23:59 of the day before
    pd.DataFrame({"customer": [1, 1], "event_timestamp": berlin}).to_parquet(entities)
    assert asked.frame(datetime(2026, 3, 29, tzinfo=UTC), hour).rows == 1
    ahead = timezone(timedelta(hours=2))  # an interval that is told in another zone is the same interval
    assert asked.frame(datetime(2026, 3, 29, 2, tzinfo=ahead), datetime(2026, 3, 29, 3, tzinfo=ahead)).rows == 1


def test_a_row_without_a_key_has_no_features_and_a_category_is_its_value(asked: Asked) -> None:
    entities = asked.shop.data / "labels.parquet"
    for keys in (pd.array([1, None, 2], dtype="Int64"), pd.Categorical([1, None, 2])):
        pd.DataFrame({"customer": keys, "event_timestamp": [day(5)] * 3}).to_parquet(entities)
        assert asked.rows(day(5), day(6)) == [(1, 5, 40.0, 31), (None, 5, None, None), (2, 5, 20.0, 52)]


def test_a_file_without_a_key_is_refused_with_what_it_needs(asked: Asked) -> None:
    pd.DataFrame({"event_timestamp": [day(5)]}).to_parquet(asked.shop.data / "labels.parquet")
    with pytest.raises(StepFailed) as caught:
        asked.frame(day(5), day(6))
    assert str(caught.value) == (
        "labels.parquet has no column customer; it needs the keys of the service's views and the time: customer, event_timestamp"
    )


@ALL
def test_no_row_is_joined_to_what_came_after_it_in_chunks(asked: Asked) -> None:
    random = np.random.default_rng(1)
    hours = [(int(random.integers(1, 6)), int(hour)) for hour in random.choice(24 * 20, 100, replace=False)]
    asked.shop.rows("orders", *((customer, day(1 + hour / 24), float(hour)) for customer, hour in hours))
    rows = [(customer, hour + int(random.integers(-1, 2))) for customer, hour in hours]
    asked.shop.rows("labels", *((customer, day(1 + hour / 24), 0) for customer, hour in rows))
    frame = pd.read_parquet(asked.frame(None, day(40), chunk=17).path)
    assert len(frame) == len(rows)
    for (customer, hour), row in zip(rows, frame.itertuples(), strict=True):
        newest = max((known for of, known in hours if of == customer and known <= hour), default=None)
        assert (row.customer, None if pd.isna(row.spent) else row.spent) == (customer, newest)
