"""The pod of a step: what the restricted Pod Security Standard asks, what the spec and the platform say, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from golden_paths.params import with_params
from golden_paths.placement import pod_needs
from golden_paths.platform import Platform
from golden_paths.pods.request import VARIABLE, Request
from golden_paths.pods.template import pod_template
from golden_paths.registry import STEPS
from golden_paths.spec import PathSpec
from spec_cases import spec_of

PLATFORM = Platform.model_validate(
    {
        "pods": {"grace": "1m"},
        "pools": {"gpu": {"node_selector": {"kind": "gpu"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]}},
        "secrets": {"warehouse": "warehouse-reader"},
    }
)
ASKED = """\
  run_in: pod
  timeout: 2h
  pod: {cpu: 2, memory: 4Gi, gpu: 1, pool: gpu, secrets: [warehouse]}
"""


def request(spec: PathSpec, run: str = "manual__2026-01-01T00:00:00+00:00") -> Request:
    return Request(
        step="train",
        spec=spec.model_dump_json(exclude_unset=True),
        spec_digest="d",
        run_id=run,
        start=None,
        end=datetime(2026, 1, 1, tzinfo=UTC),
        artifacts={},
        memory="4Gi",
        package="p" * 64,
    )


def template(spec: PathSpec, *, uri: str = "http://mlflow:5000", config_map: str | None = "package", **more: Any) -> Any:
    needs = pod_needs(STEPS["train"], spec, PLATFORM)
    return pod_template(spec, request(spec, **more), needs, image="train:1", tracking_uri=uri, config_map=config_map)


def test_the_pod_may_do_nothing_but_compute() -> None:
    spec = template(spec_of())["spec"]
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"], spec["restartPolicy"]) == (False, False, "Never")
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "fsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert [set(volume) - {"name"} for volume in spec["volumes"]] == [{"emptyDir"}, {"configMap"}]


def test_the_pod_is_given_what_the_spec_asks_and_the_platform_has() -> None:
    spec = template(spec_of(train=ASKED))["spec"]
    (container,) = spec["containers"]
    assert container["resources"] == {
        "requests": {"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": "1"},
        "limits": {"memory": "4Gi", "nvidia.com/gpu": "1"},
    }
    assert spec["nodeSelector"] == {"kind": "gpu"}
    assert spec["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert spec["activeDeadlineSeconds"] == 2 * 3600 + 60
    assert container["envFrom"] == [
        {"secretRef": {"name": "golden-paths-mlflow", "optional": True}},
        {"secretRef": {"name": "golden-paths-feast", "optional": True}},
        {"prefix": "GOLDEN_PATHS_SECRET_", "secretRef": {"name": "warehouse-reader"}},
    ]


def test_without_a_word_the_pod_is_what_the_platform_says() -> None:
    spec = template(spec_of(), config_map=None)["spec"]
    (container,) = spec["containers"]
    assert container["resources"] == {"requests": {"cpu": "500m", "memory": "2Gi"}, "limits": {"memory": "2Gi"}}
    assert (spec["nodeSelector"], spec["tolerations"], spec["activeDeadlineSeconds"]) == ({}, [], 3660)
    assert [volume["name"] for volume in spec["volumes"]] == ["tmp"]


def test_its_labels_say_whose_it_is_and_are_labels() -> None:
    long = template(spec_of(), run="scheduled__" + "x" * 200)["metadata"]["labels"]
    found = template(spec_of())["metadata"]["labels"]
    assert found["app.kubernetes.io/managed-by"] == "golden-paths"
    assert {name: found[f"golden-paths.dev/{name}"] for name in ("model", "owner", "path", "step")} == {
        "model": "churn",
        "owner": "growth",
        "path": "online-model-1",
        "step": "train",
    }
    assert found["golden-paths.dev/run"] != long["golden-paths.dev/run"]
    assert all(len(value) <= 63 for value in (*found.values(), *long.values()))


def test_no_password_of_mlflow_stands_in_a_pod() -> None:
    assert "swordfish" not in json.dumps(template(spec_of(), uri="http://user:swordfish@mlflow:5000/base"))


def test_what_a_pod_is_asked_comes_back_from_its_variable() -> None:
    spec = spec_of(train=ASKED)
    (container,) = template(spec)["spec"]["containers"]
    (given,) = [one["value"] for one in container["env"] if one["name"] == VARIABLE]
    assert Request.decoded(given) == request(spec)
    assert Request.decoded(given).checked_spec() == spec


def test_a_rollout_comes_back_from_its_variable_as_it_was_checked() -> None:
    rollout = "kubernetes\n  cpu: 0.5\n  latency: 200ms\n  rollout: {steps: [25%, 100%], judge_for: 2m, max_errors: 1%}"
    spec = with_params(spec_of(to=rollout, more="steps:\n  evaluate: {run_in: pod, pod: {cpu: 2}}\n"), {"C": 2})
    assert request(spec).checked_spec() == spec


def test_only_what_changes_the_result_makes_another_request() -> None:
    one = request(spec_of())
    assert one.digest == one.model_copy(update={"origin": {"mlflow.source.git.commit": "c"}}).digest
    assert one.digest != one.model_copy(update={"package": "q" * 64}).digest
