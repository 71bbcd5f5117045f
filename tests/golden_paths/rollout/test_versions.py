"""A version's objects on a real cluster, whose pods never start: what is made again with other numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cluster import Namespace, namespace
from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.errors import StepFailed
from golden_paths.rollout.versions import Versions
from releases import release

pytestmark = pytest.mark.kubernetes
SCALED: dict[str, Any] = {"most_replicas": 4, "autoscale_cpu": 70}
NOWHERE = {"image": "nowhere.invalid/serve:1"}


@pytest.fixture(scope="module")
def place() -> Iterator[Namespace]:
    with namespace() as made:
        yield made


@pytest.fixture
def api(place: Namespace) -> Iterator[ClusterApi]:
    made = ClusterApi(ClusterSettings(namespace=place.name), print)
    yield made
    Versions(made, "churn").remove_all()


def test_a_version_that_is_no_longer_scaled_has_no_autoscaler_and_the_specs_replicas(api: ClusterApi) -> None:
    versions, kinds = Versions(api, "churn"), ("HorizontalPodAutoscaler", "PodDisruptionBudget")
    versions.make(release(**NOWHERE, **SCALED), None, pods=3)
    assert [api.get(kind, "churn-v7") is not None for kind in kinds] == [True, True]
    assert versions.size(release()) == 3
    versions.make(release(**NOWHERE), None)
    assert [api.get(kind, "churn-v7") is not None for kind in kinds] == [False, False]
    assert versions.size(release()) == 1
    versions.make(release(**NOWHERE, replicas=2), None)
    assert [api.get(kind, "churn-v7") is not None for kind in kinds] == [False, True]
    assert versions.size(release()) == 2


def test_one_that_was_put_to_rest_comes_back_as_large_as_it_may_and_an_autoscaler_goes_on_from_there(api: ClusterApi) -> None:
    versions, scaled = Versions(api, "churn"), release(**NOWHERE, **SCALED, replicas=2)
    versions.make(scaled, None)
    versions.rest(scaled)
    assert versions.size(scaled) == 0
    versions.make(scaled, None)
    assert versions.size(scaled) == 2


@pytest.mark.parametrize("name", ["default", "kubernetes-of-others"])
def test_what_is_there_and_none_of_ours_stays_and_is_named(api: ClusterApi, place: Namespace, name: str) -> None:
    if name != "default":
        api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
    with pytest.raises(StepFailed) as failed:
        Versions(api, name).make(release(model=name, **NOWHERE), None)
    assert str(failed.value) == (
        f"there is a ServiceAccount {name} in {place.name} already, and it is none of ours; "
        "rename the model, or remove that object"
    )


def test_removing_all_leaves_nothing_and_says_whether_there_was_something(api: ClusterApi) -> None:
    versions = Versions(api, "churn")
    versions.make(release(**NOWHERE), None)
    versions.make(release(**NOWHERE, version="8"), None)
    assert [one.content.version for one in versions.releases()] == ["7", "8"]
    assert (versions.remove_all(), versions.remove_all(), versions.releases()) == (True, False, [])
