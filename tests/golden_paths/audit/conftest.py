"""The shop with three versions: 1, 2, 3 which was rejected, and back to 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from audits import DAY, MONDAY, Shop


def three_versions(shop: Shop) -> Shop:
    shop.ran("1", MONDAY)
    shop.ran("2", MONDAY + DAY, before="1")
    shop.ran("3", MONDAY + 2 * DAY, before="2", promoted=False)
    shop.rolled_back("1", MONDAY + 3 * DAY)
    return shop


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr("socket.gethostname", lambda: "vm")
    return three_versions(Shop(tmp_path))


@pytest.fixture
def on_cluster(tmp_path: Path) -> Shop:
    return three_versions(Shop(tmp_path, on_cluster=True))
