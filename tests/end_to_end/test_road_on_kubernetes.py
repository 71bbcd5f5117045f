"""The whole road by real Airflow on a cluster: steps in pods, a rollout, retirement, and a rollback by the trigger form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import image_names
import pytest

from cluster import connected
from golden_paths.clients.mlflow_models import MlflowModels
from golden_paths.cluster.settings import IMAGES
from golden_paths.rollout import manifests
from golden_paths.rollout.traffic import Traffic
from golden_paths.rollout.versions import Versions
from lineage_log import Event, of_run
from pod_runs import EXAMPLE, PodRuns, pod_runs
from redis_server import redis_server
from rollouts import host_address, until

pytestmark = [pytest.mark.real, pytest.mark.kubernetes, pytest.mark.timeout(1200)]
SQLITE = "  type: sqlite\n  path: ${FEAST_STATE}/diabetes/online.db\n"
REDIS = "  type: redis\n  connection_string: ${FEAST_REDIS}\n"
DEPLOY = "deploy:\n  to: kubernetes\n  keep_previous: 2s\n  rollout: {judge_for: 3s, requests: 20}\n"
PATH = ["materialize", "build_training_set", "train", "evaluate", "register"]
PATH += ["approve", "deploy", "smoke", "canary", "promote", "retire"]


@pytest.fixture(scope="module")
def platform(project: Path) -> Iterator[PodRuns]:
    connected()
    store = project / "include" / "feature_repos" / "diabetes" / "feature_store.yaml"
    store.write_text(store.read_text().replace(SQLITE, REDIS))
    with pytest.MonkeyPatch.context() as patch, redis_server(project, host="0.0.0.0") as redis:
        address = f"{host_address()}:{redis.rpartition(':')[2]}"
        patch.setenv("FEAST_REDIS", address)
        patch.setenv(IMAGES["serve"], image_names.name("serve"))
        with pod_runs(project, FEAST_REDIS=address) as found:
            found.spec(EXAMPLE, "train:\n  code: include/models/diabetes.py:fit\n  params: {C: 0.5}\n  run_in: pod")
            spec = project / "dags" / f"{EXAMPLE}.yaml"
            spec.write_text(spec.read_text().replace("deploy:\n  to: local\n", DEPLOY))
            yield found


def ended(platform: PodRuns, **params: str) -> str:
    """The id of a run that has ended."""
    platform.servers.wait_for_dag(EXAMPLE)
    run = platform.servers.airflow.trigger(EXAMPLE, params)
    platform.ended({EXAMPLE: run})
    return run


def states(platform: PodRuns, run: str) -> dict[str, str]:
    return {task["task_id"]: task["state"] for task in platform.servers.airflow.tasks(EXAMPLE, run)}


def answer(platform: PodRuns) -> dict[str, Any]:
    """What a pod behind the Service says about a patient."""
    pod = until(lambda: min(Traffic(platform.api, EXAMPLE).endpoints(), default=None), "a pod is behind the Service")
    body = {"entities": [{"patient_id": 7}]}
    status, found = platform.api.proxied(pod, "/predict", port=manifests.PORT, body=body)
    assert status == 200, found
    return dict(json.loads(found))


def champion(platform: PodRuns) -> str:
    found = MlflowModels(platform.mlflow_url).champion(EXAMPLE)
    assert found is not None
    return found.version


def test_two_versions_are_rolled_out_the_first_is_put_to_rest_and_comes_back_by_the_trigger_form(
    platform: PodRuns, project: Path
) -> None:
    versions = Versions(platform.api, EXAMPLE)
    runs = []
    for number in ("1", "2"):
        runs.append(ended(platform))
        assert states(platform, runs[-1]) == dict.fromkeys(["rollback", *PATH], "success")
        assert (answer(platform)["model"]["version"], champion(platform)) == (number, number)
    sizes = {release.content.version: versions.size(release) for release in versions.releases()}
    assert sizes == {"1": 0, "2": 1}
    assert platform.pods(EXAMPLE, "smoke") == platform.pods(EXAMPLE, "train") == []
    back = ended(platform, rollback_to="previous")
    assert states(platform, back) == {"rollback": "success"} | dict.fromkeys(PATH, "skipped")
    assert (answer(platform)["model"]["version"], champion(platform)) == ("1", "1")
    assert_pods_and_image_are_in_the_graph(of_run(project, runs[1]), platform)
    assert_the_rollback_alone_is_in_the_graph(of_run(project, back), platform)


def assert_pods_and_image_are_in_the_graph(events: list[Event], platform: PodRuns) -> None:
    """The pod of a step is a run of the step's task; the endpoint is known with the image that its pods run."""
    done = {one["job"]["name"]: one for one in events if one["eventType"] == "COMPLETE"}
    for step in ("train", "smoke"):
        parent = done[f"{EXAMPLE}.{step}.pod"]["run"]["facets"]["parent"]
        assert (parent["job"]["name"], parent["root"]["job"]["name"]) == (f"{EXAMPLE}.{step}", EXAMPLE)
        assert parent["run"]["runId"] == done[f"{EXAMPLE}.{step}"]["run"]["runId"]
    (endpoint,) = done[f"{EXAMPLE}.promote"]["outputs"]
    served = endpoint["facets"]["goldenPaths_deployment"]
    assert endpoint["namespace"].startswith("k8s://")
    assert endpoint["namespace"].endswith(f"/{platform.place.name}")
    assert (served["modelVersion"], served["previousVersion"], served["image"]) == ("2", "1", image_names.name("serve"))
    assert served["imageDigest"].startswith("sha256:")
    gates = [gate["name"] for gate in done[f"{EXAMPLE}.canary"]["run"]["facets"]["goldenPaths_gates"]["gates"]]
    assert gates == ["canary 50%"]


def assert_the_rollback_alone_is_in_the_graph(events: list[Event], platform: PodRuns) -> None:
    """What was skipped has touched nothing, and says nothing."""
    assert {one["job"]["name"] for one in events} == {EXAMPLE, f"{EXAMPLE}.rollback"}
    (done,) = [one for one in events if one["job"]["name"] == f"{EXAMPLE}.rollback" and one["eventType"] == "COMPLETE"]
    version, endpoint = done["inputs"][0], done["outputs"][0]
    assert (version["name"], version["facets"]["version"]["datasetVersion"]) == (f"models/{EXAMPLE}", "1")
    assert (endpoint["name"], endpoint["facets"]["version"]["datasetVersion"]) == (EXAMPLE, "1")
