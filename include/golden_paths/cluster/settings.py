"""Which cluster, and what its pods need to know of the platform."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from golden_paths.addresses import without_sign_in
from golden_paths.errors import StepFailed

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

NAMESPACE = "GOLDEN_PATHS_NAMESPACE"
TRACKING = "GOLDEN_PATHS_POD_MLFLOW_URI"
IMAGES = {"serve": "GOLDEN_PATHS_SERVE_IMAGE", "train": "GOLDEN_PATHS_TRAIN_IMAGE"}
ONLINE_STORE, REDIS = "GOLDEN_PATHS_ONLINE_STORE", "6379"
PLACE = re.compile(r"(?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):)?([0-9]{1,5})")
HERE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"


def from_kubeconfig() -> ApiClient:
    """A client as KUBECONFIG says, else as a pod of the cluster. Raises `StepFailed` when there is neither."""
    from kubernetes import config
    from kubernetes.client import ApiClient, Configuration

    try:
        return config.new_client_from_config()
    except config.ConfigException as error:
        inside = Configuration()
        try:
            config.load_incluster_config(client_configuration=inside)
        except config.ConfigException:
            raise StepFailed(
                f"no Kubernetes cluster is named: {error}",
                remedy="set KUBECONFIG, or the Airflow connection kubernetes_default",
            ) from error
        return ApiClient(inside)


@dataclass(frozen=True)
class ClusterSettings:
    """The platform team's choices. `connect` makes a client with fresh credentials each time it is called."""

    connect: Callable[[], ApiClient] = from_kubeconfig
    namespace: str | None = None
    serve_image: str | None = None
    train_image: str | None = None
    tracking_uri: str | None = None  # where pods reach MLflow, when it is not where workers do
    online_store: str = REDIS  # where pods reach it, for their NetworkPolicy: see `places`

    @classmethod
    def from_environment(cls) -> ClusterSettings:
        """Each from its variable."""
        return cls(
            namespace=os.environ.get(NAMESPACE) or None,
            serve_image=os.environ.get(IMAGES["serve"]) or None,
            train_image=os.environ.get(IMAGES["train"]) or None,
            tracking_uri=os.environ.get(TRACKING) or None,
            online_store=os.environ.get(ONLINE_STORE) or REDIS,
        )

    def chosen_namespace(self) -> str:
        """As was set, else as the kubeconfig's context says, else that of the pod this runs in, else default."""
        if self.namespace:
            return self.namespace
        from kubernetes import config

        try:
            found = config.list_kube_config_contexts()[1]["context"].get("namespace")
        except config.ConfigException:
            found = Path(HERE).read_text().strip() if Path(HERE).is_file() else None
        return str(found or "default")

    def image(self, kind: str) -> str:
        """The image `serve` or `train`. Raises `StepFailed` when none is named."""
        named = {"serve": self.serve_image, "train": self.train_image}[kind]
        if named is None:
            raise StepFailed(
                f"no image is named that can {kind} in a pod",
                remedy=f"build it with `make images`, put it where the cluster finds it, and set {IMAGES[kind]} to its name",
            )
        return named

    def pod_tracking_uri(self, tracking_uri: str) -> str:
        """Where pods reach MLflow. Raises `StepFailed` when that is this machine alone.

        Without login and password: those come from a Secret, and an object that others may read is no place for them.
        """
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(self.tracking_uri or tracking_uri)
            host, _ = parts.hostname or "", parts.port
        except ValueError as error:
            raise StepFailed(f"MLflow's address is none: {error}", remedy=f"set {TRACKING} to it") from error
        uri = without_sign_in(self.tracking_uri or tracking_uri)
        if not uri.startswith(("http://", "https://")) or not host or _is_this_machine(host):
            raise StepFailed(
                f"no pod reaches MLflow at {uri.partition(':')[0]}://{host or '(a file)'}",
                remedy=f"run MLflow's server where the cluster reaches it, and set {TRACKING} to that address",
            )
        return uri

    def pod_online_store(self) -> str:
        """As it was set. Raises `StepFailed` when `places` would not read it."""
        places(self.online_store)
        return self.online_store


def places(text: str) -> tuple[tuple[str, int], ...]:
    """'redis.shop:6379,5432' -> (('redis.shop', 6379), ('', 5432)); without a host it is any. Raises `StepFailed`."""
    found = [PLACE.fullmatch(place.strip()) for place in text.split(",")]
    made = tuple(((match[1] or "").strip("[]"), int(match[2])) for match in found if match)
    if len(made) < len(found) or not all(0 < port < 65536 for _, port in made):
        raise StepFailed(
            f"{ONLINE_STORE} is no list of addresses",
            remedy="write host:port, or a port alone, with commas between several; passwords belong into the Secret "
            "golden-paths-feast",
        )
    return made


def _is_this_machine(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified
