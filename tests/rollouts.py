"""Rollouts on a real cluster: an MLflow that pods reach, versions registered in it, and the steps that roll them out."""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import image_names
from kubernetes import client, config
from processes import Service, free_ports

from cluster import Namespace
from golden_paths.artifacts import Approval, CanaryReport, Candidate, Endpoint, ModelVersion
from golden_paths.clients.kubernetes_target import KubernetesTarget
from golden_paths.clients.mlflow_client import connect
from golden_paths.clients.mlflow_models import MlflowModels
from golden_paths.clients.mlflow_tracking import MlflowTracking
from golden_paths.cluster.api import KINDS, ClusterApi
from golden_paths.cluster.settings import IMAGES, ClusterSettings, from_kubeconfig
from golden_paths.project import Project
from golden_paths.rollout import labels
from golden_paths.runner import undo
from golden_paths.spec import PathSpec
from golden_paths.step import Run, Step, StepContext
from golden_paths.steps import canary, deploy, promote, smoke
from odd_model import Odd
from odd_versions import registered
from relay import relayed

NAME = "diabetes"
QUICK = {"judge_for": "3s", "requests": 40}
RESTARTS = re.compile(r"\b\d+ times started again")
POD_NAME = re.compile(r"\b([-a-z]+-v\d+)-[0-9a-f]+-[0-9a-z]{5}\b")


def host_address() -> str:
    """Where this machine is, seen from the cluster's pods: by its own address towards a node."""
    if named := os.environ.get("GOLDEN_PATHS_TEST_HOST"):
        return named
    (node, *_) = client.CoreV1Api(from_kubeconfig()).list_node().items
    inside = next(one.address for one in node.status.addresses if one.type == "InternalIP")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((inside, 9))
        return str(probe.getsockname()[0])


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """MLflow on all of this machine's addresses; its URI for workers and pods."""
    (port,) = free_ports(0)
    host = host_address()
    store = [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        str(folder / "artifacts"),
    ]
    address = [
        "--host",
        "0.0.0.0",
        "--port",
        str(port),
        "--workers",
        "1",
        "--allowed-hosts",
        f"{host}:{port},127.0.0.1:{port}",
    ]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    command = [str(Path(sys.executable).with_name("mlflow")), "server", *address, *store]
    server = Service("mlflow", command, environment=environment, log=folder / "mlflow.log")
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/health"), "MLflow answers", check=server.check)
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def until(is_so: Callable[[], Any], what: str, seconds: float = 60, check: Callable[[], None] = lambda: None) -> Any:
    end = time.monotonic() + seconds
    while not (found := is_so()):
        check()
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)
    return found


class WithoutFeatures(KubernetesTarget):
    """Serves models alone: what a features package takes to a pod has tests of its own."""

    def start(self, version: ModelVersion, **_: Any) -> Candidate:
        return super().start(version, fetch=_never, features=None, service=None)


@dataclass
class Clients:
    """The real clients of a step."""

    tracking: MlflowTracking
    models: MlflowModels
    settings: ClusterSettings
    project: Project
    uri: str
    log: list[str] = field(default_factory=list)

    def target(self, spec: PathSpec) -> KubernetesTarget:
        return WithoutFeatures(spec, self.settings, self.project, tracking_uri=self.uri, log=self.log.append)


class Place:
    """One namespace and one MLflow, and a model that is rolled out there."""

    def __init__(self, namespace: Namespace, uri: str, folder: Path, *, name: str = NAME) -> None:
        self.namespace, self.uri, self.folder, self.name = namespace, uri, folder, name
        image = os.environ.get(IMAGES["serve"]) or image_names.name("serve")
        self.settings = ClusterSettings(namespace=namespace.name, serve_image=image)
        self.project = Project(folder, folder / "state")
        self.reports: dict[str, CanaryReport] = {}
        self.clients = Clients(MlflowTracking(uri), MlflowModels(uri), self.settings, self.project, uri)

    def with_settings(self, **changed: Any) -> Place:
        """The same, but for these of the cluster's settings."""
        other = copy(self)
        other.settings = replace(self.settings, **changed)
        other.clients = replace(self.clients, settings=other.settings)
        return other

    def through(self, kubeconfig: Path) -> Place:
        """The same, by another way to the cluster."""
        return self.with_settings(connect=lambda: config.new_client_from_config(str(kubeconfig)))

    @property
    def log(self) -> list[str]:
        return self.clients.log

    def spec(self, **deploy: Any) -> PathSpec:
        rollout = QUICK | deploy.pop("rollout", {})
        section = {"to": "kubernetes", "ready_within": "120s", "rollout": rollout, **deploy}
        return PathSpec.model_validate(
            {
                "golden_path": "online-model@1",
                "name": self.name,
                "owner": "clinical-analytics",
                "description": "Progression of diabetes.",
                "features": {"repo": "include/features", "service": "progression_v1"},
                "deploy": section,
            }
        )

    def target(self, **deploy: Any) -> KubernetesTarget:
        return self.clients.target(self.spec(**deploy))

    def version(self, mode: str = "", *, after: int = 0, seconds: float = 0.0) -> ModelVersion:
        """A new version in MLflow, of a model that misbehaves as `mode` says."""
        number = len(list(self.folder.glob("model-*.json")))
        model, folder = Odd(mode, after, seconds), self.folder / f"model-{number}"
        return registered(self.clients.tracking, self.clients.models, self.name, model, folder=folder, shift=number)

    def context(self, *artifacts: Any, **deploy: Any) -> StepContext:
        made = {one.name: one for one in artifacts}
        run = Run("r", datetime(2026, 1, 1, tzinfo=UTC))
        return StepContext(self.spec(**deploy), "d", self.project, run, self.clients, self.log.append, made)  # type: ignore[arg-type]

    def start(self, version: ModelVersion, **deploy_section: Any) -> Candidate:
        return self.target(**deploy_section).start(version, fetch=_never, features=None, service=None)

    def roll_out(self, version: ModelVersion, **deploy_section: Any) -> Endpoint:
        """All steps of a rollout, in this process. Each is undone when it fails, as the runner and Airflow do it."""
        leave = Approval(model=version.model, version=version.version, digest=version.digest, how="policy")
        made: list[Any] = [version, leave]

        def run(step: Step, *artifacts: Any) -> Any:
            context = self.context(*artifacts, **deploy_section)
            try:
                return step.run(context)
            except BaseException as error:
                undo(step, context, error)
                raise

        made.append(candidate := run(deploy.STEP, *made))
        with relayed(self.api, {labels.MODEL: self.name, labels.VERSION: version.version}) as url:
            made.append(run(smoke.STEP, version, candidate.model_copy(update={"url": url})))
        made.append(run(canary.STEP, *made))
        self.reports[version.version] = made[-1]
        endpoint: Endpoint = run(promote.STEP, *made)
        return endpoint

    @property
    def api(self) -> ClusterApi:
        return ClusterApi(self.settings, self.log.append)

    def tags(self, version: ModelVersion) -> dict[str, str]:
        """What MLflow says became of a version."""
        found = connect(self.uri).get_model_version(self.name, version.version).tags
        return {name: found[f"golden_paths.{name}"] for name in ("status", "reason") if f"golden_paths.{name}" in found}

    def pods(self, version: ModelVersion) -> list[dict[str, Any]]:
        """Its pods, those included that are on their way out."""
        return self.api.list("Pod", {labels.MODEL: self.name, labels.VERSION: version.version})

    def champion(self) -> str | None:
        found = self.clients.models.champion(self.name)
        return found.version if found else None

    def serving(self) -> Endpoint | None:
        return self.target().serving(self.name)

    def objects(self, version: ModelVersion | None = None) -> list[str]:
        """Kind and name of all that is ours in the namespace, or of one version: pods left out."""
        wanted = {labels.MODEL: self.name} | ({labels.VERSION: version.version} if version else {})
        kinds = [kind for kind in KINDS if kind not in ("Pod", "ReplicaSet", "Event", "EndpointSlice")]
        found = {kind: self.api.list(kind, wanted) for kind in kinds}
        return [f"{kind} {one['metadata']['name']}" for kind, ours in found.items() for one in ours]


def plain(error: object, version: ModelVersion) -> str:
    """An error's text without what differs from run to run: its version's number, names drawn by lot, restarts."""
    text = POD_NAME.sub(r"\1-POD", str(error)).replace(f"-v{version.version}", "-vN")
    text = text.replace(f"version {version.version}", "version N").replace(version.uri, "models:/m-URI")
    return RESTARTS.sub("N times started again", text)


def _never() -> Path:
    raise AssertionError("pods fetch for themselves")
