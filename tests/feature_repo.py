"""A tiny Feast repository: two views of a customer, one service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fakes.feature_store import FakeFeatureStore
from golden_paths.clients import quick_feast
from golden_paths.clients.feast_store import WINDOW_ROWS, FeastStore
from golden_paths.project import Project

REPO = "include/feature_repos/churn"
SERVICE = "churn_v1"
CONFIG = """\
project: churn
provider: local
registry:
  path: ${FEAST_STATE}/churn/registry.db
  cache_ttl_seconds: 60
  serve_features_while_materializing: true
online_store: {type: sqlite, path: "${FEAST_STATE}/churn/online.db"}
offline_store: {type: duckdb}
entity_key_serialization_version: 3
"""
DEFINITIONS = """\
from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64

customer = Entity(name="customer", join_keys=["customer"], value_type=ValueType.INT64)


def view(name, *fields):
    source = FileSource(name=name, path=f"../../data/{name}.parquet", timestamp_field="event_timestamp")
    return FeatureView(name=name, entities=[customer], schema=list(fields), source=source)


orders = view("orders", Field(name="spent", dtype=Float64))
profile = view("profile", Field(name="age", dtype=Int64))
churn_v1 = FeatureService(name="churn_v1", features=[orders, profile])
"""


def day(number: float) -> datetime:
    """A day of 2026."""
    return datetime(2025, 12, 31, tzinfo=UTC) + timedelta(days=number)


class Shop:
    """A project with the repository and its data: `orders` (spent) and `profile` (age) of customers."""

    def __init__(self, root: Path) -> None:
        self.project = Project(root / "project", root / "state")
        self.data = self.project.root / "include" / "data"
        self.repo = self.project.root / REPO
        for folder in (self.data, self.repo):
            folder.mkdir(parents=True)
        (self.repo / "feature_store.yaml").write_text(CONFIG)
        (self.repo / "features.py").write_text(DEFINITIONS)
        self.rows("orders", (1, day(1), 10.0), (2, day(2), 20.0), (1, day(4), 40.0))
        self.rows("profile", (1, day(1), 31), (2, day(2), 52))

    def rows(self, name: str, *rows: tuple[int, datetime, Any]) -> Path:
        """Write a table of customer, event_timestamp and one more column."""
        column = {"orders": "spent", "profile": "age"}.get(name, "left")
        frame = pd.DataFrame(list(rows), columns=["customer", "event_timestamp", column])
        frame["event_timestamp"] = pd.to_datetime(frame["event_timestamp"], utc=True)
        frame.to_parquet(self.data / f"{name}.parquet", index=False)
        return self.data / f"{name}.parquet"

    def fake(self) -> FakeFeatureStore:
        return FakeFeatureStore(self.data, SERVICE, ("orders", "profile"), "customer")

    def feast(self, log: Callable[[str], None] = print, *, window_rows: int = WINDOW_ROWS) -> FeastStore:
        return FeastStore(self.project, REPO, log, window_rows=window_rows)


def online(shop: Shop, feature: str, customer: int, monkeypatch: pytest.MonkeyPatch) -> object:
    """What a reader of the online store sees."""
    monkeypatch.setenv("FEAST_STATE", str(shop.project.state / "feast"))
    store = quick_feast.load().FeatureStore(repo_path=str(shop.repo))
    answer = store.get_online_features(features=[feature], entity_rows=[{"customer": customer}]).to_dict()
    return answer[feature.partition(":")[2]][0]
