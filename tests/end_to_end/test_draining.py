"""Pods of a Deployment behind a Service come and go under steady clients: not one request is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

import steady_client
from cluster import UNPACK, Namespace, Pod, container, namespace
from serving import PATIENT, Saved, save

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(600)]
# What a version's pods have: longer than a Service takes to withdraw a pod, and than the slowest request.
WITHDRAWN, GRACE, TERMINATION, MAX_AGE = 5, 5, 45, 5
BODY = json.dumps({"instances": [PATIENT]})
FEATURES = [
    "--features",
    "/given/files.tar",
    "--features-digest",
    "0" * 64,
    "--features-to",
    "/tmp/f",
    "--state",
    "/tmp/s",
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, target > target.median())
    return save(tmp_path_factory.mktemp("diabetes") / "model", estimator, frame)


@pytest.fixture(scope="module")
def place(model: Saved) -> Iterator[Namespace]:
    with namespace() as made:
        made.give("model", {"model": model.folder})
        yield made


def until(condition: Callable[[], bool], *, seconds: float = 180, every: float = 0.3) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(every)


class Versions:
    """Deployments of two replicas each, and a Service that selects one of them."""

    def __init__(self, place: Namespace, model: Saved) -> None:
        self.place, self.model = place, model
        self.apps, self.core = client.AppsV1Api(place.api), client.CoreV1Api(place.api)

    def deploy(self, version: str) -> None:
        labels = {"model": "diabetes", "version": version}
        spec = {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {"metadata": {"labels": labels}, "spec": self._pod(version)},
        }
        self.apps.create_namespaced_deployment(
            self.place.name, {"metadata": {"name": f"diabetes-{version}"}, "spec": spec}
        )
        until(lambda: self.is_settled(version))

    def _pod(self, version: str) -> dict[str, Any]:
        command = ["python", "-m", "golden_paths.serve", "--host", "0.0.0.0", "--port", "8080"]
        command += ["--model", "/tmp/model", "--digest", self.model.digest, "--name", "diabetes", "--version", version]
        command += ["--run-id", "r", "--training-set", "t", "--grace", str(GRACE), "--max-connection-age", str(MAX_AGE)]
        health, alive = ({"httpGet": {"path": path, "port": 8080}} for path in ("/health", "/version"))
        serve = container("serve", "serve", command) | {
            "ports": [{"containerPort": 8080}],
            "startupProbe": health | {"periodSeconds": 1, "failureThreshold": 120, "timeoutSeconds": 2},
            "readinessProbe": health | {"periodSeconds": 2, "failureThreshold": 2, "timeoutSeconds": 2},
            "livenessProbe": alive | {"periodSeconds": 10, "failureThreshold": 3, "timeoutSeconds": 5},
            "lifecycle": {"preStop": {"sleep": {"seconds": WITHDRAWN}}},
        }
        return {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": TERMINATION,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": [container("unpack", "serve", ["python", "-c", UNPACK, "/tmp"])],
            "containers": [serve],
            "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "given", "configMap": {"name": "model"}}],
        }

    def pods(self, version: str) -> list[Any]:
        return list(self.core.list_namespaced_pod(self.place.name, label_selector=f"version={version}").items)

    def is_settled(self, version: str) -> bool:
        """Whether exactly two pods are there, both of them ready and of the newest template."""
        found = self.apps.read_namespaced_deployment(f"diabetes-{version}", self.place.name)
        done = found.status.observed_generation == found.metadata.generation
        counts = (found.status.updated_replicas, found.status.available_replicas, len(self.pods(version)))
        return bool(done and counts == (2, 2, 2))

    def restart(self, version: str) -> None:
        """What `kubectl rollout restart` does."""
        template = {"metadata": {"annotations": {"restarted": "once"}}}
        self.apps.patch_namespaced_deployment(f"diabetes-{version}", self.place.name, {"spec": {"template": template}})

    def select(self, version: str) -> str:
        """Point the Service at a version; returns its address."""
        spec = {"selector": {"model": "diabetes", "version": version}, "ports": [{"port": 80, "targetPort": 8080}]}
        body = {"metadata": {"name": "diabetes"}, "spec": spec}
        try:
            made = self.core.patch_namespaced_service("diabetes", self.place.name, body)
        except ApiException:
            made = self.core.create_namespaced_service(self.place.name, body)
        return str(made.spec.cluster_ip)


@pytest.fixture(scope="module")
def versions(place: Namespace, model: Saved) -> Versions:
    made = Versions(place, model)
    made.deploy("1")
    return made


class Clients:
    """Two clients in a pod; one keeps its connection, one opens a new one for each request."""

    def __init__(self, pod: Pod) -> None:
        self.pod = pod
        pod.running()
        until(lambda: pod.ask("/")[0] == 200)

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = self.pod.ask("/")[1]
        return found

    def answers(self, version: str) -> list[int]:
        return [one["answers"].get(version, 0) for one in self.report().values()]

    def errors(self) -> list[str]:
        return [error for one in self.report().values() for error in one["errors"]]

    def more_of(self, version: str, count: int = 50) -> None:
        """Wait until both have that many answers more."""
        before = self.answers(version)
        until(lambda: all(now >= then + count for now, then in zip(self.answers(version), before, strict=True)))


@pytest.fixture(scope="module")
def clients(place: Namespace, versions: Versions) -> Clients:
    code = Path(steady_client.__file__).read_text()
    command = ["python", "-c", code, versions.select("1"), "80", BODY]
    return Clients(place.run("clients", container("clients", "serve", command)))


def test_no_request_is_lost_while_every_pod_is_replaced(versions: Versions, clients: Clients) -> None:
    clients.more_of("1")
    before = {pod.metadata.name for pod in versions.pods("1")}
    versions.restart("1")
    until(lambda: versions.is_settled("1") and not before & {pod.metadata.name for pod in versions.pods("1")})
    clients.more_of("1")
    assert clients.errors() == []


def test_no_request_is_lost_when_a_pod_is_deleted(versions: Versions, clients: Clients, place: Namespace) -> None:
    clients.more_of("1")
    (gone, *_) = [pod.metadata.name for pod in versions.pods("1")]
    versions.core.delete_namespaced_pod(gone, place.name)
    until(lambda: versions.is_settled("1") and gone not in {pod.metadata.name for pod in versions.pods("1")})
    clients.more_of("1")
    assert clients.errors() == []


def test_traffic_follows_the_service_within_the_age_of_a_connection_and_none_is_lost(
    versions: Versions, clients: Clients
) -> None:
    versions.deploy("2")
    clients.more_of("1")
    versions.select("2")
    switched = time.monotonic()
    clients.more_of("2")
    until(lambda: _is_still(clients, "1"), every=0)
    took = time.monotonic() - switched
    print(f"all traffic was on the other version {took - 1:.1f} s after the Service was switched")
    assert took < MAX_AGE * 1.2 + 6  # and what the cluster takes to switch, and a second to see it
    assert clients.errors() == []


def _is_still(clients: Clients, version: str) -> bool:
    """Whether a second passes without an answer from that version."""
    before = clients.answers(version)
    time.sleep(1)
    return clients.answers(version) == before


def deleted(pod: Pod, place: Namespace) -> float:
    """Seconds until it is gone."""
    core = client.CoreV1Api(place.api)
    began = time.monotonic()
    core.delete_namespaced_pod(pod.name, place.name, grace_period_seconds=TERMINATION)

    def is_gone() -> bool:
        return pod.name not in {one.metadata.name for one in core.list_namespaced_pod(place.name).items}

    until(is_gone)
    return time.monotonic() - began


# Nothing answers at this address (RFC 5737).
AWAY = [{"name": "MLFLOW_TRACKING_URI", "value": "http://192.0.2.1:5000"}]
FETCH = ["python", "-m", "golden_paths.serve.fetch", "--uri", "models:/m-1", "--digest", "0", "--to", "/tmp/model"]


def test_a_server_that_is_deleted_while_it_starts_ends_at_once(place: Namespace, model: Saved) -> None:
    """The first process of its container: without a handler it would be there until it is killed."""
    command = [
        "python",
        "-m",
        "golden_paths.serve",
        "--model",
        "/tmp/model",
        "--digest",
        model.digest,
        "--port",
        "8080",
    ]
    command += ["--name", "diabetes", "--version", "1", "--run-id", "r", "--training-set", "t"]
    unpack = container("unpack", "serve", ["python", "-c", UNPACK, "/tmp"])
    pod = place.run("early-serve", unpack, container("serve", "serve", command), given="model")
    pod.running()
    assert deleted(pod, place) < 15


def test_an_init_container_that_is_deleted_while_it_waits_for_mlflow_ends_at_once(place: Namespace) -> None:
    pod = place.run("early-fetch", container("fetch", "serve", FETCH, env=AWAY))
    pod.running()
    assert deleted(pod, place) < 15


def test_why_an_init_container_refused_is_in_the_pods_status(place: Namespace) -> None:
    fetch = container("fetch", "serve", [*FETCH, *FEATURES], env=AWAY)
    pod = place.run("refused", fetch, container("never", "serve", ["true"]), given="model")
    core = client.CoreV1Api(place.api)

    def ended() -> Any:
        statuses = core.read_namespaced_pod(pod.name, place.name).status.init_container_statuses
        return statuses and statuses[0].state.terminated

    until(lambda: bool(ended()))
    assert ended().exit_code == 3
    assert ended().message.startswith("the features package has digest ")
    assert ended().message.endswith("it was changed after it was registered: run the path again to make a new version")
