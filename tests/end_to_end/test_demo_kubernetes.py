"""`make demo TARGET=kubernetes`: real Airflow, MLflow, Redis and a cluster; an answer from the Service, and nothing is left."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from demo_redis import MISSING
from kubernetes import client

from cluster import Namespace, connected, namespace
from examples import ROOT, environment
from golden_paths.cluster.settings import NAMESPACE

pytestmark = [pytest.mark.kubernetes, pytest.mark.real, pytest.mark.timeout(900)]
NO_IMAGE = {
    "GOLDEN_PATHS_TRAIN_IMAGE": "golden-paths-train:none",
    "GOLDEN_PATHS_SERVE_IMAGE": "golden-paths-serve:none",
}


def demo(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with its state in the folder."""
    mine = environment(folder) | {"DEMO_ONCE": "1", "GOLDEN_PATHS_PROJECT": str(ROOT), **settings}
    command = [sys.executable, str(ROOT / "include" / "demo"), "kubernetes"]
    return subprocess.run(command, env=mine, capture_output=True, text=True, check=False, timeout=800)


def left_running(folder: Path) -> list[list[str]]:
    """Processes that have the folder in their environment or on their command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join([*process.cmdline(), *process.environ().values()]):
                found.append(process.cmdline())
        except psutil.Error:  # gone, or a zombie
            continue
    return found


def namespaces(api: client.ApiClient) -> set[str]:
    return {one.metadata.name for one in client.CoreV1Api(api).list_namespace().items}


def contents(place: Namespace) -> list[str]:
    """All that a demo makes in a namespace, but for the node's pods on their way out."""
    core, apps = client.CoreV1Api(place.api), client.AppsV1Api(place.api)
    lists = {
        "Pod": core.list_namespaced_pod,
        "Secret": core.list_namespaced_secret,
        "Service": core.list_namespaced_service,
        "Deployment": apps.list_namespaced_deployment,
        "ConfigMap": core.list_namespaced_config_map,
    }
    found = [f"{kind} {one.metadata.name}" for kind, listed in lists.items() for one in listed(place.name).items]
    return [one for one in found if one != "ConfigMap kube-root-ca.crt"]


def test_the_demo_answers_from_the_service_and_removes_all_it_made(tmp_path: Path) -> None:
    api, name = connected(), f"golden-paths-demo-{uuid4().hex[:8]}"
    done = demo(tmp_path, **{NAMESPACE: name})
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert '200 {"model":{"name":"diabetes-progression","version":"1"}' in done.stdout
    assert "+  to: kubernetes" in done.stdout
    assert name not in namespaces(api)
    assert left_running(tmp_path) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            NO_IMAGE,
            "make images LOAD='COMMAND {archive}' builds and loads golden-paths-serve:none and golden-paths-train:none",
        ),
        ({"DEMO_HOST": "127.0.0.2"}, "set DEMO_HOST to an address of this machine that pods reach"),
    ],
    ids=["images that are not there", "an address that pods do not reach"],
)
def test_what_pods_miss_is_said_before_the_path_runs(tmp_path: Path, settings: Mapping[str, str], said: str) -> None:
    with namespace() as place:
        done = demo(tmp_path, **{NAMESPACE: place.name, **settings})
        assert done.returncode == 1
        assert said in done.stderr, done.stdout[-4000:] + done.stderr[-4000:]
        assert contents(place) == []
    assert left_running(tmp_path) == []


def test_a_model_that_is_served_already_is_left_alone(tmp_path: Path) -> None:
    with namespace() as place:
        port = {"name": "http", "port": 80}
        service = {"metadata": {"name": "diabetes-progression"}, "spec": {"ports": [port]}}
        client.CoreV1Api(place.api).create_namespaced_service(place.name, service)
        done = demo(tmp_path, **{NAMESPACE: place.name})
        assert done.returncode == 1
        assert f"diabetes-progression is served in namespace {place.name} already" in done.stderr
        assert contents(place) == ["Service diabetes-progression"]
    assert left_running(tmp_path) == []


def test_without_a_cluster_or_redis_it_says_what_to_do(tmp_path: Path) -> None:
    connected()
    nowhere = tmp_path / "kubeconfig"
    nowhere.write_text("{}")
    assert "set KUBECONFIG to the file that describes it" in demo(tmp_path, KUBECONFIG=str(nowhere)).stderr
    without = os.pathsep.join(str(Path(part)) for part in (tmp_path, Path(sys.executable).parent))
    assert MISSING in demo(tmp_path, PATH=without).stderr
