"""The platform team's file, and what specs may ask for by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden_paths import built_images, platform
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.errors import InvalidSpec, StepFailed
from golden_paths.load import read_spec
from golden_paths.placement import runs_in_pod
from golden_paths.platform import Platform
from golden_paths.project import Project
from golden_paths.registry import STEPS
from projects import make_project
from spec_cases import spec_of, text_of

FILE = """\
in_pods: [train]
images: {train: registry.example/train:1}
pods: {memory: 4Gi, keep_failed: 2h}
pools:
  gpu:
    node_selector: {kind: gpu}
    tolerations: [{key: gpu, operator: Exists}]
secrets: {warehouse: warehouse-reader}
"""
REDIS = "project: churn\nprovider: local\nregistry: {registry_type: sql, path: postgresql://db}\nonline_store: {type: redis}\n"


def project(root: Path, text: str = FILE) -> Project:
    make_project(root)
    (root / platform.FILE).write_text(text)
    return Project.at(root)


def refusal(at: Project, text: str) -> str:
    file = at.root / "dags" / "churn.yaml"
    file.write_text(text)
    with pytest.raises(InvalidSpec) as refused:
        read_spec(file, at)
    return str(refused.value)


def test_without_the_file_there_are_defaults(tmp_path: Path) -> None:
    assert platform.read(Project.at(tmp_path)) == Platform()


def test_the_file_is_read_and_read_again_when_it_changes(tmp_path: Path) -> None:
    at = project(tmp_path)
    found = platform.read(at)
    assert (found.pods.memory, found.secrets) == ("4Gi", {"warehouse": "warehouse-reader"})
    (at.root / platform.FILE).write_text("pods: {memory: 16Gi}\n")
    assert platform.read(at).pods.memory == "16Gi"


BROKEN = {
    "pools: {gpu: {selector: {}}}": "include/platform.yaml:1: pools.gpu.selector is not a key that is known here; see the README",
    "pods: {memory: lots}": "include/platform.yaml:1: pods.memory 'lots' is no amount of memory; write a number and Mi or Gi, "
    "as in 512Mi",
    "pools: [": "include/platform.yaml:2: is not YAML: did not find expected node content; check it",
}


@pytest.mark.parametrize("text", list(BROKEN)[:2])
def test_a_broken_file_is_named_by_every_spec_that_is_held_to_it(tmp_path: Path, text: str) -> None:
    assert refusal(project(tmp_path, text), text_of()) == BROKEN[text]


def test_where_a_step_runs_is_said_by_the_spec_then_by_the_platform() -> None:
    of_platform = Platform(in_pods=("train", "evaluate"))

    def in_pods(**given: str) -> list[str]:
        spec = spec_of(**given)
        return [name for name, step in STEPS.items() if runs_in_pod(step, spec, of_platform)]

    assert in_pods() == ["train", "evaluate"]
    assert in_pods(train="  run_in: worker\n") == ["evaluate"]
    assert in_pods(more="steps:\n  evaluate: {run_in: worker}\n  register: {run_in: pod}\n") == ["train", "register"]
    assert in_pods(to="kubernetes") == ["train", "evaluate", "smoke"]
    assert in_pods(to="kubernetes", more="steps:\n  smoke: {run_in: worker}\n") == ["train", "evaluate"]


# spec -> what it is told, after churn.yaml:
POD = "  run_in: pod\n  pod: "
REFUSED = {
    "a pool that is not there": (
        {"train": POD + "{pool: tpu}\n"},
        "15: train.pod.pool 'tpu' is no pool of include/platform.yaml; known are gpu",
    ),
    "a secret that is not there": (
        {"train": POD + "{secrets: [warehouse, bank]}\n"},
        "15: train.pod.secrets.1 'bank' is no secret of include/platform.yaml; known are warehouse",
    ),
    "anything else of a pod": (
        {"train": POD + "{hostNetwork: true}\n"},
        "15: train.pod.hostNetwork is not a key that is known here; known are image, cpu, memory, gpu, pool, secrets",
    ),
    "a template as an image": (
        {"train": POD + "{image: '{{ conn.x.password }}'}\n"},
        "15: train.pod.image '{{ conn.x.password }}' holds a template, and templates are not rendered in a spec; "
        "write the value itself",
    ),
    "a pod for a worker": (
        {"train": "  run_in: worker\n  pod: {memory: 1Gi}\n"},
        "11: train has a pod, and run_in: worker; write run_in: pod, or remove pod",
    ),
    "a pod for what runs in a worker": (
        {"more": "steps:\n  evaluate: {pod: {memory: 1Gi}}\n"},
        "19: steps.evaluate.pod says what a pod of evaluate is given, and evaluate runs in a worker; write run_in: pod "
        "beside it, or remove it",
    ),
    "a step that moves what serves": (
        {"more": "steps:\n  promote: {run_in: pod}\n"},
        "19: steps.promote is not one of the values it may have; write 'check_features', 'materialize', "
        "'build_training_set', 'evaluate', 'register' or 'smoke'",
    ),
    "stores that are files": (
        {"more": "steps:\n  materialize: {run_in: pod}\n"},
        "19: steps.materialize.run_in 'pod' is asked of a pod, and include/feature_repos/churn/feature_store.yaml keeps its "
        "registry and its online store in a file; write run_in: worker, or name stores that pods reach",
    ),
    "an endpoint of this machine": (
        {"more": "steps:\n  smoke: {run_in: pod}\n"},
        "19: steps.smoke.run_in 'pod' is asked of a pod, and no pod reaches a local endpoint; write run_in: worker",
    ),
}


@pytest.mark.parametrize(("given", "said"), REFUSED.values(), ids=REFUSED)
def test_a_spec_that_asks_for_what_no_pod_has_is_refused_at_its_line(tmp_path: Path, given: dict[str, str], said: str) -> None:
    assert refusal(project(tmp_path), text_of(**given)) == f"churn.yaml:{said}"


def test_stores_that_pods_reach_may_be_written_from_a_pod(tmp_path: Path) -> None:
    at = project(tmp_path)
    (at.root / "include/feature_repos/churn/feature_store.yaml").write_text(REDIS)
    file = at.root / "dags" / "churn.yaml"
    file.write_text(text_of(more="steps:\n  materialize: {run_in: pod}\n  build_training_set: {run_in: pod}\n"))
    assert read_spec(file, at).spec.steps


def test_an_image_is_that_of_the_environment_then_of_the_platform_then_what_was_built_here(tmp_path: Path) -> None:
    at = Project.at(tmp_path)
    with pytest.raises(StepFailed, match="make images"):
        built_images.completed(ClusterSettings(), at).image("train")
    built_images.write(at, {"train": "built:1"})
    built_images.write(at, {"serve": "built:2"})
    assert built_images.completed(ClusterSettings(), at).image("train") == "built:1"
    assert built_images.completed(ClusterSettings(), at).image("serve") == "built:2"
    (tmp_path / "include").mkdir()
    (tmp_path / platform.FILE).write_text("images: {train: platforms:1}\n")
    assert built_images.completed(ClusterSettings(), at).image("train") == "platforms:1"
    assert built_images.completed(ClusterSettings(train_image="named:1"), at).image("train") == "named:1"
