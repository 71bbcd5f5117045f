"""deploy sections that would be refused by a cluster, or never by anybody, and by then too late. One message each."""

from __future__ import annotations

from pathlib import Path

import pytest

from bad_specs import hold, slow
from golden_paths.folder import read_folder
from golden_paths.load import read_spec
from golden_paths.online_stores import REMEDY
from projects import SPEC, make_project

CPU = "is no amount of CPU; write cores, as in 2, or thousandths of one, as in 500m"
MEMORY = "is no amount of memory; write a number and Mi or Gi, as in 512Mi"
SHARE = "is no share; write a number up to 100 and %, as in 25%"
DURATION = "is not a duration; write a number and one of ms, s, m, h, d, w, as in 24h"
RISING = "do not rise to 100%; write rising shares, the last one 100%, as in [25%, 100%]"
PRIVATE = "is called like the private address of another model's version; let it end otherwise"
STORE = "online_store: {type: redis, connection_string: redis.shop:6379}\n"


def pods(*lines: str) -> str:
    """The spec on Kubernetes; `lines` begin at line 18."""
    return SPEC.replace("to: local", "to: kubernetes") + "".join(f"  {line}\n" for line in lines)


ONE_LINE = {
    "cpu: 0": f"deploy.cpu '0' {CPU}",
    "cpu: 0.0": f"deploy.cpu '0.0' {CPU}",
    "cpu: 0m": f"deploy.cpu '0m' {CPU}",
    "cpu: -1": f"deploy.cpu '-1' {CPU}",
    "cpu: 1.2345": f"deploy.cpu '1.2345' {CPU}",
    "cpu: true": f"deploy.cpu 'true' {CPU}",
    "cpu: two": f"deploy.cpu 'two' {CPU}",
    "cpu: [1]": f"deploy.cpu {CPU}",
    "memory: 512": "deploy.memory '512' is not text; put it in quotes, as in \"512\"",
    'memory: "512"': f"deploy.memory '512' {MEMORY}",
    "memory: 512m": f"deploy.memory '512m' {MEMORY}",
    "memory: 0Mi": f"deploy.memory '0Mi' {MEMORY}",
    "memory: 1.5Gi": f"deploy.memory '1.5Gi' {MEMORY}",
    "memory: 512 Mi": f"deploy.memory '512 Mi' {MEMORY}",
    "replicas: 0": "deploy.replicas '0' is refused: input should be greater than or equal to 1; "
    "it is for: Pods that serve (kubernetes)",
    'replicas: "2"': "deploy.replicas '2' is not a whole number; write digits alone, without quotes",
    "port: 80": "deploy.port '80' is refused: input should be greater than or equal to 1024; "
    "it is for: The stable port; absent: chosen once and kept (local), 80 (kubernetes)",
    "ready_within: 5": f"deploy.ready_within '5' {DURATION}",
    "ready_within: 999ms": "deploy.ready_within '999ms' is shorter than any pod takes; write seconds or minutes, as in 5m",
    "keep_versions: 0": "deploy.keep_versions '0' is refused: input should be greater than or equal to 1; "
    "it is for: Versions that are kept, that in service included (kubernetes)",
    "autoscale: {max_replicas: 1}": "deploy.autoscale.max_replicas '1' is refused: input should be greater than or equal to 2; "
    "it is for: At most this many replicas; `replicas` is the least",
    "autoscale: {}": "deploy.autoscale.max_replicas is missing; "
    "add it: At most this many replicas; `replicas` is the least",
    "autoscale: {max_replicas: 4, cpu: 0%}": "deploy.autoscale.cpu '0%' is nothing to aim at; write 1% or more, as in 70%",
    "autoscale: {max_replicas: 4, cpu: 70}": f"deploy.autoscale.cpu '70' {SHARE}",
    "rollout: {steps: []}": f"deploy.rollout.steps {RISING}",
    "rollout: {steps: [25%]}": f"deploy.rollout.steps {RISING}",
    "rollout: {steps: [100%, 100%]}": f"deploy.rollout.steps {RISING}",
    "rollout: {steps: [50%, 25%, 100%]}": f"deploy.rollout.steps {RISING}",
    "rollout: {steps: [0%, 100%]}": f"deploy.rollout.steps {RISING}",
    "rollout: {steps: [101%]}": f"deploy.rollout.steps.0 '101%' {SHARE}",
    "rollout: {steps: [25, 100%]}": f"deploy.rollout.steps.0 '25' {SHARE}",
    "rollout: {steps: 100%}": "deploy.rollout.steps '100%' is not a list; write its items in brackets, as in [25%, 100%]",
    "rollout: {max_errors: 1}": f"deploy.rollout.max_errors '1' {SHARE}",
    "rollout: {max_slowdown: 1}": "deploy.rollout.max_slowdown '1' is refused: input should be greater than 1; "
    "it is for: How many times slower than the version in service it may be",
    "rollout: {requests: 0}": "deploy.rollout.requests '0' is refused: input should be greater than or equal to 1; "
    "it is for: Requests that each judgement needs; synthetic ones make up the rest",
    "rollout: {judge: 1m}": "deploy.rollout.judge is not a key that is known here; did you mean 'judge_for'?",
    "image: mine:1": "deploy.image is not a key that is known here; "
    "known are to, port, ready_within, replicas, cpu, memory, autoscale, latency, rollout, keep_previous, keep_versions",
}
CASES = {line: (pods(line), f"bad.yaml:18: {said}") for line, said in ONE_LINE.items()} | {
    "fewer at most than at least": (
        pods("replicas: 5", "autoscale: {max_replicas: 4}"),
        "bad.yaml:16: deploy has fewer autoscale.max_replicas than replicas; raise the one, or lower the other",
    ),
    "replicas of a process": (
        SPEC + "  replicas: 2\n  memory: 1Gi\n",
        "bad.yaml:16: deploy has memory, replicas, which a local process does not have; remove that, or write to: kubernetes",
    ),
    "elsewhere": (
        SPEC.replace("to: local", "to: cloud"),
        "bad.yaml:17: deploy.to 'cloud' is not one of the values it may have; write 'local' or 'kubernetes'",
    ),
    "a version's own name": (
        pods().replace("name: churn", "name: churn-v12-only"),
        f"bad.yaml:2: name 'churn-v12-only' {PRIVATE}",
    ),
}


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = make_project(tmp_path / "project")
    _stored(folder, STORE)
    return folder


def _stored(dags: Path, store: str) -> None:
    file = dags.parent / "include" / "feature_repos" / "churn" / "feature_store.yaml"
    file.write_text("project: churn\nprovider: local\nregistry: registry.db\n" + store)


@pytest.mark.parametrize("name", CASES)
def test_a_bad_deploy_section_gets_one_message_and_harms_no_other(dags: Path, name: str) -> None:
    hold(dags, CASES[name])


def test_none_takes_more_than_50_ms(dags: Path) -> None:
    assert slow(dags, {name: text for name, (text, _) in CASES.items()}) == {}


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("cpu: 2", "cpu", "2"),
        ("cpu: 0.25", "cpu", "0.25"),
        ("cpu: 250m", "cpu", "250m"),
        ("memory: 2Gi", "memory", "2Gi"),
        ("ready_within: 1s", "ready_within", "1s"),
        ("name_ends: v1", "name", "churn-only-v1"),
    ],
)
def test_what_a_cluster_takes_is_taken(dags: Path, line: str, key: str, value: str) -> None:
    text = pods(line) if key != "name" else pods().replace("name: churn", f"name: {value}")
    (dags / "good.yaml").write_text(text)
    spec = read_spec(dags / "good.yaml").spec
    assert spec.deploy
    assert (spec if key == "name" else spec.deploy).model_dump()[key] == value


def test_a_feature_repository_that_no_pod_can_read_is_refused_at_its_line_on_kubernetes_alone(dags: Path) -> None:
    _stored(dags, "online_store: {type: sqlite, path: online.db}\n")
    hold(
        dags,
        (
            pods(),
            "bad.yaml:6: features.repo 'include/feature_repos/churn' keeps its online store in a file of this machine (sqlite), "
            f"which no pod can read; {REMEDY}",
        ),
    )


def test_two_services_may_have_one_port_and_two_processes_may_not(dags: Path) -> None:
    for name in ("one", "two"):
        (dags / f"{name}.yaml").write_text(pods("port: 8080").replace("name: churn", f"name: {name}"))
    good, broken = read_folder(dags)
    assert ([loaded.spec.name for loaded in good], broken) == (["one", "two"], [])
    for name in ("one", "two"):
        (dags / f"{name}.yaml").write_text(SPEC.replace("name: churn", f"name: {name}") + "  port: 8080\n")
    _, broken = read_folder(dags)
    assert [str(error) for _, error in broken] == [
        "one.yaml:18: deploy.port '8080' is also the port of two.yaml; choose another for one of them",
        "two.yaml:18: deploy.port '8080' is also the port of one.yaml; choose another for one of them",
    ]
