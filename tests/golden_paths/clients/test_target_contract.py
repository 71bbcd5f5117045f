"""What every Target keeps: the fake, processes of this machine, and pods of a cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

import rollouts
from cluster import connected, namespace
from fakes.target import FakeTarget
from golden_paths.artifacts import Candidate, Endpoint, ModelVersion
from golden_paths.clients import Target, kubernetes_target
from golden_paths.clients.kubernetes_target import KubernetesTarget
from golden_paths.clients.local_target import LocalTarget
from golden_paths.errors import DigestMismatch, StepFailed
from golden_paths.monitoring import traffic
from golden_paths.project import Project
from golden_paths.rollout import manifests
from golden_paths.rollout.lease import Lease
from local_endpoints import NAME, processes, saved_model, serve, start
from serving import Saved


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    return saved_model(tmp_path_factory.mktemp("saved") / "model")


@pytest.fixture(scope="session")
def pods(saved: Saved, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesTarget]:
    """Every version is the saved model, in an MLflow that pods reach; what served before is kept for no time."""
    connected()
    folder = tmp_path_factory.mktemp("pods")

    class Pods(KubernetesTarget):
        def start(self, version: ModelVersion, **given: Any) -> Candidate:
            return super().start(version.model_copy(update={"uri": uri}), **given)

        def behind_the_address(self) -> set[str]:
            return self._traffic.endpoints()

        def asked(self, pod: str) -> tuple[int, bytes]:
            return self._api.proxied(pod, "/predict", port=manifests.PORT, body={})

    with rollouts.mlflow_server(folder) as server, namespace() as made:
        place = rollouts.Place(made, server, folder, name=NAME)
        run = place.clients.tracking.run(NAME, "train", name="train", tags={})
        uri = place.clients.tracking.log_model(run.id, saved.folder)
        spec = place.spec(keep_previous="1ms", keep_versions=1)
        yield Pods(spec, place.settings, place.project, tracking_uri=server, log=print)


HERE = ["fake", pytest.param("local", marks=pytest.mark.real)]
PODS = pytest.param("pods", marks=[pytest.mark.kubernetes, pytest.mark.timeout(300)])


@pytest.fixture(params=[*HERE, PODS])
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    monkeypatch.setattr(kubernetes_target, "Lease", partial(Lease, lasts=1.0))  # tests leave rollouts as they are
    made: dict[str, Callable[[], Target]] = {
        "fake": FakeTarget,
        "local": lambda: LocalTarget(Project(tmp_path, tmp_path / "state")),
        "pods": lambda: request.getfixturevalue("pods"),  # type: ignore[no-any-return]
    }
    target = made[request.param]()
    yield target
    target.stop(NAME)
    assert processes(tmp_path) == []


def shifted(target: Target, saved: Saved, number: str) -> tuple[Candidate, Endpoint]:
    candidate = start(target, saved, number)
    return candidate, target.shift(candidate)


def serving(target: Target) -> str | None:
    found = target.serving(NAME)
    return found.version if found else None


def said_by(target: Target, url: str) -> str:
    """The reason that the stable address gives. Pods are asked one by one, all of them: a test is in no cluster's network."""
    if isinstance(target, FakeTarget):
        return target.withdrawn(NAME)
    if isinstance(target, LocalTarget):
        answer = httpx.post(f"{url}/predict", json={})
        told = [(answer.status_code, answer.content)]
    else:
        told = [target.asked(pod) for pod in target.behind_the_address()]  # type: ignore[attr-defined]
    assert {status for status, _ in told} == {503}
    (body,) = {body for _, body in told}
    return str(json.loads(body)["error"].removeprefix("withdrawn: "))


def test_a_started_version_takes_no_traffic_and_is_started_once(target: Target, saved: Saved) -> None:
    first = start(target, saved, "1")
    assert start(target, saved, "1") == first
    assert (first.endpoint, first.version, first.digest) == (NAME, "1", saved.digest)
    assert target.serving(NAME) is None


def test_a_folder_that_is_not_what_was_registered_is_refused_and_nothing_is_left(target: Target, saved: Saved) -> None:
    with pytest.raises(DigestMismatch) as caught:
        start(target, saved, "1", digest="0" * 64)
    assert (caught.value.expected, caught.value.found) == ("0" * 64, saved.digest)
    what, _, text = str(caught.value).partition(" has digest ")
    assert what in ("the model folder of diabetes version 1", "what version 1 of diabetes has in MLflow")
    assert text == (
        f"{saved.digest}, registered is {'0' * 64}; "
        "it was changed after it was registered: run the path again to make a new version"
    )
    assert target.serving(NAME) is None


def test_shift_repeated_says_the_same_and_the_address_stays(target: Target, saved: Saved) -> None:
    candidate, first = shifted(target, saved, "1")
    assert (first.endpoint, first.version, first.digest, first.previous) == (NAME, "1", saved.digest, None)
    assert (target.shift(candidate), target.serving(NAME)) == (first, first)
    target.settle(first)
    candidate, second = shifted(target, saved, "2")
    assert second == first.model_copy(update={"version": "2", "previous": "1"})
    assert (target.shift(candidate), target.serving(NAME)) == (second, second)


def test_the_servers_of_what_serves_tell_what_they_have_counted(target: Target, saved: Saved) -> None:
    assert target.measurements(NAME) == {}
    _, endpoint = shifted(target, saved, "1")
    target.settle(endpoint)
    start(target, saved, "2")
    found = target.measurements(NAME)
    assert len(found) == 1
    assert all('version="1"' in text and traffic.read(text).errors == 0 for text in found.values())


def test_settle_and_retire_end_the_version_before_and_may_be_repeated(target: Target, saved: Saved) -> None:
    first, endpoint = shifted(target, saved, "1")
    target.settle(endpoint)
    _, second = shifted(target, saved, "2")
    for _ in range(2):
        target.settle(second)
        assert target.retire(NAME) is None
    with pytest.raises(StepFailed) as caught:
        target.shift(first)
    assert (caught.value.retry, target.serving(NAME)) == (True, second)


def test_settle_of_what_serves_no_more_changes_nothing(target: Target, saved: Saved) -> None:
    endpoint = serve(target, saved, "1")
    _, second = shifted(target, saved, "2")
    target.settle(endpoint)
    target.restore(second)
    assert serving(target) == "1"


def test_settle_ends_candidates_that_were_started_before_and_keeps_those_started_after(
    target: Target, saved: Saved
) -> None:
    forgotten, candidate, later = (start(target, saved, number) for number in "123")
    target.settle(target.shift(candidate))
    with pytest.raises(StepFailed):
        target.shift(forgotten)
    assert target.shift(later).previous == "2"


def test_settle_and_retire_end_every_version_that_served_before_in_whatever_order_they_were_started(
    target: Target, saved: Saved
) -> None:
    third, second, first = (target.shift(one) for one in reversed([start(target, saved, number) for number in "123"]))
    assert (third.previous, second.previous, first.previous) == (None, "3", "2")
    target.settle(first)
    target.retire(NAME)
    for ended in (third, second):
        with pytest.raises(StepFailed):
            target.shift(Candidate(endpoint=NAME, version=ended.version, digest=ended.digest, url=""))


@pytest.mark.parametrize("served", [(), ("1",)], ids=["the first version", "the second version"])
def test_restore_undoes_shift_and_ends_the_candidate(target: Target, saved: Saved, served: tuple[str, ...]) -> None:
    for number in served:
        serve(target, saved, number)
    candidate, endpoint = shifted(target, saved, "2")
    for _ in range(2):
        target.restore(endpoint)
        found = target.serving(NAME)
        assert (found and (found.version, found.previous)) == ((served[0], None) if served else None)
    with pytest.raises(StepFailed) as caught:
        target.shift(candidate)
    assert caught.value.retry


@pytest.mark.parametrize("served", [(), ("1",)], ids=["the first version", "the second version"])
def test_restore_after_settle_changes_nothing(target: Target, saved: Saved, served: tuple[str, ...]) -> None:
    for number in served:
        serve(target, saved, number)
    endpoint = serve(target, saved, "2")
    target.restore(endpoint)
    assert target.serving(NAME) == endpoint


def test_discard_ends_a_candidate_once_and_never_what_serves(target: Target, saved: Saved) -> None:
    candidate = start(target, saved, "1")
    for _ in range(2):
        target.discard(candidate)
    with pytest.raises(StepFailed) as caught:
        target.shift(candidate)
    assert (caught.value.retry, target.serving(NAME)) == (True, None)
    candidate, endpoint = shifted(target, saved, "1")
    target.discard(candidate)
    assert (target.serving(NAME), target.shift(candidate)) == (endpoint, endpoint)


ON_NOTHING: dict[str, Callable[[Any, Candidate, Endpoint], Any]] = {
    "restore": lambda target, _, endpoint: target.restore(endpoint),
    "discard": lambda target, candidate, _: target.discard(candidate),
    "stop": lambda target, *_: target.stop(NAME),
}


@pytest.mark.parametrize("verb", ON_NOTHING)
def test_where_nothing_ever_ran_there_is_nothing_to_undo_or_end(target: Target, verb: str) -> None:
    candidate = Candidate(endpoint=NAME, version="1", digest="0" * 64, url="http://127.0.0.1:1")
    endpoint = Endpoint(endpoint=NAME, version="1", digest="0" * 64, url="http://127.0.0.1:1", previous=None)
    assert not ON_NOTHING[verb](target, candidate, endpoint)
    assert target.serving(NAME) is None


def test_what_was_stopped_takes_no_commands(target: Target, saved: Saved) -> None:
    serve(target, saved, "1")
    candidate, endpoint = shifted(target, saved, "2")
    assert (target.stop(NAME), target.stop(NAME), target.serving(NAME)) == (True, False, None)
    for refused in (lambda: target.shift(candidate), lambda: target.settle(endpoint)):
        with pytest.raises(StepFailed) as caught:
            refused()
        assert caught.value.retry
    target.discard(candidate)
    assert target.serving(NAME) is None


@pytest.mark.parametrize("target", HERE, indirect=True)
def test_where_something_is_left_after_a_stop_a_start_brings_back_what_served(target: Target, saved: Saved) -> None:
    serve(target, saved, "1")
    _, endpoint = shifted(target, saved, "2")
    target.stop(NAME)
    start(target, saved, "2")
    assert target.serving(NAME) == endpoint
    target.restore(endpoint)
    assert serving(target) == "1"


def test_a_withdrawn_version_has_the_address_and_serves_nothing_and_the_first_reason_stays(target: Target, saved: Saved) -> None:
    endpoint = serve(target, saved, "1")
    for reason in ("expired", "another"):
        assert target.withdraw(NAME, reason)
        assert target.serving(NAME) is None
    assert said_by(target, endpoint.url) == "expired"
    target.settle(endpoint)  # by a run that was overtaken
    target.restore(endpoint)
    assert (target.serving(NAME), said_by(target, endpoint.url)) == (None, "expired")


def test_withdrawn_is_the_version_that_was_meant_or_none(target: Target, saved: Saved) -> None:
    assert not target.withdraw(NAME, "expired")
    endpoint = serve(target, saved, "1")
    assert not target.withdraw(NAME, "expired", version="2")
    assert target.serving(NAME) == endpoint
    assert target.withdraw(NAME, "expired", version="1")
    assert target.serving(NAME) is None


def test_a_withdrawal_says_why(target: Target, saved: Saved) -> None:
    endpoint = serve(target, saved, "1")
    with pytest.raises(StepFailed):
        target.withdraw(NAME, " \n")
    assert target.serving(NAME) == endpoint
    target.withdraw(NAME, "$(HOME) --model\n\x00is 'older' than 30d, é")
    assert said_by(target, endpoint.url) == "$(HOME) --model is 'older' than 30d, é"


def test_a_new_version_takes_the_address_of_a_withdrawn_one_and_gives_it_back_when_undone(target: Target, saved: Saved) -> None:
    endpoint = serve(target, saved, "1")
    target.withdraw(NAME, "expired")
    candidate = start(target, saved, "2")
    assert (target.canary(candidate, [b"{}"]), target.serving(NAME)) == ((), None)
    second = target.shift(candidate)
    assert (second.version, second.url, target.serving(NAME)) == ("2", endpoint.url, second)
    target.restore(second)
    assert (target.serving(NAME), said_by(target, endpoint.url)) == (None, "expired")
    third = target.shift(start(target, saved, "3"))
    target.settle(third)
    assert target.serving(NAME) == third


def test_a_shift_that_is_not_settled_cannot_be_undone_once_its_version_is_withdrawn(target: Target, saved: Saved) -> None:
    serve(target, saved, "1")
    _, endpoint = shifted(target, saved, "2")
    target.withdraw(NAME, "expired")
    target.restore(endpoint)
    assert (target.serving(NAME), said_by(target, endpoint.url)) == (None, "expired")
