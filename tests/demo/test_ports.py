"""The demo's ports: the well-known ones when they are free, others when they are not."""

from __future__ import annotations

import socket

import pytest
from processes import free_ports


def test_a_free_port_is_taken_as_preferred() -> None:
    (port,) = free_ports(0)
    assert free_ports(port) == [port]


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::"])
def test_a_port_on_which_something_listens_gives_another(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family, dualstack_ipv6=family == socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        assert free_ports(port)[0] not in (0, port)


def test_ports_of_one_call_differ() -> None:
    (port,) = free_ports(0)
    found = free_ports(port, port, 0, 0)
    assert found[0] == port
    assert len(set(found)) == 4


def test_a_port_is_free_on_every_address_that_is_asked_for() -> None:
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_ports(port) == [port]
        assert free_ports(port, hosts=("127.0.0.1", "127.0.0.2")) != [port]
