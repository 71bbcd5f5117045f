"""The steps of a feature refresh, and the step materialize of a model that relies on one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fakes.feature_store import FakeFeatureStore
from feature_repo import REPO, SERVICE, Shop, day
from golden_paths.artifacts import Features, ViewState
from golden_paths.errors import GateFailed, StepFailed
from golden_paths.lineage.places import Places
from golden_paths.refresh_artifacts import CheckedFeatures
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext
from golden_paths.steps import check_features, materialize
from refreshes import CONTRACT, write_contract

PLACES = Places("http://mlflow")
BY = "shop-features"


@dataclass
class Refresh:
    """A shop whose features are refreshed; it is also the clients of its runs."""

    shop: Shop
    store: FakeFeatureStore
    log: list[str] = field(default_factory=list)

    def feature_store(self, repo: str) -> FakeFeatureStore:
        assert repo == REPO
        return self.store

    def context(
        self, *, end: datetime, start: datetime | None = None, freshness: str | None = None, **made: Any
    ) -> StepContext:
        refresh = {"contract": "include/contracts/shop.yaml", "sensitive": ["age"]}
        features = {"freshness": freshness}
        return self._context("feature-refresh@1", BY, end, start, made, features=features, refresh=refresh)

    def model(self, *, end: datetime, start: datetime | None = None, **features: str) -> StepContext:
        return self._context("online-model@1", "churn", end, start, {}, features={"refreshed_by": BY, **features})

    def _context(
        self, path: str, name: str, end: datetime, start: datetime | None, made: Any, *, features: Any = None, **more: Any
    ) -> StepContext:
        features = {"repo": REPO, "service": SERVICE, **(features or {})}
        text = {"golden_path": path, "name": name, "owner": "growth", "description": "d", "features": features, **more}
        run = Run("run-1", end, start)
        return StepContext(PathSpec.model_validate(text), "digest", self.shop.project, run, self, self.log.append, made)  # type: ignore[arg-type]

    def run(self, *, end: datetime, start: datetime | None = None, freshness: str | None = None) -> Features:
        checked = check_features.run(self.context(end=end, start=start))
        return materialize.run(self.context(end=end, start=start, freshness=freshness, checked_features=checked))


@pytest.fixture
def refresh(tmp_path: Path) -> Refresh:
    shop = Shop(tmp_path)
    write_contract(shop.project.root)
    return Refresh(shop, shop.fake())


def refusal(refresh: Refresh, context: StepContext) -> str:
    with pytest.raises(GateFailed) as caught:
        check_features.run(context)
    assert refresh.store.online == {"orders": {}, "profile": {}}
    return str(caught.value)


def test_rows_that_keep_the_contract_are_written(refresh: Refresh) -> None:
    made = refresh.run(end=day(5))
    assert [view.rows for view in made.views] == [2, 2]
    assert refresh.log[:2] == [
        "orders: 3 rows keep include/contracts/shop.yaml",
        "profile: 2 rows keep include/contracts/shop.yaml",
    ]


def test_every_violation_is_told_with_counts_and_no_sensitive_value_and_nothing_is_written(refresh: Refresh) -> None:
    refresh.shop.rows("orders", (1, day(1), -7.5), (2, day(2), 20.0), (1, day(4), None))
    refresh.shop.rows("profile", (1, day(1), 177), (2, day(2), 52))
    context = refresh.context(end=day(5))
    assert refusal(refresh, context) == (
        "nothing of churn_v1 is written to the online store: "
        "spent (nulls): expected a value in every row, found 1 of 3 rows; "
        "spent (range): expected at least 0, found 1 of 3 rows; "
        "age (range): expected from 18 to 120, found 1 of 2 rows; "
        "see whose rows these are in the log; mend the source, or change what include/contracts/shop.yaml asks of them"
    )
    assert refresh.log == [
        "feature view orders: spent (nulls): expected a value in every row, found 1 of 3 rows (33.33%) have none; customer=1",
        "feature view orders: spent (range): expected at least 0, found 1 of 3 rows, with -7.5 to -7.5; customer=1: -7.5",
        "feature view profile: age (range): expected from 18 to 120, found 1 of 2 rows; customer=1",
    ]
    assert "177" not in "".join(refresh.log)
    parts = check_features.STEP.touched(context, PLACES, context.record.made).parts
    assert all(part.is_refused for part in parts)
    seen = [one for part in parts for one in part.inputs]
    assert [(one.name.name, [check.name for check in one.checks], one.newest) for one in seen] == [
        ("orders", ["contract.nulls", "contract.range"], day(4)),
        ("profile", ["contract.range"], day(2)),
    ]


RULES = {
    "too few rows": (
        CONTRACT + "rows: {at_least: 3}\n",
        "rows: expected at least 3 rows, found 2",
    ),
    "too old a row": (
        CONTRACT + "freshness: 1d\n",
        "event_timestamp (freshness): expected a row from 2026-01-04T00:00:00+00:00 or later, found 2026-01-02T00:00:00+00:00",
    ),
    "a column of no view": (
        CONTRACT + "  income: {type: number}\n",
        "income (column): expected a column of a feature view, found none",
    ),
    "another type": (
        CONTRACT.replace("age: {type: integer, min: 18, max: 120}", "age: {type: text}"),
        "age (type): expected text",
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_is_held(refresh: Refresh, name: str) -> None:
    text, said = RULES[name]
    write_contract(refresh.shop.project.root, text)
    found = refusal(refresh, refresh.context(end=day(5)))
    assert found.startswith(f"nothing of churn_v1 is written to the online store: {said}")
    assert found.count("expected") == 1


def test_only_rows_that_are_to_be_written_are_judged(refresh: Refresh) -> None:
    refresh.shop.rows("profile", (1, day(1), 31), (2, day(4.5), 7))
    refresh.run(end=day(4))
    with pytest.raises(GateFailed):
        refresh.run(end=day(5))
    with pytest.raises(GateFailed):
        refresh.run(start=day(4), end=day(5))


def test_a_run_with_nothing_new_passes_while_what_was_written_is_fresh(refresh: Refresh) -> None:
    write_contract(refresh.shop.project.root, CONTRACT + "rows: {at_least: 2}\nfreshness: 5d\n")
    refresh.run(end=day(5))
    assert [view.rows for view in refresh.run(end=day(6)).views] == [0, 0]
    with pytest.raises(GateFailed) as caught:
        refresh.run(end=day(8))
    assert "profile" not in str(caught.value).partition("found")[0]
    assert "found 2026-01-02T00:00:00+00:00" in str(caught.value)


def test_rows_that_changed_since_they_were_checked_are_not_written(refresh: Refresh) -> None:
    checked = check_features.run(refresh.context(end=day(5)))
    refresh.shop.rows("profile", (1, day(1), 31), (2, day(2), -1))
    with pytest.raises(StepFailed) as caught:
        materialize.run(refresh.context(end=day(5), checked_features=checked))
    assert "profile are no longer those that were checked" in str(caught.value)
    assert refresh.store.online == {"orders": {}, "profile": {}}


def test_checked_rows_survive_their_way_through_xcom(refresh: Refresh) -> None:
    checked = check_features.run(refresh.context(end=day(5)))
    again = CheckedFeatures.model_validate_json(checked.model_dump_json())
    assert materialize.run(refresh.context(end=day(5), checked_features=again)).views[0].rows == 2


def test_a_model_reads_back_what_its_refresh_wrote_and_writes_nothing(refresh: Refresh) -> None:
    wrote = refresh.run(end=day(5))
    refresh.shop.rows("profile", (1, day(1), 31), (2, day(2), 52), (1, day(5), 32))
    before = {view: dict(rows) for view, rows in refresh.store.online.items()}
    context = refresh.model(end=day(6), freshness="4d")
    assert materialize.run(context) == wrote
    assert refresh.store.online == before
    assert refresh.log[-1] == f"profile: 2 rows written by {BY}, newest 2026-01-02T00:00:00+00:00"
    touched = materialize.STEP.touched(context, PLACES, wrote)
    assert ([part.job for part in touched.parts], touched.inputs, touched.outputs) == (["orders", "profile"], (), ())
    assert [part.outputs for part in touched.parts] == [(), ()]
    seen = [one for part in touched.parts for one in part.inputs]
    assert [(one.name.name, [check.name for check in one.checks]) for one in seen] == [
        ("orders", ["freshness"]),
        ("profile", ["freshness"]),
    ]


def test_a_model_asks_for_its_own_freshness(refresh: Refresh) -> None:
    refresh.run(end=day(5))
    with pytest.raises(StepFailed) as caught:
        materialize.run(refresh.model(end=day(6), freshness="24h"))
    assert "feature view orders is stale: expected a row from 2026-01-05T00:00:00+00:00 or later" in str(caught.value)


def test_a_refresh_that_found_a_stale_view_is_none_to_rely_on(refresh: Refresh) -> None:
    with pytest.raises(StepFailed, match="feature view profile is stale"):
        refresh.run(end=day(5), freshness="2d")
    with pytest.raises(StepFailed, match="shop-features has refreshed nothing of churn_v1 yet"):
        materialize.run(refresh.model(end=day(5)))


def test_a_model_waits_for_a_refresh_that_never_ran(refresh: Refresh) -> None:
    refresh.store.materialize(SERVICE, start=None, end=day(5))  # by somebody else
    with pytest.raises(StepFailed) as caught:
        materialize.run(refresh.model(end=day(5)))
    assert str(caught.value) == (
        "shop-features has refreshed nothing of churn_v1 yet, or not since its definitions changed; "
        "run shop-features: it must have ended well once"
    )
    assert caught.value.retry


@pytest.mark.parametrize(("start", "is_covered"), [(day(4.5), True), (day(5), False), (day(6), False), (None, True)])
def test_a_model_wants_some_of_its_interval_refreshed(refresh: Refresh, start: datetime | None, is_covered: bool) -> None:
    refresh.run(end=day(5))
    context = refresh.model(start=start, end=day(7))
    if is_covered:
        assert materialize.run(context).end == day(5)
        return
    with pytest.raises(StepFailed) as caught:
        materialize.run(context)
    assert start
    assert str(caught.value) == (
        f"shop-features has refreshed churn_v1 up to 2026-01-05T00:00:00+00:00, and this run's interval begins at "
        f"{start.isoformat()}; run shop-features for it first, or leave the schedule out: the path then starts when "
        "shop-features has ended"
    )


def test_what_the_online_store_has_lost_is_not_relied_on(refresh: Refresh) -> None:
    refresh.run(end=day(5))
    refresh.store.online["orders"].clear()
    with pytest.raises(StepFailed, match=f"the online store has nothing for .*; run {BY} again: it writes everything anew"):
        materialize.run(refresh.model(end=day(5)))
    assert refresh.run(end=day(5)).views[0] == ViewState(view="orders", rows=0, newest=day(4))
