"""The demo's namespace: made when it is not there, tried with a pod of each image, and left as it was found."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from golden_paths.cluster import restricted
from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.cluster.trouble import PULL, trouble_of
from golden_paths.rollout import labels, manifests
from golden_paths.rollout.versions import Versions

OURS = {"app.kubernetes.io/managed-by": "golden-paths-demo"}
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
PROBE = "golden-paths-demo-probe"
PROBE_SECONDS, END_SECONDS = 300, 90
LOOK = """
import socket, sys
for place in sys.argv[1:]:
    host, _, port = place.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 10).close()
    except OSError as error:
        sys.exit(f"{place} is not reached from a pod: {error}")
"""
Object = dict[str, Any]


class DemoNamespace:
    """One namespace, for one model."""

    def __init__(self, settings: ClusterSettings, model: str, log: Callable[[str], None]) -> None:
        from kubernetes.client import CoreV1Api

        self.name, self._model, self._log = settings.chosen_namespace(), model, log
        self.client = settings.connect()
        self._core, self._api = CoreV1Api(self.client), ClusterApi(settings, log)
        self._is_ours = self._has_begun = False  # what is not ours is left alone

    def begin(self, online_store: str) -> None:
        """Make the namespace, and the Secret that tells pods where their features are."""
        self._make()
        if not self._is_ours and (self._api.get("Service", self._model) or Versions(self._api, self._model).releases()):
            raise SystemExit(
                f"demo: {self._model} is served in namespace {self.name} already, and the demo would end it;"
                " set GOLDEN_PATHS_NAMESPACE to another"
            )
        self._tell(manifests.FEAST_SECRET, {"FEAST_REDIS": online_store})
        self._has_begun = True

    def probe(self, images: Mapping[str, str], places: Sequence[str]) -> None:
        """Run a pod of each image that connects to the places; `SystemExit` says what is in the way, and what helps."""
        self._api.delete("Pod", PROBE)
        self._wait(lambda: self._api.get("Pod", PROBE) is None, "the pod of an earlier demo ends")
        self._api.create(_probe(images, places))
        try:
            self._probed(images)
        finally:
            self._api.delete("Pod", PROBE)

    def _probed(self, images: Mapping[str, str]) -> None:
        end, trouble = time.monotonic() + PROBE_SECONDS, None
        while time.monotonic() < end:
            pod = self._api.get("Pod", PROBE) or {}
            if (pod.get("status") or {}).get("phase") == "Succeeded":
                return
            trouble = trouble_of(pod, self._api.list("Event", fields=f"involvedObject.name={PROBE}")) if pod else None
            if trouble and trouble.final:
                break
            time.sleep(0.3)
        if trouble is None:
            raise SystemExit(f"demo: a pod of {self.name} did not end within {PROBE_SECONDS} s; kubectl describe it")
        remedy = trouble.remedy
        if trouble.reason in PULL or "image" in trouble.reason.lower():
            remedy = f"make images LOAD='COMMAND {{archive}}' builds and loads {' and '.join(images.values())}"
        elif "is not reached from a pod" in trouble.text:
            remedy = (
                "set DEMO_HOST to an address of this machine that pods reach, or MLFLOW_TRACKING_URI and FEAST_REDIS"
            )
        raise SystemExit(f"demo: {trouble.text}; {remedy}")

    def ask(self, body: Any) -> tuple[int, str]:
        """POST /predict to the Service, by way of the API server: that works from wherever the cluster is administered."""
        from kubernetes.client.exceptions import ApiException

        path = f"/api/v1/namespaces/{self.name}/services/{self._model}:http/proxy/predict"
        try:
            answer = self.client.call_api(
                path,
                "POST",
                header_params={"Accept": "*/*", "Content-Type": "application/json"},
                body=body,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _request_timeout=30,
            )
        except ApiException as error:
            return int(error.status or 0), str(error.body)
        return int(answer.status), answer.data.decode(errors="replace")

    def end(self) -> None:
        """Remove what was made, and wait until no pod of it runs."""
        if self._is_ours:
            self._core.delete_collection_namespaced_pod(self.name, grace_period_seconds=0)
            self._core.delete_namespace(self.name)
            self._wait(lambda: not self._is_there(), f"namespace {self.name} is gone")
        elif self._has_begun:
            self._take_back()

    def _take_back(self) -> None:
        Versions(self._api, self._model).remove_all()
        for kind in ("Pod", "ConfigMap"):  # of the steps
            for one in self._api.list(kind, labels.MANAGED | {labels.MODEL: self._model}):
                self._api.delete(kind, one["metadata"]["name"])
        self._untell(manifests.FEAST_SECRET)
        self._wait(lambda: not self._api.list("Pod", {labels.MODEL: self._model}), "the model's pods are gone")

    def _make(self) -> None:
        from kubernetes.client.exceptions import ApiException

        self._wait(lambda: not self._is_ending(), f"namespace {self.name} of an earlier demo is gone")
        try:
            self._core.create_namespace({"metadata": {"name": self.name, "labels": OURS | RESTRICTED}})
        except ApiException as error:
            if error.status != 409 and not self._is_there():
                raise SystemExit(
                    f"demo: the cluster refuses to make namespace {self.name} ({error.reason});"
                    " have it made, or set GOLDEN_PATHS_NAMESPACE to one that is there"
                ) from error
            self._is_ours = self._has_label(self._read())
        else:
            self._is_ours = True
            self._log(f"namespace {self.name} is made, under the restricted Pod Security Standard")
            self._wait(self._has_account, "the namespace has its service account")

    def _read(self) -> Any:
        """The namespace; None when it is not there, or is not ours to see."""
        from kubernetes.client.exceptions import ApiException

        try:
            return self._core.read_namespace(self.name)
        except ApiException as error:
            if error.status in (403, 404):
                return None
            raise

    def _is_there(self) -> bool:
        return self._read() is not None

    def _is_ending(self) -> bool:
        found = self._read()
        return found is not None and found.metadata.deletion_timestamp is not None

    @staticmethod
    def _has_label(found: Any) -> bool:
        return found is not None and OURS.items() <= (found.metadata.labels or {}).items()

    def _has_account(self) -> bool:
        return self._api.get("ServiceAccount", "default") is not None

    def _tell(self, name: str, values: dict[str, str]) -> None:
        from kubernetes.client.exceptions import ApiException

        secret = {"metadata": {"name": name, "labels": OURS}, "stringData": values}
        try:
            self._core.create_namespaced_secret(self.name, secret)
        except ApiException as error:
            if error.status != 409:
                raise
            if not self._has_label(self._core.read_namespaced_secret(name, self.name)):
                raise SystemExit(
                    f"demo: namespace {self.name} has a Secret {name} that is not the demo's;"
                    " set GOLDEN_PATHS_NAMESPACE to another"
                ) from error
            self._core.replace_namespaced_secret(name, self.name, secret)

    def _untell(self, name: str) -> None:
        self._core.delete_namespaced_secret(name, self.name)

    def _wait(self, is_so: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + END_SECONDS
        while not is_so():
            if time.monotonic() > end:
                raise SystemExit(f"demo: gave up after {END_SECONDS} s waiting until {what}")
            time.sleep(0.3)


def _probe(images: Mapping[str, str], places: Sequence[str]) -> Object:
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": restricted.POD,
        "containers": [
            {
                "name": name,
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": ["python", "-c", LOOK, *places],
                "securityContext": restricted.CONTAINER,
                "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
                "terminationMessagePolicy": "FallbackToLogsOnError",
            }
            for name, image in images.items()
        ],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": PROBE, "labels": OURS}, "spec": spec}
