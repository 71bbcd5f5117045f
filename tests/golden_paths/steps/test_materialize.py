"""The step materialize: what it makes, and when it says no."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from fakes.feature_store import FakeFeatureStore
from feature_repo import REPO, SERVICE, Shop, day
from golden_paths.artifacts import Features, ViewState
from golden_paths.errors import StepFailed
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext
from golden_paths.steps import materialize


class Clients:
    """The feature store alone."""

    def __init__(self, store: FakeFeatureStore) -> None:
        self._store = store

    def feature_store(self, repo: str) -> FakeFeatureStore:
        assert repo == REPO
        return self._store


def context(shop: Shop, *, end: datetime, start: datetime | None = None, freshness: str | None = None) -> StepContext:
    text = {"golden_path": "online-model@1", "name": "churn", "owner": "growth", "description": "Who leaves."}
    features = {"repo": REPO, "service": SERVICE, "freshness": freshness}
    spec = PathSpec.model_validate({**text, "features": features})
    clients = Clients(shop.fake())
    return StepContext(spec, "digest", shop.project, Run("run-1", end, start), clients, print, {})  # type: ignore[arg-type]


def test_it_says_what_was_written_of_each_view_and_since_when(tmp_path: Path) -> None:
    made = materialize.run(context(Shop(tmp_path), end=day(5), freshness="3d"))
    assert made.described is not None
    assert made.model_copy(update={"described": None}) == Features(
        repo=REPO,
        service=SERVICE,
        start=day(1),
        end=day(5),
        views=(ViewState(view="orders", rows=2, newest=day(4)), ViewState(view="profile", rows=2, newest=day(2))),
    )


def test_a_second_run_with_nothing_new_is_no_error_while_rows_are_fresh(tmp_path: Path) -> None:
    again = context(Shop(tmp_path), end=day(5), freshness="4d")
    assert [view.rows for view in materialize.run(again).views] == [2, 2]
    assert [view.rows for view in materialize.run(again).views] == [0, 0]


def test_a_stale_view_fails_with_what_was_expected_and_found(tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as caught:
        materialize.run(context(Shop(tmp_path), end=day(5), freshness="24h"))
    assert str(caught.value) == (
        "feature view profile is stale: expected a row from 2026-01-04T00:00:00+00:00 or later, "
        "found 2026-01-02T00:00:00+00:00; refresh its source, or allow more in features.freshness"
    )
    assert not caught.value.retry


def test_without_a_freshness_no_age_is_too_old(tmp_path: Path) -> None:
    assert materialize.run(context(Shop(tmp_path), end=day(300))).views[0].newest == day(4)


def test_an_empty_interval_fails_with_what_was_expected_and_found(tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as caught:
        materialize.run(context(Shop(tmp_path), start=day(-2), end=day(0)))
    assert str(caught.value) == (
        "feature view orders has nothing to write: expected rows from 2025-12-29T00:00:00+00:00 to "
        "2025-12-31T00:00:00+00:00, found 3 rows from 2026-01-01T00:00:00+00:00 to 2026-01-04T00:00:00+00:00; "
        "check the source file and its timestamps, or run for another interval"
    )
