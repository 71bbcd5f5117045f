"""Ways to a cluster's API server that a test can take away: a proxy before it, and accounts of its own with their tokens."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from kubernetes import client

from cluster import Namespace

FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


class Proxy:
    """Passes bytes on to an address, unless it is away: then connections end as soon as they are made."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._is_away = threading.Event()
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Cut what is connected, and accept nothing until the block ends."""
        self._is_away.set()
        self._cut()
        try:
            yield
        finally:
            self._is_away.clear()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._cut()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                if self._is_away.is_set():
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                self._open |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            self._open.discard(end)
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _cut(self) -> None:
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied() -> Iterator[Proxy]:
    """A proxy before the API server that KUBECONFIG names."""
    parts = urlsplit(_current()[0]["server"])
    proxy = Proxy(str(parts.hostname), parts.port or 443)
    try:
        yield proxy
    finally:
        proxy.close()


def kubeconfig(file: Path, *, server: str | None = None, token_file: Path | None = None) -> Path:
    """KUBECONFIG's cluster at another address, or with other credentials."""
    cluster, user = _current()
    cluster.setdefault("tls-server-name", urlsplit(cluster["server"]).hostname)
    cluster["server"] = server or cluster["server"]
    if token_file:
        user = {"tokenFile": str(token_file)}
    named = {"name": "test", "context": {"cluster": "test", "user": "test"}}
    clusters, users = [{"name": "test", "cluster": cluster}], [{"name": "test", "user": user}]
    whole = {"current-context": "test", "contexts": [named], "clusters": clusters, "users": users}
    file.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **whole}))
    return file


def _current() -> tuple[dict[str, Any], dict[str, Any]]:
    """Cluster and user of the current context; their files by absolute paths."""
    path = Path(os.environ["KUBECONFIG"].split(os.pathsep)[0])
    whole = yaml.safe_load(path.read_text())
    found = {kind: {one["name"]: one[kind[:-1]] for one in whole[kind]} for kind in ("contexts", "clusters", "users")}
    context = found["contexts"][whole["current-context"]]
    both = found["clusters"][context["cluster"]], found["users"][context["user"]]
    for one in both:
        one.update({key: str(path.parent / one[key]) for key in FILES if key in one})
    return both


class Account:
    """A service account of the namespace, which may do what its rules say."""

    def __init__(self, namespace: Namespace, name: str, rules: list[dict[str, list[str]]]) -> None:
        self._core, self._namespace, self.name = client.CoreV1Api(namespace.api), namespace.name, name
        roles = client.RbacAuthorizationV1Api(namespace.api)
        self._core.create_namespaced_service_account(self._namespace, {"metadata": {"name": name}})
        roles.create_namespaced_role(self._namespace, {"metadata": {"name": name}, "rules": rules})
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        subject = {"kind": "ServiceAccount", "name": name, "namespace": self._namespace}
        binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
        roles.create_namespaced_role_binding(self._namespace, binding)

    def token(self, secret: str | None = None) -> str:
        """A new token; one that lives as long as this Secret when one is named."""
        spec: dict[str, Any] = {"audiences": None, "expirationSeconds": 600}
        if secret:
            made = self._core.create_namespaced_secret(self._namespace, {"metadata": {"name": secret}})
            spec["boundObjectRef"] = {"kind": "Secret", "apiVersion": "v1", "name": secret, "uid": made.metadata.uid}
        answer = self._core.create_namespaced_service_account_token(self.name, self._namespace, {"spec": spec})
        return str(answer.status.token)

    def expired_token(self, secret: str) -> str:
        """A token whose Secret is gone: the API server refuses it as it does one that has expired."""
        made = self.token(secret)
        self._core.delete_namespaced_secret(secret, self._namespace)
        return made
