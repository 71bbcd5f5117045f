"""What is online beside what is offline, on a real Feast repository: found when it differs, and otherwise not."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from feature_repo import DEFINITIONS, SERVICE, Shop, day
from golden_paths.clients import Skew, feast_skew
from golden_paths.errors import StepFailed

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (31, 31.0, True),
        (np.float32(0.1), 0.1, True),
        (1.0, 1.00001, False),
        (1e-9, 2e-9, False),
        (True, 1, True),
        (None, np.nan, True),
        (pd.NA, pd.NaT, True),
        (None, 0.0, False),
        (0.0, None, False),
        ("a", "a", True),
        ("a", "b", False),
        ("a", 1, False),
        (np.array([1.0, 2.0]), [1, 2], True),
        (np.array([1.0, 2.0]), [1], False),
        ([1, None], [1, np.nan], True),
        (["a"], ["b"], False),
        ([], None, False),
        (pd.Timestamp(MOMENT), MOMENT.replace(microsecond=0), True),
        (pd.Timestamp(MOMENT).tz_localize(None), MOMENT, True),
        (pd.Timestamp(MOMENT), MOMENT.replace(minute=5), False),
        (b"a", b"a", True),
        (b"a", b"b", False),
    ],
)
def test_values_are_one_whatever_type_they_come_in(one: Any, other: Any, same: bool) -> None:
    assert feast_skew.same(one, other) is same
    assert feast_skew.same(other, one) is same


real = pytest.mark.real


def skew(shop: Shop, lines: list[str] | None = None, at: datetime | None = None) -> Skew:
    entities = shop.rows("labels", (1, day(5), 1), (2, day(5), 0))
    store = shop.feast(lines.append if lines is not None else print)
    made = store.training_frame(
        SERVICE, entities=entities, label="left", destination=shop.data / "joined.parquet", online_at=at or day(5)
    )
    assert made.skew is not None
    return made.skew


def written_online(shop: Shop, view: str, customer: int, moment: datetime, **values: Any) -> None:
    """A value that no batch wrote, with the time of the row that did."""
    import os

    from golden_paths.clients import quick_feast

    os.environ["FEAST_STATE"] = str(shop.project.state / "feast")
    try:
        store = quick_feast.load().FeatureStore(repo_path=str(shop.repo))
        store.write_to_online_store(view, pd.DataFrame([{"customer": customer, "event_timestamp": moment, **values}]))
    finally:
        del os.environ["FEAST_STATE"]


@real
def test_a_wrong_value_in_the_online_store_is_found(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert skew(shop) == Skew(2, {})
    written_online(shop, "orders", 1, day(4), spent=40.1)
    assert skew(shop) == Skew(2, {"spent": 1})
    written_online(shop, "orders", 1, day(4), spent=40.0)
    written_online(shop, "profile", 2, day(2), age=53)
    assert skew(shop) == Skew(2, {"age": 1})


@real
def test_an_online_store_that_is_gone_is_named(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    (shop.project.state / "feast" / "churn" / "online.db").unlink()
    with pytest.raises(StepFailed, match="the online store cannot be asked for what was materialized: no such table"):
        skew(shop)


COMPUTED = """
from feast.on_demand_feature_view import on_demand_feature_view

@on_demand_feature_view(sources=[profile], schema=[Field(name="age_doubled", dtype=Int64)], mode="pandas")
def doubled(inputs):
    return (inputs[["age"]] * 2).rename(columns={"age": "age_doubled"}).astype("Int64")

churn_v1 = FeatureService(name="churn_v1", features=[orders, doubled])
"""


@real
def test_what_is_computed_on_demand_is_compared(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    (shop.repo / "features.py").write_text(DEFINITIONS + COMPUTED)
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert skew(shop) == Skew(2, {})
    written_online(shop, "profile", 1, day(1), age=30)
    assert skew(shop) == Skew(2, {"age_doubled": 1})
    written_online(shop, "profile", 1, day(6), age=30)
    assert skew(shop) == Skew(2, {})  # newer online


@real
def test_a_value_past_its_ttl_is_missing_on_both_sides(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    lived = DEFINITIONS.replace("source=source)", "source=source, ttl=timedelta(days=2))")
    (shop.repo / "features.py").write_text(f"from datetime import timedelta\n{lived}")
    shop.rows("orders", (1, day(1), 10.0), (2, day(2), 20.0), (1, day(4), 40.0))
    shop.rows("profile", (1, day(4), 31), (2, day(4), 52))
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    lines: list[str] = []
    assert skew(shop, lines) == Skew(2, {})
    assert "orders: 1 of 2 keys have a value past its ttl, which is still served" in lines
    written_online(shop, "orders", 1, day(4), spent=1.0)
    assert skew(shop) == Skew(2, {"spent": 1})


@real
def test_what_is_pushed_is_told_and_not_compared(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    pushed = DEFINITIONS.replace("import Entity,", "import PushSource, Entity,").replace(
        "schema=list(fields), source=source)",
        'schema=list(fields), source=PushSource(name="push", batch_source=source) if name == "orders" else source)',
    )
    (shop.repo / "features.py").write_text(pushed)
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    written_online(shop, "orders", 1, day(4), spent=1.0)
    assert skew(shop) == Skew(2, {}, ("spent (orders is pushed or streamed, and may be newer online)",))
    written_online(shop, "profile", 1, day(1), age=1)
    assert skew(shop).differing == {"age": 1}


@real
def test_two_hundred_keys_are_asked_for_at_most(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.rows("orders", *((key, day(2), float(key)) for key in range(300)))
    shop.rows("profile", *((key, day(2), key) for key in range(300)))
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    labels = shop.rows("many", *((key, day(5), key % 2) for key in range(300)))
    with sqlite3.connect(shop.project.state / "feast" / "churn" / "online.db") as database:
        database.execute("DELETE FROM churn_orders")
    found = [
        shop.feast().training_frame(
            SERVICE, entities=labels, label="left", destination=shop.data / "joined.parquet", online_at=day(5)
        )
        for _ in range(2)
    ]
    assert found[0].skew == found[1].skew == Skew(200, {"spent": 200})
