"""The demo on the cluster that KUBECONFIG names: training in a pod, serving behind a Service, features in Redis.

MLflow and Redis run on this machine, where pods reach them; MLFLOW_TRACKING_URI and FEAST_REDIS name others.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit

import httpx
from demo_example import lay_out
from demo_host import Reach, towards
from demo_namespace import DemoNamespace
from demo_redis import DemoRedis
from servers import ROOT, Servers, console

from golden_paths.cluster.settings import IMAGES, NAMESPACE, ONLINE_STORE, TRACKING, ClusterSettings
from golden_paths.errors import StepFailed
from golden_paths.project import Project

DEFAULT_NAMESPACE = "golden-paths-demo"
FORWARDED = 8081
NO_CLUSTER = "start one (kind create cluster, k3d cluster create), and set KUBECONFIG to the file that describes it"


class OnKubernetes:
    """A copy of the project in the checkout's state, a namespace, and the two servers that pods ask."""

    def __init__(self, dag: str) -> None:
        self._dag = dag
        found = ClusterSettings.from_environment()
        self._settings = ClusterSettings(namespace=found.namespace or DEFAULT_NAMESPACE)
        self._uri, self._store = os.environ.get("MLFLOW_TRACKING_URI"), os.environ.get("FEAST_REDIS")
        reach = self._reach()
        state = Project.at(ROOT).state / "kubernetes"
        project = Project(state / "project", state)
        project.root.mkdir(parents=True, exist_ok=True)
        self._redis = None if self._store else DemoRedis(state / "demo", reach)
        self.servers = Servers(project, reach=reach, tracking_uri=self._uri)
        self._images = {kind: os.environ.get(variable) or _built(kind) for kind, variable in IMAGES.items()}
        self._namespace = DemoNamespace(self._settings, dag, self._log)

    def _reach(self) -> Reach:
        """Raises `SystemExit` when there is no cluster."""
        from kubernetes.client import VersionApi

        try:
            api = self._settings.connect()
            VersionApi(api).get_code(_request_timeout=10)
        except StepFailed as error:
            raise SystemExit(f"demo: {error.problem}; {NO_CLUSTER}") from error
        except Exception as error:
            raise SystemExit(f"demo: the cluster does not answer ({type(error).__name__}); {NO_CLUSTER}") from error
        return Reach() if self._uri and self._store else towards(api)

    def check(self) -> None:
        """What would fail later, said now."""
        if self._redis:
            self._redis.check()
        if self._uri:
            try:
                ClusterSettings.from_environment().pod_tracking_uri(self._uri)
                httpx.get(self._uri, timeout=10)
            except (StepFailed, httpx.HTTPError) as error:
                raise SystemExit(f"demo: MLFLOW_TRACKING_URI is {self._uri}: {error}") from error

    def begin(self) -> None:
        """Lay out the example, say what differs in it, have Redis and the namespace."""
        servers, root = self.servers, self.servers.project.root
        console.print(f"the example for Kubernetes is in {root}; it differs from that in dags/ by:")
        for line in lay_out(ROOT, root, self._dag):
            console.print(f"    {line}", markup=False)
        worker, pods = self._store or "", self._store or ""
        if self._redis:
            servers.services.append(self._redis.start())
            servers.wait("Redis answers", self._redis.answers, 30)
            worker, pods = self._redis.here, self._redis.in_pods
        servers.settings |= self._environment(worker, pods)
        self._store = pods
        self._namespace.begin(pods)

    def _environment(self, worker: str, pods: str) -> dict[str, str]:
        near = {urlsplit(self._pods_mlflow).hostname or "", *(place.rpartition(":")[0] for place in _places(pods))}
        direct = ",".join([*filter(None, [os.environ.get("NO_PROXY")]), *sorted(near), "127.0.0.1", "localhost"])
        return {
            "FEAST_REDIS": worker,
            TRACKING: self._pods_mlflow,
            ONLINE_STORE: ",".join(_places(pods)),
            NAMESPACE: self._namespace.name,
            "NO_PROXY": direct,
            "no_proxy": direct,
            **{IMAGES[kind]: name for kind, name in self._images.items()},
        }

    @property
    def _pods_mlflow(self) -> str:
        return os.environ.get(TRACKING) or self._uri or self.servers.pods_mlflow_url

    def probe(self) -> None:
        """Whether the images are there, and whether their pods reach MLflow and Redis."""
        parts = urlsplit(self._pods_mlflow)
        mlflow = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        with console.status("waiting for a pod of each image to reach MLflow and Redis ..."):
            self._namespace.probe(self._images, [mlflow, *_places(self._store or "")])
        self._log(f"pods of both images run, and reach MLflow at {mlflow} and Redis")

    def ask(self, url: str, body: Any) -> tuple[int, str]:
        """POST /predict to the Service: status and text."""
        return self._namespace.ask(body)

    def told(self, url: str, body: Any) -> list[str]:
        """How a user goes on."""
        asks = f"curl -s localhost:{FORWARDED}/predict -H 'Content-Type: application/json' -d '{json.dumps(body)}'"
        return [
            f"  Service   {url}   in the cluster; from here:",
            f"  kubectl -n {self._namespace.name} port-forward service/{self._dag} {FORWARDED}:80 &",
            f"  {asks}",
        ]

    def end(self) -> None:
        """Remove what was made in the cluster."""
        self._namespace.end()

    def _log(self, line: str) -> None:
        console.print(f"  {line}", markup=False)


def _places(store: str) -> list[str]:
    """host:port of Feast's connection string: addresses come first, then options."""
    return [part for part in store.split(",") if part and "=" not in part]


def _built(kind: str) -> str:
    """The name that `make images` gives to what this checkout holds."""
    sys.path.append(str(ROOT / "include" / "images"))
    import image_names

    return image_names.name(kind)
