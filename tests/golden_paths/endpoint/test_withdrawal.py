"""A version that is withdrawn under load, with real supervisors and servers: an answer or the reason, and it survives kills."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from golden_paths.clients import local_target
from golden_paths.clients.local_target import LocalTarget
from golden_paths.endpoint import control
from golden_paths.endpoint import state as states
from golden_paths.endpoint.state import EndpointState, Served
from local_endpoints import NAME, eventually, serve, servers, start, version_at
from serving import PATIENT, Saved

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
ANSWER = (200, "an answer")
GONE = (503, "withdrawn: it has expired")


def ask(client: httpx.Client, url: str) -> Any:
    answer = client.post(f"{url}/invocations", json={"inputs": [PATIENT]})
    return answer.status_code, answer.json().get("error", "an answer")


@contextmanager
def steady(url: str) -> Iterator[Counter[Any]]:
    """Clients that ask all the time, two on connections that they keep and one on a new one each time; what they were told."""
    told: Counter[Any] = Counter()
    stop = threading.Event()

    def keep_asking(headers: dict[str, str]) -> None:
        with httpx.Client(timeout=30, headers=headers) as client:
            while not stop.is_set():
                try:
                    told[ask(client, url)] += 1
                except httpx.HTTPError as error:
                    told[repr(error)] += 1

    clients = [threading.Thread(target=keep_asking, args=(more,)) for more in ({}, {}, {"Connection": "close"})]
    for client in clients:
        client.start()
    try:
        yield told
    finally:
        stop.set()
        for client in clients:
            client.join()


def told_now(url: str) -> Any:
    with httpx.Client(timeout=30) as client:
        return ask(client, url)


def state_of(folder: Path) -> EndpointState:
    state = states.read(folder / "state" / "endpoints" / NAME)
    assert state
    return state


def test_under_load_everybody_gets_an_answer_or_the_reason_until_a_version_takes_the_address_back(
    target: LocalTarget, saved: Saved, tmp_path: Path
) -> None:
    url = serve(target, saved, "1").url
    with steady(url) as told:
        assert eventually(lambda: told[ANSWER] > 20)
        assert target.withdraw(NAME, "it has expired")
        assert told_now(url) == GONE
        assert eventually(lambda: told[GONE] > 20)
        assert len(servers(tmp_path)) == 1  # the model is gone from memory
        (status,) = target.statuses()
        assert (status.version, status.status, status.reason) == ("1", "withdrawn", "it has expired")
        version, health = httpx.get(f"{url}/version").json(), httpx.get(f"{url}/health")
        assert (version["version"], version["digest"], version["withdrawn"]) == ("1", saved.digest, "it has expired")
        assert (health.status_code, health.json()["status"]) == (200, "withdrawn")
        answers, candidate = told[ANSWER], start(target, saved, "1")  # say, that it was approved again
        assert (told_now(candidate.url), told_now(url)) == (ANSWER, GONE)
        target.settle(target.shift(candidate))
        assert eventually(lambda: told[ANSWER] > answers + 20)
    assert set(told) == {ANSWER, GONE}
    (status,) = target.statuses()
    assert (status.version, status.status, status.reason) == ("1", "serving", "")


def test_it_outlives_its_server_and_its_supervisor_and_a_stop(target: LocalTarget, saved: Saved, tmp_path: Path) -> None:
    url = serve(target, saved, "1").url
    target.withdraw(NAME, "it has expired")
    os.kill(httpx.get(f"{url}/health").json()["pid"], signal.SIGKILL)
    assert eventually(lambda: version_at(url) == "1")
    assert told_now(url) == GONE
    os.kill(state_of(tmp_path).pid, signal.SIGKILL)
    assert eventually(lambda: version_at(url) is None)
    start(target, saved, "2")  # whoever comes next brings back what had the address
    assert eventually(lambda: version_at(url) == "1")
    assert told_now(url) == GONE
    target.stop(NAME)
    assert target.withdraw(NAME, "another reason")
    assert (told_now(url), target.serving(NAME)) == (GONE, None)


def test_a_supervisor_that_is_killed_in_the_middle_is_told_again(
    target: LocalTarget, saved: Saved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = serve(target, saved, "1").url
    real, killed = control.ask, list[int]()

    def kills_once(folder: Path, command: str, **arguments: Any) -> Any:
        """Killed while the server that says so starts: nothing is saved by then."""
        if command != "withdraw" or killed:
            return real(folder, command, **arguments)
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(real, folder, command, **arguments)
            assert eventually(lambda: len(servers(tmp_path)) == 2)
            killed.append(state_of(tmp_path).pid)
            os.kill(killed[0], signal.SIGKILL)
            return asked.result()

    monkeypatch.setattr(control, "ask", kills_once)
    assert target.withdraw(NAME, "it has expired")
    assert (told_now(url), len(killed)) == (GONE, 1)


def test_a_supervisor_that_is_older_than_withdrawals_is_replaced_by_one_that_knows_them(
    target: LocalTarget, saved: Saved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, older = serve(target, saved, "1").url, state_of(tmp_path).pid
    real = control.ask

    def knows_not(folder: Path, command: str, **arguments: Any) -> Any:
        if command == "withdraw" and state_of(tmp_path).pid == older:
            return real(folder, "withdraw", version="1")  # refused, as any command that it cannot do
        return real(folder, command, **arguments)

    monkeypatch.setattr(local_target, "OLDER", "TypeError")
    monkeypatch.setattr(control, "ask", knows_not)
    assert target.withdraw(NAME, "it has expired")
    assert (told_now(url), state_of(tmp_path).pid == older) == (GONE, False)


def test_a_state_that_was_written_before_there_were_withdrawals_is_read() -> None:
    served = Served(name="churn", version="1", digest="d", run_id="r", training_set="t", model="/m")
    old = EndpointState(name="churn", port=1, serving=served).model_dump(mode="json")
    del old["serving"]["withdrawn"]
    assert EndpointState.model_validate(old).serving == served
