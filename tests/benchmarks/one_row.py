"""Asks for one row over kept-alive connections and times the answers. Standard library alone: it also runs in a pod, as a script.

python one_row.py '{"arms": {NAME: [HOST, PORT]}, "body": TEXT, "answer": JSON, "rounds": 5, "clients": [1, 8]}'
"""

from __future__ import annotations

import json
import socket
import statistics
import sys
import threading
import time
from typing import Any

REQUESTS, WARM_UP = 400, 50
Figures = dict[str, float]
Raw = dict[str, dict[str, list[Figures]]]  # clients -> arm -> rounds


class Client:
    """One kept-alive connection, as lean as can be: http.client itself takes longer than the fastest arm.

    When an answer says close, the next request pays for another connection.
    """

    def __init__(self, address: tuple[str, int], body: str, answer: Any) -> None:
        self.address, self.answer = address, answer
        content = body.encode()
        head = [
            "POST /invocations HTTP/1.1",
            "Host: bench",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
        ]
        self.request = "\r\n".join([*head, "", ""]).encode() + content
        self.connection: socket.socket | None = None

    def ask(self) -> float:
        """Seconds of one request; its answer is checked."""
        began = time.perf_counter()
        connection = self.connection = self.connection or self._connected()
        connection.sendall(self.request)
        answer = connection.recv(65536)
        while not answer.endswith(b"}"):
            more = connection.recv(65536)
            assert more, "the server closed the connection"
            answer += more
        took = time.perf_counter() - began
        head, _, content = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), answer
        assert json.loads(content) == self.answer, answer
        if b"connection: close" in head.lower():
            connection.close()
            self.connection = None
        return took

    def _connected(self) -> socket.socket:
        connection = socket.create_connection(self.address, timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def measure(address: tuple[str, int], clients: int, *, body: str, answer: Any) -> Figures:
    """p50 and p99 in ms, and requests per second, of `clients` connections at once."""
    times: list[list[float]] = [[] for _ in range(clients)]
    faults: list[BaseException] = []

    def work(own: list[float]) -> None:
        try:
            client = Client(address, body, answer)
            for _ in range(WARM_UP):
                client.ask()
            gate.wait()
            own.extend(client.ask() for _ in range(REQUESTS))
        except BaseException as fault:
            faults.append(fault)
            gate.abort()

    gate = threading.Barrier(clients + 1)
    threads = [threading.Thread(target=work, args=(own,)) for own in times]
    for thread in threads:
        thread.start()
    try:
        gate.wait()
    except threading.BrokenBarrierError:
        raise faults[0] from None
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    if faults:
        raise faults[0]
    cuts = statistics.quantiles([one for own in times for one in own], n=100)
    return {"p50_ms": cuts[49] * 1e3, "p99_ms": cuts[98] * 1e3, "per_s": clients * REQUESTS / took}


def interleaved(
    arms: dict[str, tuple[str, int]], *, rounds: int, clients: tuple[int, ...], body: str, answer: Any
) -> Raw:
    """In each round each arm is asked in turn, the order turning by one."""
    raw: Raw = {}
    for number in range(rounds):
        order = list(arms)[number % len(arms) :] + list(arms)[: number % len(arms)]
        for count in clients:
            for name in order:
                seen = measure(arms[name], count, body=body, answer=answer)
                raw.setdefault(str(count), {}).setdefault(name, []).append(seen)
    return raw


def medians(raw: Raw) -> dict[str, dict[str, Figures]]:
    """Of the rounds."""
    return {
        count: {
            name: {key: statistics.median(one[key] for one in seen) for key in seen[0]} for name, seen in arms.items()
        }
        for count, arms in raw.items()
    }


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    asked["arms"] = {name: (host, port) for name, (host, port) in asked["arms"].items()}
    print("RESULT" + json.dumps(interleaved(**asked)))
