"""As much of Kubernetes' API as is needed, in one namespace, as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from golden_paths.cluster import hand_made
from golden_paths.cluster.answers import LATER, Away, Refused, answering, refusal
from golden_paths.cluster.settings import ClusterSettings

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

MANAGER = "golden-paths"
PATIENCE = 90.0  # seconds that an API server may be away
TIMEOUT = (5, 30)  # seconds to connect, and to wait for an answer
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
KINDS = {
    "ConfigMap": ("v1", "configmaps"),
    "Deployment": ("apps/v1", "deployments"),
    "EndpointSlice": ("discovery.k8s.io/v1", "endpointslices"),
    "Event": ("v1", "events"),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "horizontalpodautoscalers"),
    "Lease": ("coordination.k8s.io/v1", "leases"),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies"),
    "Pod": ("v1", "pods"),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets"),
    "ReplicaSet": ("apps/v1", "replicasets"),
    "Service": ("v1", "services"),
    "ServiceAccount": ("v1", "serviceaccounts"),
}
Object = dict[str, Any]


def _anything(_: Object, __: str) -> None:
    """Lets every object be sent."""


class ClusterApi:
    """One namespace of a cluster. `guard` is asked about each object, and the namespace, before it is sent, and may raise.

    An API server that is away is asked again for `patience` seconds; refused credentials are read again once. What
    is left is a `StepFailed` that says so, or `Refused` where the caller has an answer to it.
    """

    def __init__(
        self,
        settings: ClusterSettings,
        log: Callable[[str], None],
        *,
        patience: float = PATIENCE,
        guard: Callable[[Object, str], None] = _anything,
    ) -> None:
        self.namespace = settings.chosen_namespace()
        self._guard = guard
        self.log = log
        self._connect, self._patience = settings.connect, patience
        self._client: ApiClient | None = None

    def get(self, kind: str, name: str) -> Object | None:
        """An object, or None."""
        try:
            return self._ask("GET", self._path(kind, name))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def list(self, kind: str, labels: Mapping[str, str] | None = None, *, fields: str = "") -> list[Object]:
        """The objects with these labels, and of these fields (metadata.name=...)."""
        selector = ",".join(f"{name}={value}" for name, value in (labels or {}).items())
        found = self._ask("GET", self._path(kind), query={"labelSelector": selector, "fieldSelector": fields})
        return list(found["items"])

    def apply(self, manifest: Object) -> Object:
        """Server-side apply with our field manager. A change by hand is reported and undone; what is not ours, refused."""
        self._guard(manifest, self.namespace)
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        while live := self.get(kind, name):
            hand_made.refuse_foreign(live, manifest)
            changes = hand_made.changes(live, manifest, MANAGER)
            if not changes or self._adopt(live, manifest):
                break
        if live and changes:
            self.log(f"{kind} {name} was changed by hand: {'; '.join(changes)}; that is undone")
        query = {"fieldManager": MANAGER, "force": "true"}
        return self._ask("PATCH", self._path(kind, name), body=manifest, query=query, content=APPLY)

    def _adopt(self, live: Object, manifest: Object) -> bool:
        """False when the object has changed since it was read: its controller may be writing its status just now."""
        fields = hand_made.adopted(live, manifest, MANAGER)
        told = {"managedFields": fields, "resourceVersion": live["metadata"]["resourceVersion"]}
        try:
            self._ask("PATCH", self._path(manifest["kind"], manifest["metadata"]["name"]), body={"metadata": told}, content=MERGE)
        except Refused as refused:
            if refused.status == 409:
                return False
            raise
        return True

    def create(self, manifest: Object) -> Object:
        """A new object. Raises `Refused` (409) when it is there."""
        self._guard(manifest, self.namespace)
        return self._ask("POST", self._path(manifest["kind"]), body=manifest)

    def replace(self, manifest: Object) -> Object:
        """The object as a whole. Raises `Refused` (409) when it is no longer at the manifest's resourceVersion."""
        self._guard(manifest, self.namespace)
        return self._ask("PUT", self._path(manifest["kind"], manifest["metadata"]["name"]), body=manifest)

    def patch(self, kind: str, name: str, body: Object) -> bool:
        """JSON merge patch. False when the object is not there."""
        try:
            self._ask("PATCH", self._path(kind, name), body=body, query={"fieldManager": MANAGER}, content=MERGE)
        except Refused as refused:
            if refused.status == 404:
                return False
            raise
        return True

    def delete(self, kind: str, name: str) -> bool:
        """Delete an object, what it owns in the background. False when it is not there."""
        try:
            self._ask("DELETE", self._path(kind, name), query={"propagationPolicy": "Background"})
        except Refused as refused:
            if refused.status == 404:
                return False
            raise
        return True

    def log_of(self, pod: str, *, container: str) -> str:
        """What a container has written; nothing when it is not there."""
        try:
            return self._once("GET", f"{self._path('Pod', pod)}/log", query={"container": container}).decode(errors="replace")
        except (Refused, Away):
            return ""

    def proxied(
        self, pod: str, path: str, *, port: int, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """HTTP to a pod by way of the API server: status and body. Status 0: the pod did not answer."""
        address = f"{self._path('Pod', f'{pod}:{port}')}/proxy{path}"
        try:
            return 200, self._once("GET" if body is None else "POST", address, body=body, headers=headers)
        except Refused as refused:
            if refused.is_status and refused.status in (401, 403):  # the API server's, not the pod's
                with answering():
                    raise
            return refused.status, refused.body
        except Away:
            return 0, b""

    def _path(self, kind: str, name: str = "") -> str:
        version, plural = KINDS[kind]
        top = f"/api/{version}" if version == "v1" else f"/apis/{version}"
        return f"{top}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def _ask(self, method: str, path: str, **more: Any) -> Object:
        from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

        attempts = Retrying(
            retry=retry_if_exception_type(Away),
            stop=stop_after_delay(self._patience),
            wait=wait_exponential(0.2, max=2),
            before_sleep=lambda state: self._say_once(state.attempt_number, path),
            reraise=True,
        )
        with answering():
            found: Object = json.loads(attempts(self._answer, method, path, **more) or b"{}")
            return found

    def _answer(self, method: str, path: str, **more: Any) -> bytes:
        try:
            return self._once(method, path, **more)
        except Refused as refused:
            if refused.status in LATER:  # from what stands before the API server: its own word for it is `Away` already
                raise Away(str(refused)) from refused
            raise

    def _say_once(self, attempt: int, path: str) -> None:
        if attempt == 3:
            self.log(f"the cluster's API server does not answer ({path}); asking again for {self._patience:.0f} s")

    def _once(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        content: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        sent = {"Accept": "*/*", "Content-Type": content, **(headers or {})}
        try:
            return self._send(method, path, body, query or {}, sent)
        except Refused as refused:
            if refused.status != 401:
                raise
        self._client = None  # its token may have expired; where it came from may have a new one
        return self._send(method, path, body, query or {}, sent)

    def _send(self, method: str, path: str, body: Any, query: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        client = self._client or self._connect()
        self._client = client  # another thread may have read credentials again meanwhile
        try:
            answer = client.call_api(
                path,
                method,
                query_params=[(name, value) for name, value in query.items() if value],
                header_params=dict(headers),
                body=body,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _request_timeout=TIMEOUT,
            )
            return bytes(answer.data)
        except ApiException as error:
            raise refusal(error.status or 0, error.body, error.reason) from error
        except (HTTPError, OSError) as error:
            raise Away(f"{type(error).__name__}: {error}"[:300]) from error
