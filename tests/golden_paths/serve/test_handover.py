"""Two real processes on one listening socket, and clients that never stop asking."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from serving import PATIENT, Running, Saved, Start
from steady_client import SteadyClient

pytestmark = pytest.mark.real
CLIENTS, HANDOVERS, ANSWERS = 6, 8, 40
BODY = json.dumps({"instances": [PATIENT]})


@pytest.fixture
def shared() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        yield listening


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def ready(server: Running) -> Running:
    server.wait_for(lambda code, _: code == 200)
    return server


def test_no_request_is_lost_while_two_processes_hand_over_the_shared_socket(
    diabetes: Saved, start: Start, shared: socket.socket
) -> None:
    pair = [start(diabetes, stable=shared, version=version) for version in ("1", "2")]
    now, other = map(ready, pair)
    now.accepting(True)
    clients = [SteadyClient(shared.getsockname()[1], BODY) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    versions = ["1", "2"]
    for _ in range(HANDOVERS):
        other.accepting(True)
        now.accepting(False)
        now, other = other, now
        versions.reverse()
        wanted = {client: client.answers[versions[0]] + ANSWERS for client in clients}
        until(lambda to=versions[0], wanted=wanted: all(client.answers[to] >= wanted[client] for client in clients))
    for client in clients:
        client.stopped.set()
        client.join(30)
    assert [error for client in clients for error in client.errors] == []
    assert min(client.connections for client in clients) >= HANDOVERS  # each hand-over moved every client


def test_a_replaced_process_drains_and_ends_while_clients_keep_asking(
    diabetes: Saved, start: Start, shared: socket.socket
) -> None:
    now = ready(start(diabetes, stable=shared, version="1"))
    now.accepting(True)
    clients = [SteadyClient(shared.getsockname()[1], BODY) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for version in ("2", "3"):
        successor = ready(start(diabetes, stable=shared, version=version))
        successor.accepting(True)
        assert now.end() == 0
        now = successor
        until(lambda to=version: all(client.answers[to] >= ANSWERS for client in clients))
    for client in clients:
        client.stopped.set()
        client.join(30)
    assert [error for client in clients for error in client.errors] == []


def test_draining_an_idle_client_gets_one_more_answer_that_says_close(diabetes: Saved, start: Start) -> None:
    server = ready(start(diabetes))
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.request("GET", "/version")
        connection.getresponse().read()
        server.process.send_signal(signal.SIGTERM)
        until(lambda: refuses(server.port))
        connection.request("POST", "/invocations", BODY, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("connection")) == (200, "close")
        answer.read()
    assert server.process.wait(30) == 0


def test_draining_closes_an_idle_connection_after_the_grace_period_and_not_before(
    diabetes: Saved, start: Start
) -> None:
    server = ready(start(diabetes, "--grace", "1.0"))
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        connection.request("GET", "/version")
        connection.getresponse().read()
        began = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        assert connection.sock.recv(1) == b""  # the end of the stream
        assert time.monotonic() - began >= 1.0
    assert server.process.wait(30) == 0


def test_a_request_whose_body_is_under_way_is_answered_before_the_process_ends(diabetes: Saved, start: Start) -> None:
    server = ready(start(diabetes))
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n"
        connection.sendall(head.encode() + BODY[:10].encode())
        server.process.send_signal(signal.SIGTERM)
        until(lambda: refuses(server.port))
        connection.sendall(BODY[10:].encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (answer.status, answer.getheader("connection")) == (200, "close")
        assert json.loads(answer.read()) == {"predictions": [True]}
    assert server.process.wait(30) == 0


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False
