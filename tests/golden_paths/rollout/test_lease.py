"""One rollout of a model at a time. The same promises are kept on the fake and on a real cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from cluster import Namespace, namespace
from fakes.cluster import FakeCluster
from golden_paths.cluster.answers import Refused
from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.errors import StepFailed
from golden_paths.rollout import lease as leases
from golden_paths.rollout.lease import Lease

LASTS = 1.0  # seconds, for tests that wait for silence


@pytest.fixture(scope="module")
def place() -> Iterator[Namespace]:
    with namespace() as made:
        yield made


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.kubernetes)])
def cluster(request: pytest.FixtureRequest) -> Any:
    if request.param == "fake":
        return FakeCluster()
    told: list[str] = []
    api = ClusterApi(ClusterSettings(namespace=request.getfixturevalue("place").name), told.append)
    api.said = told  # type: ignore[attr-defined]
    return api


@pytest.fixture
def model() -> str:
    return f"churn-{uuid4().hex[:6]}"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "POLL", 0.02)


def holder(cluster: Any, model: str) -> str:
    found = cluster.get("Lease", model)
    return str(found["spec"].get("holderIdentity") or "") if found else "(no lease)"


def started(do: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    return thread


def until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_is_held_until_it_is_released_and_not_only_for_a_step(cluster: Any, model: str) -> None:
    lease = Lease(cluster, model, "version 1")
    with lease.held():
        assert holder(cluster, model) == "version 1"
    assert holder(cluster, model) == "version 1"
    lease.release()
    assert holder(cluster, model) == ""


def test_another_waits_says_so_once_and_goes_on_when_it_is_released(cluster: Any, model: str) -> None:
    first, second, order = Lease(cluster, model, "version 1"), Lease(cluster, model, "version 2"), []

    def follow() -> None:
        with second.held():
            order.append("second")

    with first.held():
        thread = started(follow)
        until(lambda: bool(cluster.said))
        time.sleep(0.2)
        order.append("first")
    first.release()
    thread.join(10)
    assert (order, holder(cluster, model)) == (["first", "second"], "version 2")
    assert cluster.said == [f"waiting for the rollout of {model} version 1"]


def test_a_retry_of_the_same_version_takes_up_its_own(cluster: Any, model: str) -> None:
    with Lease(cluster, model, "version 1").held():
        pass  # killed: never released
    with Lease(cluster, model, "version 1").held():
        assert cluster.said == []


def test_one_that_gives_no_sign_of_life_is_taken_by_the_clock_of_who_waits(cluster: Any, model: str) -> None:
    with Lease(cluster, model, "version 1").held():
        pass
    begin = time.monotonic()
    with Lease(cluster, model, "version 2", lasts=LASTS).held():
        assert LASTS <= time.monotonic() - begin < LASTS + 5
        assert holder(cluster, model) == "version 2"


def test_one_that_gives_signs_of_life_is_not_taken(cluster: Any, model: str) -> None:
    taken = threading.Event()

    def take() -> None:
        with Lease(cluster, model, "version 2", lasts=LASTS).held():
            taken.set()

    first = Lease(cluster, model, "version 1", lasts=LASTS)
    with first.held():
        thread = started(take)
        assert not taken.wait(LASTS * 2.5)
        first.check()
    first.release()
    thread.join(10)
    assert taken.is_set()


def test_force_does_not_wait_and_who_had_it_is_told(cluster: Any, model: str) -> None:
    first, by_hand = Lease(cluster, model, "version 1", lasts=LASTS), Lease(cluster, model, "rollback by hand")
    with first.held():
        with by_hand.held(by_force=True):
            assert holder(cluster, model) == "rollback by hand"
        with pytest.raises(StepFailed) as lost:
            until(lambda: first.check() is not None)  # never: it raises
    assert str(lost.value) == (
        f"the rollout of {model} was taken over, by a rollback or by another run; "
        "look at what serves now; run the path again when that is wanted"
    )
    first.release()
    assert holder(cluster, model) == "rollback by hand", "it releases what is its own"


def test_one_that_is_deleted_by_hand_is_made_again_by_whoever_wants_it(cluster: Any, model: str) -> None:
    lease = Lease(cluster, model, "version 1")
    with lease.held():
        cluster.delete("Lease", model)
    lease.release()
    with Lease(cluster, model, "version 2").held():
        assert holder(cluster, model) == "version 2"


def test_of_two_that_come_at_once_one_is_first(cluster: Any, model: str) -> None:
    inside, most = [], []

    def roll(version: str) -> None:
        lease = Lease(cluster, model, version)
        with lease.held():
            inside.append(version)
            most.append(len(inside))
            time.sleep(0.1)
            inside.remove(version)
        lease.release()

    threads = [started(lambda version=str(one): roll(version)) for one in range(4)]  # type: ignore[misc]
    for thread in threads:
        thread.join(30)
    assert most == [1, 1, 1, 1]


def test_it_is_not_replaced_at_a_version_that_is_gone(cluster: Any, model: str) -> None:
    """What a lease stands on: of two who read the same, one writes."""
    made = cluster.create(leases.manifest(model) | {"spec": {"holderIdentity": "a"}})
    cluster.replace(made | {"spec": {"holderIdentity": "b"}})
    for act in (lambda: cluster.replace(made), lambda: cluster.create(leases.manifest(model))):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.status == 409
    cluster.delete("Lease", model)
    with pytest.raises(Refused) as refused:
        cluster.replace(made)
    assert refused.value.status == 409
    cluster.replace(leases.manifest(model) | {"spec": {"holderIdentity": "c"}})  # of no version: it is made
    assert holder(cluster, model) == "c"


def test_a_cluster_that_is_away_is_said_and_does_not_end_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = FakeCluster()
    lease = Lease(cluster, "churn", "version 1", lasts=0.2)  # type: ignore[arg-type]
    with lease.held():
        cluster.is_away = True
        until(lambda: bool(cluster.said))
        cluster.is_away = False
        lease.check()
    assert set(cluster.said) == {"the lease of churn was not renewed: away"}
