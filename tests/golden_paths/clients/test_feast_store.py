"""What Feast does not do by itself, on a real repository."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from feature_repo import DEFINITIONS, REPO, SERVICE, Shop, day, online
from golden_paths.clients import quick_feast
from golden_paths.errors import StepFailed

pytestmark = pytest.mark.real

MATERIALIZE = f"""
import sys
from datetime import datetime
from pathlib import Path
from golden_paths.clients.feast_store import FeastStore
from golden_paths.project import Project
project = Project(Path(sys.argv[1]), Path(sys.argv[2]))
log = lambda line: print(line, flush=True)
FeastStore(project, {REPO!r}, log, window_rows=2).materialize({SERVICE!r}, start=None, end=datetime.fromisoformat(sys.argv[3]))
"""


def test_rows_without_a_key_are_told_before_anything_is_written(shop: Shop) -> None:
    file = shop.rows("orders", (1, day(1), 10.0), (2, day(2), 20.0), (3, day(3), 1.0))
    frame = pd.read_parquet(file)
    frame["customer"] = frame["customer"].astype("Int64")
    frame.loc[2, "customer"] = None
    frame.to_parquet(file)
    with pytest.raises(StepFailed) as caught:
        shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert str(caught.value) == "1 rows of orders.parquet have no customer: orders; leave rows without a key out of the source"


def test_definitions_are_applied_only_when_they_changed_and_a_new_feature_is_filled(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    shop.feast(lines.append).materialize(SERVICE, start=None, end=day(5), note_as="shop-features")
    assert "Applying changes for project churn" in lines
    lines.clear()
    shop.feast(lines.append).materialize(SERVICE, start=None, end=day(5))
    assert lines == []
    added = DEFINITIONS.replace(
        'Field(name="age", dtype=Int64)', 'Field(name="age", dtype=Int64), Field(name="left", dtype=Int64)'
    )
    (shop.repo / "features.py").write_text(added)
    frame = shop.rows("profile", (1, day(1), 31), (2, day(2), 52))
    pd.read_parquet(frame).assign(left=[7, 8]).to_parquet(frame)
    _, views, _ = shop.feast(lines.append).materialize(SERVICE, start=None, end=day(5))
    assert "Applying changes for project churn" in lines
    assert {view.view: view.rows for view in views}["profile"] == 2
    assert online(shop, "profile:left", 2, monkeypatch) == 8
    assert shop.feast().refreshed(SERVICE, by="shop-features") is None  # which was of the definitions before


def test_a_refresh_is_known_where_definitions_are_applied_again_and_are_the_same(shop: Shop) -> None:
    shop.feast().materialize(SERVICE, start=None, end=day(5), note_as="shop-features")
    with (shop.repo / "features.py").open("a") as stream:
        stream.write("# a remark\n")
    lines: list[str] = []
    found = shop.feast(lines.append).refreshed(SERVICE, by="shop-features")
    assert "Applying changes for project churn" in lines
    assert found is not None
    assert found.end == day(5)


def test_a_refresh_whose_rows_are_no_longer_online_is_not_relied_on_and_the_next_writes_them_anew(shop: Shop) -> None:
    shop.feast().materialize(SERVICE, start=None, end=day(5), note_as="shop-features")
    with sqlite3.connect(shop.project.state / "feast" / "churn" / "online.db") as database:
        database.execute("DELETE FROM churn_profile")
    with pytest.raises(StepFailed) as caught:
        shop.feast().refreshed(SERVICE, by="shop-features")
    assert str(caught.value) == (
        "feature view profile was materialized, and the online store has nothing for {'customer': 2}: expected a row of "
        "2026-01-02T00:00:00+00:00; run shop-features again: it writes everything anew"
    )
    _, views, _ = shop.feast().materialize(SERVICE, start=None, end=day(5), note_as="shop-features")
    assert [view.rows for view in views] == [0, 2]


def test_rows_that_changed_after_they_were_written_are_written_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    shop.rows("profile", (1, day(1), 32), (2, day(2), 52))
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert online(shop, "profile:age", 1, monkeypatch) == 32


def test_a_source_without_what_the_view_declares_is_named(shop: Shop) -> None:
    (shop.repo / "features.py").write_text(DEFINITIONS.replace('Field(name="age"', 'Field(name="aeg"'))
    with pytest.raises(StepFailed) as caught:
        shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert str(caught.value) == (
        "profile.parquet has no column 'aeg', which the view declares: profile; did you mean 'age'?"
    )


def test_a_source_that_is_not_there_is_named(shop: Shop) -> None:
    (shop.data / "profile.parquet").unlink()
    with pytest.raises(StepFailed) as caught:
        shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert str(caught.value).startswith("the source of feature view profile cannot be read: ")
    assert str(caught.value).endswith("; check the path of its FileSource, which starts at the repository's folder")


def test_rows_of_the_same_keys_and_time_are_told(shop: Shop) -> None:
    shop.rows("profile", (1, day(1), 31), (1, day(1), 32), (2, day(2), 52))
    lines: list[str] = []
    shop.feast(lines.append).materialize(SERVICE, start=None, end=day(5))
    assert "profile: 1 rows have the keys and time of another; which one counts is left open" in lines


def test_a_feature_that_no_row_may_know_is_refused(shop: Shop, tmp_path: Path) -> None:
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    entities = shop.rows("labels", (1, day(0), 1), (2, day(0), 0))
    with pytest.raises(StepFailed) as caught:
        shop.feast().training_frame(SERVICE, entities=entities, label="left", destination=tmp_path / "joined.parquet")
    assert str(caught.value) == (
        "feature spent is missing in all 2 rows: none of its values is as old as the row it is joined to; "
        "check the times: a feature's event_timestamp must not be later than the label's"
    )


def test_what_an_on_demand_view_computes_is_a_feature_and_its_sources_are_written(shop: Shop, tmp_path: Path) -> None:
    computed = """
from feast.on_demand_feature_view import on_demand_feature_view

@on_demand_feature_view(sources=[profile], schema=[Field(name="age_doubled", dtype=Int64)], mode="pandas")
def doubled(inputs):
    return (inputs[["age"]] * 2).rename(columns={"age": "age_doubled"}).astype("Int64")

churn_v1 = FeatureService(name="churn_v1", features=[orders, doubled])
"""
    (shop.repo / "features.py").write_text(DEFINITIONS + computed)
    _, views, _ = shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert [view.view for view in views] == ["orders", "profile"]
    entities = shop.rows("labels", (1, day(5), 1), (2, day(5), 0))
    joined = shop.feast().training_frame(SERVICE, entities=entities, label="left", destination=tmp_path / "joined.parquet")
    assert (joined.keys, joined.features) == (("customer",), ("spent", "age_doubled"))
    assert list(pd.read_parquet(joined.path)["age_doubled"]) == [62, 104]


def test_killed_while_it_writes_and_run_again_everything_that_was_checked_is_online(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending, _ = shop.feast().pending(SERVICE, start=None, end=day(5), folder=tmp_path)
    worker = subprocess.Popen(
        [sys.executable, "-c", MATERIALIZE, str(shop.project.root), str(shop.project.state), day(5).isoformat()],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(quick_feast.__file__).parents[2])},
    )
    assert worker.stdout is not None
    assert any(line.startswith("orders: ") for line in worker.stdout)
    worker.send_signal(signal.SIGKILL)
    worker.stdout.read()  # ends when the child has ended too
    worker.wait()
    checked = [one.rows for one in pending]
    _, views, _ = shop.feast().materialize(SERVICE, start=None, end=day(5), checked=checked)
    assert {view.view: view.newest for view in views} == {"orders": day(4), "profile": day(2)}
    assert [online(shop, "orders:spent", key, monkeypatch) for key in (1, 2)] == [40.0, 20.0]
    assert online(shop, "profile:age", 2, monkeypatch) == 52


def test_two_at_once_write_once_and_leave_one_sound_registry(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        done = list(
            pool.map(lambda _: shop.feast(lines.append).materialize(SERVICE, start=None, end=day(5))[1], range(2))
        )
    assert sorted(view.rows for views in done for view in views) == [0, 0, 2, 2]
    assert lines.count("Applying changes for project churn") == 1
    assert "waiting for another run that writes the feature repository churn" in lines
    assert online(shop, "profile:age", 1, monkeypatch) == 31
    assert not list((shop.project.state / "feast" / "churn").glob("*.partial"))


def test_rows_lost_online_are_noticed_and_the_run_after_writes_them_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    with sqlite3.connect(shop.project.state / "feast" / "churn" / "online.db") as database:
        database.execute("DELETE FROM churn_orders")
    with pytest.raises(StepFailed) as caught:
        shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert str(caught.value) == (
        "feature view orders was materialized, and the online store has nothing for {'customer': 1}: expected a row of "
        "2026-01-04T00:00:00+00:00; run again: everything will be written anew"
    )
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert [online(shop, "orders:spent", key, monkeypatch) for key in (1, 2)] == [40.0, 20.0]


def test_an_online_store_that_is_gone_is_named_with_what_to_do(shop: Shop) -> None:
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    home = shop.project.state / "feast" / "churn"
    (home / "online.db").unlink()
    with pytest.raises(StepFailed) as caught:
        shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert str(caught.value) == (
        "the online store cannot be read for feature view orders: no such table: churn_orders; mend it; when it was deleted, "
        f"remove {home} and run again, which makes it anew"
    )
    shutil.rmtree(home)
    _, views, _ = shop.feast().materialize(SERVICE, start=None, end=day(5))
    assert [view.rows for view in views] == [2, 2]
