"""Which version serves and which did before, after each thing that can happen; and releases, byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golden_paths.artifacts import Candidate, ModelVersion
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.errors import StepFailed
from golden_paths.rollout.release import Release, named
from golden_paths.rollout.state import Served, State
from golden_paths.spec import PathSpec
from releases import DIGEST, FEATURES, release

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(hours: int) -> datetime:
    return NOON + timedelta(hours=hours)


def rolled_out(*versions: str) -> State:
    """As if each had taken over from the one before, an hour apart, and every rollout had been settled."""
    state: State | None = None
    for hours, version in enumerate(versions):
        state = State.after(state, release(version=version), at(hours)).model_copy(update={"is_settled": True})
    assert state
    return state


# what was rolled out -> (serving, previous, history: version and the hour in which it ended)
AFTER: dict[str, tuple[tuple[str, ...], str | None, list[tuple[str, int]]]] = {
    "the first": (("1",), None, []),
    "the second": (("1", "2"), "1", [("1", 1)]),
    "the third": (("1", "2", "3"), "2", [("2", 2), ("1", 1)]),
    "an older one again": (("1", "2", "1"), "2", [("2", 2)]),
    "to and fro": (("1", "2", "1", "2"), "1", [("1", 3)]),
    "the same again": (("1", "2", "2"), None, [("1", 1)]),
}


@pytest.mark.parametrize("case", AFTER)
def test_what_takes_over_has_what_served_behind_it_newest_first_and_each_once(case: str) -> None:
    versions, previous, history = AFTER[case]
    state = rolled_out(*versions)
    assert (state.serving, state.since, state.previous) == (versions[-1], at(len(versions) - 1), previous)
    assert [(one.version, one.until) for one in state.history] == [(version, at(hour)) for version, hour in history]


def test_a_rollout_is_not_settled_before_it_is_said_to_be() -> None:
    before = rolled_out("1")
    assert not State.after(before, release(version="2"), NOON).is_settled


@pytest.mark.parametrize(
    ("versions", "history"), [(("1", "2"), []), (("1", "2", "3"), ["1"]), (("3", "1", "2"), ["3"]), (("2", "1", "2"), [])]
)
def test_a_rollout_that_is_undone_leaves_nothing_of_itself(versions: tuple[str, ...], history: list[str]) -> None:
    back = versions[-2]
    state = rolled_out(*versions).undone(release(version=back), at(9))
    assert (state.serving, state.digest, state.since, state.previous, state.is_settled) == (back, DIGEST, at(9), None, True)
    assert [one.version for one in state.history] == history


def test_what_has_served_is_what_serves_or_did() -> None:
    state = rolled_out("1", "2", "4")
    assert [version for version in ("1", "2", "3", "4", "5") if state.has_served(version)] == ["1", "2", "4"]


@pytest.mark.parametrize(("version", "digest", "is_of"), [("1", DIGEST, True), ("1", "other", False), ("2", DIGEST, False)])
def test_a_version_is_known_by_its_digest_too(version: str, digest: str, is_of: bool) -> None:
    candidate = Candidate(endpoint="churn", version=version, digest=digest, url="")
    assert rolled_out("1").is_of(candidate) is is_of
    assert release(version="1").is_of(candidate) is is_of


def test_a_state_is_what_its_annotation_says() -> None:
    state = rolled_out("1", "2")
    assert State.model_validate_json(state.model_dump_json()) == state
    assert state.history == (Served(version="1", until=at(1)),)


DEPLOY: dict[str, Any] = {"to": "kubernetes", "replicas": 2, "cpu": 1.5, "memory": "1Gi", "port": 8080, "ready_within": "90s"}
SETTINGS = ClusterSettings(serve_image="serve:1", tracking_uri="http://mlflow.shop:5000", online_store="redis.shop:6379")
VERSION = ModelVersion(
    model="churn",
    version="7",
    mlflow_run_id="r1",
    uri="models:/m-1",
    digest=DIGEST,
    weights="w",
    training_set="f" * 64,
    golden_records="g",
    golden_digest="g",
)


def planned(settings: ClusterSettings = SETTINGS, **deploy: Any) -> Release:
    whole = {"golden_path": "online-model@1", "name": "churn", "owner": "growth", "description": "Who leaves."}
    spec = PathSpec.model_validate(whole | {"deploy": DEPLOY | deploy})
    repo, service = Path("include/feature_repos/churn_repo"), "churn_v1"
    return Release.planned(spec, VERSION, settings, tracking_uri="sqlite:///x", features="e" * 64, repo=repo, service=service)


def test_a_release_follows_from_spec_version_and_settings() -> None:
    fields = {"replicas": 2, "cpu": "1.5", "memory": "1Gi", "port": 8080, "ready_seconds": 90}
    assert planned() == release(image="serve:1", online_store="redis.shop:6379", **FEATURES, **fields)
    assert planned(port=None).port == 80
    scaled = planned(autoscale={"max_replicas": 5})
    assert (scaled.replicas, scaled.most_replicas, scaled.autoscale_cpu) == (2, 5, 70)
    assert Release.model_validate_json(scaled.model_dump_json()) == scaled


@pytest.mark.parametrize("settings", [{"serve_image": None}, {"tracking_uri": None}, {"online_store": "redis"}])
def test_a_release_that_could_not_run_is_not_planned(settings: dict[str, Any]) -> None:
    from dataclasses import replace

    with pytest.raises(StepFailed):
        planned(replace(SETTINGS, **settings))


def test_a_versions_objects_are_named_after_it() -> None:
    assert (release().name, named("churn", "12")) == ("churn-v7", "churn-v12")
