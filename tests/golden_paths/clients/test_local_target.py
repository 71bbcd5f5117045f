"""Endpoints on this machine, with real supervisors and real model servers: nothing is lost, and kills converge."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from golden_paths.artifacts import Candidate, Endpoint, ModelVersion
from golden_paths.clients.local_target import LocalTarget
from golden_paths.endpoint import state as states
from golden_paths.errors import DigestMismatch
from golden_paths.project import Project
from serving import PATIENT, Saved, save

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
NAME = "diabetes"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LogisticRegression

    study = load_diabetes(as_frame=True, scaled=False)
    label = (study.target > study.target.median()).astype(int)
    fitted = LogisticRegression(max_iter=10_000).fit(study.data, label)
    return save(tmp_path_factory.mktemp("saved") / "model", fitted, study.data)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[LocalTarget]:
    project = Project(tmp_path, tmp_path / "state")
    target = LocalTarget(project)
    yield target
    target.stop(NAME)
    assert [process.pid for process in psutil.process_iter() if str(tmp_path) in " ".join(command(process))] == []


def command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def start(target: LocalTarget, saved: Saved, version: str, digest: str = "") -> Candidate:
    registered = ModelVersion(
        model=NAME,
        version=version,
        mlflow_run_id="run",
        uri="models:/m-1",
        digest=digest or saved.digest,
        weights="w",
        training_set="t",
        golden_records="runs:/r/g",
        golden_digest="g",
    )
    return target.start(registered, model=saved.folder, features=None, service=None, port=None)


def serve(target: LocalTarget, saved: Saved, version: str) -> Endpoint:
    endpoint = target.shift(start(target, saved, version))
    target.settle(endpoint)
    return endpoint


def version_at(url: str) -> str | None:
    try:
        return str(httpx.get(f"{url}/version", timeout=2).json()["version"])
    except httpx.HTTPError:
        return None


def eventually(is_so: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.05)
    return False


def test_versions_change_under_load_and_no_request_is_lost(target: LocalTarget, saved: Saved) -> None:
    url = serve(target, saved, "1").url
    stop, failures, answered = threading.Event(), [], []

    def post() -> None:
        with httpx.Client(timeout=30) as client:
            while not stop.is_set():
                try:
                    answer = client.post(f"{url}/invocations", json={"inputs": [PATIENT]})
                    (answered if answer.status_code == 200 else failures).append(answer.status_code)
                except httpx.HTTPError as error:
                    failures.append(repr(error))

    clients = [threading.Thread(target=post) for _ in range(3)]
    for client in clients:
        client.start()
    try:
        second = serve(target, saved, "2")
        third = target.shift(start(target, saved, "3"))
        target.restore(third)
        assert eventually(lambda: version_at(url) == "2")
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert (second.previous, second.url, failures) == ("1", url, [])
    assert len(answered) > 10


def test_starting_a_version_twice_starts_one_process_and_it_is_listed_as_running(
    target: LocalTarget, saved: Saved
) -> None:
    assert start(target, saved, "1") == start(target, saved, "1")
    assert (target.running(), target.endpoints()) == ((NAME,), ())


def test_a_wrong_digest_is_refused_and_what_serves_goes_on(target: LocalTarget, saved: Saved) -> None:
    url = serve(target, saved, "1").url
    with pytest.raises(DigestMismatch):
        start(target, saved, "2", digest="0" * 64)
    assert version_at(url) == "1"
    assert [(one.endpoint, one.version, one.url) for one in target.endpoints()] == [(NAME, "1", url)]


def test_a_killed_server_comes_back_on_the_same_port(target: LocalTarget, saved: Saved) -> None:
    url = serve(target, saved, "1").url
    os.kill(httpx.get(f"{url}/health").json()["pid"], signal.SIGKILL)
    assert eventually(lambda: version_at(url) == "1")


def test_a_killed_supervisor_takes_its_servers_with_it_and_the_next_start_brings_back_what_served(
    target: LocalTarget, saved: Saved, tmp_path: Path
) -> None:
    url = serve(target, saved, "1").url
    state = states.read(tmp_path / "state" / "endpoints" / NAME)
    assert state
    os.kill(state.pid, signal.SIGKILL)
    assert eventually(lambda: version_at(url) is None)
    start(target, saved, "2")
    assert eventually(lambda: version_at(url) == "1")
