"""The gates of build_training_set: a contract, leaks, a datasheet. What they refuse is not kept, and so nothing trains on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fakes.feature_store import FakeFeatureStore
from fakes.tracking import FakeTracking
from feature_repo import REPO, SERVICE, Shop, day
from golden_paths.artifacts import Features, TrainingSet
from golden_paths.clients import Skew, TrainingFrame
from golden_paths.errors import GateFailed
from golden_paths.record import Check
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext
from golden_paths.steps import build_training_set

ROWS = 120
CONTRACT = "include/contract.yaml"
SHEET = {name: f"Said of {name}." for name in ("purpose", "source", "licence", "collection", "retention", "limits")}


class Desk:
    """A shop whose labels have a column of their own beside them."""

    def __init__(self, root: Path) -> None:
        self.shop = Shop(root)
        self.store, self.tracking = self.shop.fake(), FakeTracking(root / "mlflow")
        self.checks: list[Check] = []
        self.log: list[str] = []
        times = [day(5) + timedelta(hours=number) for number in range(ROWS)]
        self.labels([(1 + at % 2, time, (at * 7 // 3) % 2) for at, time in enumerate(times)])

    def labels(self, rows: list[Any]) -> None:
        path = self.shop.rows("labels", *rows)
        pd.read_parquet(path).assign(sex=["f", "m"] * (len(rows) // 2)).to_parquet(path)

    def feature_store(self, repo: str) -> FakeFeatureStore:
        assert repo == REPO
        return self.store

    def run(self, contract: str | None = None, **section: Any) -> TrainingSet:
        if contract:
            (self.shop.project.root / CONTRACT).write_text(contract)
            section["contract"] = CONTRACT
        text = {"golden_path": "online-model@1", "name": "churn", "owner": "growth", "description": "Who leaves."}
        whole = {"entities": "include/data/labels.parquet", "label": "left", **section}
        spec = PathSpec.model_validate({**text, "training_set": whole})
        self.store.materialize(SERVICE, start=None, end=day(10))
        made = {"features": Features(repo=REPO, service=SERVICE, start=day(1), end=day(10), views=())}
        context = StepContext(
            spec, "digest", self.shop.project, Run("run-1", day(11)), self, self.log.append, made  # type: ignore[arg-type]
        )
        try:
            return build_training_set.run(context)
        finally:
            self.checks = context.record.gates


def test_what_keeps_its_contract_is_kept_and_noted(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    made = desk.run("columns:\n  spent: {type: number, min: 0, max: 100}\nrows: {at_least: 100}\n")
    assert made.rows == ROWS
    assert [(one.name, one.passed) for one in desk.checks] == [
        ("online_skew", True),
        ("contract", True),
        ("leakage", True),
    ]


def test_values_that_are_served_and_not_learnt_from_stop_the_path(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.run()
    kept = set(desk.tracking.runs)
    desk.shop.rows("orders", (1, day(1), 10.0), (2, day(2), 20.5), (1, day(4), 40.5))
    desk.shop.rows("profile", (1, day(1), 31), (2, day(2), 53))
    desk.store.materialize = lambda *_, **__: None  # type: ignore[assignment, method-assign]  # as when the task was skipped
    with pytest.raises(GateFailed) as caught:
        desk.run()
    assert str(caught.value) == (
        "churn_v1 is served with other values than those to train on: of 2 keys differ online age in 1, spent in 2; "
        "materialize again, over the whole interval; if it stays, see whether source rows repeat keys and time"
    )
    assert [(one.name, one.passed, one.found) for one in desk.checks] == [
        ("online_skew", False, "age in 1, spent in 2 of 2 keys differ")
    ]
    assert set(desk.tracking.runs) == kept
    assert not caught.value.retry


def test_what_was_not_compared_is_in_the_log_and_of_many_features_a_few_are_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    join = desk.store.training_frame

    def skewed(*arguments: Any, **named: Any) -> TrainingFrame:
        skew = Skew(9, {f"f{number}": number for number in range(1, 8)}, ("clicks (pushed)",))
        return replace(join(*arguments, **named), skew=skew)

    desk.store.training_frame = skewed  # type: ignore[method-assign]
    with pytest.raises(GateFailed, match="differ online f1 in 1, f2 in 2, f3 in 3, f4 in 4, f5 in 5 and 2 more features;"):
        desk.run()
    assert "online_skew, not compared: clicks (pushed)" in desk.log


BROKEN = """\
columns:
  spent: {type: number, min: 0, max: 15}
  left: {type: integer, allowed: [0]}
  gone: {type: text}
rows: {at_least: 1000}
freshness: 1h
"""


def test_every_violation_is_listed_and_nothing_is_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with pytest.raises(GateFailed) as caught:
        desk.run(BROKEN)
    failed = {one.name: one.column for one in desk.checks if not one.passed}
    assert failed == {
        "contract.range": "spent",
        "contract.allowed": "left",
        "contract.column": "gone",
        "contract.rows": None,
        "contract.freshness": "event_timestamp",
    }
    assert str(caught.value).startswith("nothing trains on this training set: ")
    assert "customer=1: 40" in "".join(desk.log)  # whom it is about
    told = str(caught.value) + "".join(one.found for one in desk.checks)  # what lineage is given
    assert "customer=" not in told
    assert "spent (range): expected from 0 to 15, found 120 of 120 rows;" in told
    for rule in ("(range)", "(allowed)", "(column)", ": rows:", "(freshness)"):
        assert any(rule in line for line in desk.log), rule
    assert desk.tracking.runs == {}
    assert not caught.value.retry


def test_a_feature_that_is_the_label_stops_the_path_unless_its_owners_say_that_it_may(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    profile = desk.shop.project.root / "include" / "data" / "profile.parquet"
    frame = pd.read_parquet(profile)
    newest = {1: 0, 2: 1}
    frame["age"] = [30 + newest[customer] for customer in frame["customer"]]
    frame.to_parquet(profile)
    desk.labels([(1 + at % 2, day(5) + timedelta(hours=at), at % 2) for at in range(ROWS)])
    with pytest.raises(GateFailed, match=r"age \(leak\): expected"):
        desk.run()
    assert ("leakage.leak", False, "age") in [(one.name, one.passed, one.column) for one in desk.checks]
    assert desk.tracking.runs == {}
    assert desk.run(may_tell_all=["age", "spent"]).rows == ROWS


def test_a_row_on_both_sides_of_the_split_stops_the_path(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.labels([(1, day(5), at % 2) for at in range(ROWS)])
    with pytest.raises(GateFailed, match="same_keys: expected"):
        desk.run(may_tell_all=["spent", "age"])


def test_sensitive_columns_are_kept_beside_the_features_and_no_value_of_them_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    made = desk.run(sensitive=["sex"])
    assert (made.sensitive, "sex" in made.features, made.types["sex"]) == (("sex",), False, "string")
    with pytest.raises(GateFailed) as caught:
        desk.run("columns:\n  sex: {type: text, allowed: [x]}\n", sensitive=["sex"])
    assert "customer=1" in "".join(desk.log)
    assert "'f'" not in str(caught.value) + "".join(desk.log)


def test_the_datasheet_has_the_owners_answers_and_what_was_measured(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    made = desk.run(datasheet=SHEET, sensitive=["sex"])
    text = (desk.tracking.folder / made.mlflow_run_id / "datasheet.md").read_text()
    assert all(f"Said of {name}." in text for name in SHEET)
    assert f"`{made.digest}`" in text
    assert f"| rows | {ROWS}, of which {made.test_rows} held out |" in text
    assert "| sensitive columns | sex |" in text
