"""Connections that have had their time: the answer says so, and nothing is lost."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import closing

import pytest

from serving import PATIENT, Saved, Start
from steady_client import SteadyClient

pytestmark = pytest.mark.real
BODY = json.dumps({"instances": [PATIENT]})
AGE, SECONDS = 0.3, 4.0


def test_kept_connections_are_renewed_at_their_age_and_no_request_is_lost(diabetes: Saved, start: Start) -> None:
    server = start(diabetes, "--max-connection-age", str(AGE))
    server.wait_for(lambda code, _: code == 200)
    clients = [SteadyClient(server.port, BODY) for _ in range(4)]
    for client in clients:
        client.start()
    time.sleep(SECONDS)
    for client in clients:
        client.stopped.set()
        client.join(30)
    assert [error for client in clients for error in client.errors] == []
    # At most one connection in each shortest life; half of what the longest life would give, for a busy machine.
    assert all(SECONDS / (AGE * 1.2) / 2 <= client.connections <= SECONDS / (AGE * 0.8) + 2 for client in clients)
    assert server.end() == 0


def test_connections_that_began_together_do_not_end_together(diabetes: Saved, start: Start) -> None:
    server = start(diabetes, "--max-connection-age", "1")
    server.wait_for(lambda code, _: code == 200)
    clients = [SteadyClient(server.port, BODY, pause=0.02) for _ in range(8)]
    for client in clients:
        client.start()
    time.sleep(1.6)  # the longest life is 1.2 s, the shortest 0.8 s
    for client in clients:
        client.stopped.set()
        client.join(30)
    lives = sorted(client.longest for client in clients)
    assert lives[0] >= 0.8
    assert lives[-1] - lives[0] > 0.05


def test_an_idle_connection_is_answered_once_more_and_not_closed_before(diabetes: Saved, start: Start) -> None:
    server = start(diabetes, "--max-connection-age", "0.2")
    server.wait_for(lambda code, _: code == 200)
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        said = []
        for pause in (0.0, 0.6):
            time.sleep(pause)
            connection.request("GET", "/version")
            answer = connection.getresponse()
            answer.read()
            said.append((answer.status, answer.getheader("connection")))
    assert said == [(200, None), (200, "close")]


@pytest.mark.parametrize("age", ["0", "-1", "nan", "soon"])
def test_an_age_is_a_number_of_seconds(diabetes: Saved, start: Start, age: str) -> None:
    server = start(diabetes, "--max-connection-age", age)
    _, stderr = server.process.communicate(timeout=60)
    assert server.process.returncode == 2
    assert stderr.splitlines()[-1].endswith(f"argument --max-connection-age: invalid seconds value: '{age}'")
