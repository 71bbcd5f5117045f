"""Steps in pods, on real Airflow, MLflow and a cluster: the same result as in a worker; and every failure says which it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pod_runs import EXAMPLE, PodRuns, copied, pod_runs
from rollouts import until

pytestmark = [pytest.mark.real, pytest.mark.kubernetes, pytest.mark.timeout(1200)]
OWN = "train:\n  code: include/models/diabetes.py:fit\n  params: {C: 0.5}\n  run_in: pod"
SLOW = "train:\n  code: include/models/slow.py:fit\n  run_in: pod"
# name -> (train, what its error says, attempts)
BAD: dict[str, tuple[str, list[str], int]] = {
    "short-of-memory": (
        f"{SLOW}\n  params: {{mib: 4000}}\n  pod: {{memory: 700Mi}}",
        ["train was OOMKilled", "limit of 700Mi", "raise train.pod.memory"],
        1,
    ),
    "far-too-short": (f"{SLOW}\n  pod: {{memory: 40Mi}}", ["was OOMKilled", "its memory limit of 40Mi"], 1),
    "without-image": (
        f"{SLOW}\n  pod: {{image: 'golden-paths-nowhere:1'}}",
        ["image golden-paths-nowhere:1 of container step could not be pulled"],
        2,
    ),
    "too-large": (f"{SLOW}\n  pod: {{memory: 900Gi}}", ["finds no node", "Insufficient memory", "a retry helps"], 2),
    "too-slow": (
        f"{SLOW}\n  params: {{seconds: 600}}\n  timeout: 8s",
        ["did not end within its active deadline of 9 s", "a retry alone does not help"],
        1,
    ),
}


@pytest.fixture(scope="module")
def platform(project: Path) -> Iterator[PodRuns]:
    with pod_runs(project) as found:
        yield found


def test_a_model_that_is_trained_in_a_pod_is_the_one_that_a_worker_trains(platform: PodRuns) -> None:
    copied(EXAMPLE, platform.folder)
    platform.spec("in-pods", f"{OWN}\nsteps:\n  evaluate: {{run_in: pod}}\n  register: {{run_in: pod}}")
    runs = platform.start(EXAMPLE, "in-pods")
    assert platform.ended(runs) == {EXAMPLE: "success", "in-pods": "success"}, platform.log("in-pods", runs["in-pods"])
    results = {name: platform.servers.airflow.result(name, run, "train") for name, run in runs.items()}
    assert results["in-pods"]["weights"] == results[EXAMPLE]["weights"]
    assert platform.servers.airflow.result("in-pods", runs["in-pods"], "promote")["version"] == "1"
    (run,) = platform.trained("in-pods")
    (other,) = platform.trained(EXAMPLE)
    for tag in ("golden_paths.code_digest", "golden_paths.training_set"):
        assert run.data.tags[tag] == other.data.tags[tag]
    assert len(run.data.tags["golden_paths.package_digest"]) == 64
    log = platform.log("in-pods", runs["in-pods"])
    assert f"the project's files have the digest {run.data.tags['golden_paths.package_digest']}" in log
    assert platform.pods("in-pods") == []  # finished pods are gone, and what they were given
    assert platform.api.list("ConfigMap", {"golden-paths.dev/model": "in-pods"}) == []


def test_each_failure_is_named_with_its_limit_and_retried_when_that_may_help(platform: PodRuns) -> None:
    for name, (train, _, _) in BAD.items():
        platform.spec(name, train)
    runs: dict[str, str] = {}
    names = list(BAD)
    for few in (names[:2], names[2:4], names[4:]):  # all at once keep a scheduler so busy that it takes ends for kills
        runs |= (started := platform.start(*few))
        assert platform.ended(started) == dict.fromkeys(few, "failed")
    missing = {}
    for name, (_, words, attempts) in BAD.items():
        made = platform.task(name, runs[name], "train")["try_number"]
        # A container that starves while it starts may keep its node so busy that the kubelet loses sight of it: retried, rightly.
        allowed = (1, 2) if name == "far-too-short" else (attempts,)
        assert made in allowed, (name, platform.log(name, runs[name], attempt=1)[-3000:])
        log = platform.log(name, runs[name], attempt=made)
        if lost := [word for word in words if word not in log]:
            missing[name] = (lost, log[-3000:])
    assert missing == {}
    kept = {name: [pod["status"]["phase"] for pod in platform.pods(name)] for name in BAD}
    failed = ["Failed"]
    assert kept == {"short-of-memory": failed, "far-too-short": failed, "too-slow": failed, "without-image": [], "too-large": []}


def test_a_worker_killed_beside_its_pod_and_a_whole_airflow_killed_while_it_trains_leave_one_pod_and_one_run(
    platform: PodRuns,
) -> None:
    platform.spec("slow", f"{SLOW}\n  params: {{seconds: 60}}")
    platform.hold.touch()
    (run,) = platform.start("slow").values()
    (pod,) = until(lambda: platform.pods("slow"), "the pod is there", 240)
    platform.kill("slow", run, "train")
    platform.hold.unlink()
    until(lambda: platform.task("slow", run, "train")["state"] == "deferred", "the retry waits for the pod", 180)
    until(lambda: "the fit has begun" in platform.log("slow", run, attempt=2), "the log shows while the pod runs", 120)
    assert [one["status"]["phase"] for one in platform.pods("slow")] == ["Running"]
    platform.kill_airflow()
    assert platform.ended({"slow": run}) == {"slow": "success"}
    assert platform.task("slow", run, "train")["try_number"] == 2
    assert pod["metadata"]["name"] in platform.log("slow", run, attempt=2)
    assert len(platform.trained("slow")) == 1
    assert platform.pods("slow") == []
