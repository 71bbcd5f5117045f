"""Where servers of this machine listen, and as what workers here and a cluster's pods reach them."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

VARIABLE = "DEMO_HOST"
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"


@dataclass(frozen=True)
class Reach:
    """Loopback alone, unless pods are to reach it."""

    listen: str = LOOPBACK
    here: str = LOOPBACK
    pods: str = LOOPBACK


def towards(cluster: ApiClient) -> Reach:
    """This machine's own address towards a node: what pods can reach and others need not see. DEMO_HOST names another."""
    if named := os.environ.get(VARIABLE):
        return Reach(listen=EVERYWHERE, pods=named)
    address = _source_address(_node_address(cluster))
    return Reach(listen=address, here=address, pods=address)


def _node_address(cluster: ApiClient) -> str:
    from kubernetes.client import CoreV1Api
    from kubernetes.client.exceptions import ApiException

    try:
        nodes = CoreV1Api(cluster).list_node(limit=1, _request_timeout=10).items
    except ApiException as error:
        raise SystemExit(
            f"demo: the cluster's nodes cannot be listed ({error.reason}), so it is not known which address of this"
            f" machine its pods reach; set {VARIABLE} to that address"
        ) from error
    addresses = [one.address for node in nodes for one in node.status.addresses if one.type == "InternalIP"]
    if not (found := next((one for one in addresses if ":" not in one), None)):
        raise SystemExit(f"demo: no node of the cluster has an IPv4 address; set {VARIABLE} to one that its pods reach")
    return str(found)


def _source_address(target: str) -> str:
    """The address that packets to the target leave from. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target, 9))
        except OSError as error:
            raise SystemExit(
                f"demo: this machine has no way to the cluster's node {target} ({error.strerror});"
                f" set {VARIABLE} to an address of it that pods reach"
            ) from error
        return str(probe.getsockname()[0])
