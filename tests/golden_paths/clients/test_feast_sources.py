"""A source that is not what its view declares is named in words, on a real repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from feature_repo import DEFINITIONS, SERVICE, Shop, day
from golden_paths.errors import StepFailed

pytestmark = pytest.mark.real


def refusal(shop: Shop) -> str:
    with pytest.raises(StepFailed) as caught:
        shop.feast().materialize(SERVICE, start=None, end=day(5))
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"columns": {"event_timestamp": "when"}},
            "orders.parquet has no column 'event_timestamp', its timestamp_field: orders; known are customer, when, spent",
        ),
        (
            {"columns": {"customer": "customers"}},
            "orders.parquet has no column 'customer', which the view declares: orders; did you mean 'customers'?",
        ),
    ],
    ids=["time", "key"],
)
def test_a_column_that_is_not_there_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    shop = Shop(tmp_path)
    file = shop.data / "orders.parquet"
    pd.read_parquet(file).rename(**change).to_parquet(file)
    assert refusal(shop) == message


def test_text_where_numbers_are_declared_is_named(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.rows("orders", (1, day(1), "10"), (2, day(2), "20"))
    assert refusal(shop) == (
        "column 'spent' of orders.parquet holds text, and feature view orders declares it as Float64; "
        "write it as numbers, or declare it as String"
    )


def test_a_column_under_another_name_is_found_through_the_field_mapping(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    file = shop.data / "orders.parquet"
    pd.read_parquet(file).rename(columns={"spent": "amount"}).to_parquet(file)
    mapped = 'timestamp_field="event_timestamp", field_mapping={"amount": "spent"} if name == "orders" else None)'
    (shop.repo / "features.py").write_text(DEFINITIONS.replace('timestamp_field="event_timestamp")', mapped))
    _, views, _ = shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert [view.rows for view in views] == [2, 2]
