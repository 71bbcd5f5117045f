"""Pods under the restricted Pod Security Standard, on whatever cluster KUBECONFIG names. Reached through its API server."""

from __future__ import annotations

import base64
import io
import json
import os
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import image_names
import pytest
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

UNPACK = "import sys, tarfile; tarfile.open('/given/files.tar').extractall(sys.argv[1], filter='data')"
WAITING_FOR_NOTHING = (
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "CreateContainerError",
)
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


class NoCluster(Exception):
    """There is none, and why."""


def connect() -> client.ApiClient:
    """A client of the cluster. Raises `NoCluster`."""
    if not os.environ.get("KUBECONFIG"):
        raise NoCluster("KUBECONFIG is not set: no cluster to try this on")
    try:
        api = config.new_client_from_config()
        client.VersionApi(api).get_code(_request_timeout=10)
    except Exception as error:
        raise NoCluster(f"the cluster that KUBECONFIG names does not answer: {type(error).__name__}") from error
    return api


def connected() -> client.ApiClient:
    """A client of the cluster, or a skip that says why there is none."""
    try:
        return connect()
    except NoCluster as reason:
        pytest.skip(str(reason))


def packed(folders: Mapping[str, Path]) -> str:
    """Folders as one base64 tar, by the name they get."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, folder in folders.items():
            archive.add(folder, name, filter=lambda member: None if "__pycache__" in member.name else member)
    return base64.b64encode(stream.getvalue()).decode()


def container(name: str, image: str, command: list[str], **more: Any) -> dict[str, Any]:
    """A container that may do nothing but compute and write to /tmp. `command` replaces the image's own."""
    return {
        "name": name,
        "image": image_names.name(image),
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "securityContext": RESTRICTED,
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "3Gi"}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "given", "mountPath": "/given"}],
        **more,
    }


@dataclass(frozen=True)
class Namespace:
    """A namespace of our own, restricted, and gone after the tests."""

    api: client.ApiClient
    name: str

    def give(self, name: str, folders: Mapping[str, Path]) -> None:
        """A ConfigMap `name` with these folders; pods find them as /given/files.tar."""
        body = {"metadata": {"name": name}, "binaryData": {"files.tar": packed(folders)}}
        client.CoreV1Api(self.api).create_namespaced_config_map(self.name, body)

    def secret(self, name: str, variables: Mapping[str, str]) -> None:
        """A Secret, as a platform team makes it."""
        client.CoreV1Api(self.api).create_namespaced_secret(
            self.name, {"metadata": {"name": name}, "stringData": dict(variables)}
        )

    def run(
        self, name: str, *containers: dict[str, Any], given: str | None = None, more: Mapping[str, Any] | None = None
    ) -> Pod:
        """A pod whose last container is the main one; those before it run first, one after the other. `more` is of its spec."""
        volumes: list[dict[str, Any]] = [{"name": "tmp", "emptyDir": {}}]
        volumes.append({"name": "given", "configMap": {"name": given or name, "optional": True}})
        spec = {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 10,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": list(containers[:-1]),
            "containers": [containers[-1]],
            "volumes": volumes,
            **(more or {}),
        }
        client.CoreV1Api(self.api).create_namespaced_pod(self.name, {"metadata": {"name": name}, "spec": spec})
        return Pod(self, name)


@dataclass(frozen=True)
class Pod:
    """A pod that was started."""

    namespace: Namespace
    name: str

    @property
    def _core(self) -> client.CoreV1Api:
        return client.CoreV1Api(self.namespace.api)

    def ended(self, *, seconds: float = 240) -> str:
        """Wait for its success; returns what the main container wrote."""
        self._wait(lambda phase: phase == "Succeeded", seconds)
        return self.log()

    def log(self, container: str | None = None) -> str:
        """What a container wrote."""
        more = {"container": container} if container else {}
        answer = self._core.read_namespaced_pod_log(self.name, self.namespace.name, _preload_content=False, **more)
        return str(answer.data.decode(errors="replace"))

    def running(self, *, seconds: float = 240) -> None:
        """Wait until its main container runs."""
        self._wait(lambda phase: phase == "Running", seconds)

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        """HTTP by way of the API server, so that the cluster's network need not be reachable from here."""
        address = f"/api/v1/namespaces/{self.namespace.name}/pods/{self.name}:8080/proxy{path}"
        headers = {"Accept": "*/*", "Content-Type": "application/json"}
        try:
            answer = self.namespace.api.call_api(
                address,
                "GET" if body is None else "POST",
                header_params=headers,
                body=body,
                auth_settings=["BearerToken"],
                _preload_content=False,
            )
        except ApiException as refused:
            return int(refused.status), refused.body
        return int(answer.status), json.loads(answer.data)

    def healthy(self, *, seconds: float = 120) -> Any:
        """Wait for 200 from /health; returns its body."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status, body = self.ask("/health")
            if status == 200:
                return body
            assert self._phase() == "Running", self._story()
            time.sleep(0.3)
        raise AssertionError(
            f"/health of {self.name} was not 200 within {seconds:g} s: {status} {body}\n{self._story()}"
        )

    def _phase(self) -> str:
        return str(self._core.read_namespaced_pod(self.name, self.namespace.name).status.phase)

    def _wait(self, is_so: Any, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not is_so(phase := self._phase()):
            assert phase not in ("Failed", "Succeeded"), self._story()
            for stuck in self._waiting():
                raise AssertionError(
                    f"{stuck}: build the images and put them where the cluster's nodes find them:"
                    " make images LOAD='COMMAND {archive}', or push them and set GOLDEN_PATHS_REGISTRY"
                )
            assert time.monotonic() < end, f"{self.name} is still {phase}\n{self._story()}"
            time.sleep(0.3)

    def _waiting(self) -> list[str]:
        status = self._core.read_namespaced_pod(self.name, self.namespace.name).status
        all_of_them = [*(status.init_container_statuses or []), *(status.container_statuses or [])]
        waiting = [one.state.waiting for one in all_of_them if one.state and one.state.waiting]
        return [f"{one.reason}: {one.message}" for one in waiting if one.reason in WAITING_FOR_NOTHING]

    def _story(self) -> str:
        found = self._core.read_namespaced_pod(self.name, self.namespace.name)
        told = [f"{self.name}: {found.status.phase} {found.status.message or ''}"]
        for one in [*(found.spec.init_containers or []), *found.spec.containers]:
            try:
                told.append(f"--- {one.name}\n{self.log(one.name)[-4000:]}")
            except ApiException as error:
                told.append(f"--- {one.name}: no log ({error.reason})")
        return "\n".join(told)


@contextmanager
def namespace() -> Iterator[Namespace]:
    """A new namespace that takes restricted pods alone."""
    api = connected()
    core, name = client.CoreV1Api(api), f"golden-paths-test-{uuid4().hex[:8]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    core.create_namespace({"metadata": {"name": name, "labels": labels}})
    try:
        yield Namespace(api, name)
    finally:
        core.delete_namespace(name, grace_period_seconds=0)
