"""Every rule of the policy, broken once: by a spec, and by an object that is about to be sent."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

DIGEST = "sha256:" + "a" * 64
IMAGE = f"registry.example/team/serve@{DIGEST}"
POLICY = """\
owners: [growth, risk office]
namespaces: [models]
code_roots: [include/models, include/feature_repos]
images: {registries: [registry.example/team], digests: true}
resources: {cpu: "2", memory: 1Gi, gpu: 1, replicas: 3}
risk:
  limited: {requires: [evaluate.metrics]}
  high: {requires: [evaluate.champion]}
"""
CHAMPION = "  champion: {metric: roc_auc}\ndeploy:"
POD = "  run_in: pod\n  pod: "


def deployment(**container: Any) -> dict[str, Any]:
    """One that keeps every rule."""
    one = {
        "name": "serve",
        "image": IMAGE,
        "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "512Mi"}},
    }
    labels = {"golden-paths.dev/model": "churn", "golden-paths.dev/owner": "growth"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "churn-v7", "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [one | container]}},
        },
    }


def pod(**container: Any) -> dict[str, Any]:
    """The same container in a pod of its own."""
    template = deployment(**container)["spec"]["template"]
    return {"apiVersion": "v1", "kind": "Pod", **template, "metadata": template["metadata"] | {"name": "churn-train"}}


def resources(part: str, **amounts: str) -> dict[str, Any]:
    """A container's, with one part changed."""
    found = deepcopy(deployment()["spec"]["template"]["spec"]["containers"][0]["resources"])
    found[part] = {**found.get(part, {}), **amounts}
    return {"resources": found}


def scaled(replicas: int) -> dict[str, Any]:
    """With so many replicas."""
    made = deployment()
    made["spec"]["replicas"] = replicas
    return made


def autoscaler(most: int) -> dict[str, Any]:
    """Up to so many."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": deployment()["metadata"],
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "churn-v7"},
            "minReplicas": 1,
            "maxReplicas": most,
        },
    }


def owned(owner: str) -> dict[str, Any]:
    """By somebody else."""
    made = deployment()
    made["metadata"]["labels"] = made["metadata"]["labels"] | {"golden-paths.dev/owner": owner}
    return made


def initial(**container: Any) -> dict[str, Any]:
    """A pod whose init container is this one."""
    made = pod()
    made["spec"]["initContainers"] = [pod(**container)["spec"]["containers"][0] | {"name": "fetch"}]
    return made


@dataclass(frozen=True)
class Broken:
    """How a spec breaks the rule (old text, new text; what it is told), and how objects do (what is said of each)."""

    spec: tuple[str, str] | None = None
    said: str = ""
    objects: tuple[tuple[dict[str, Any], str], ...] = ()


ASK = "or ask the platform team, who keep include/policy.yaml"
RULES: dict[str, Broken] = {
    "an unknown owner": Broken(
        ("owner: growth", "owner: strangers"),
        f"3: owner 'strangers' is no team that may have models here; known are growth, risk office; {ASK}",
        ((owned("strangers"), "owner strangers is none of growth, risk office"),),
    ),
    "code from elsewhere": Broken(
        ("code: include/models/churn.py", "code: include/data/churn.py"),
        "is in no folder from which code may be run; put it into include/models or include/feature_repos",
    ),
    "an image from elsewhere": Broken(
        ("  params: {C: 0.5}\n", f"  params: {{C: 0.5}}\n{POD}{{image: 'evil/train@{DIGEST}'}}\n"),
        f"15: train.pod.image 'evil/train@{DIGEST[:46]}...' comes from docker.io/evil, and images may come from "
        "registry.example/team alone; push it there, or ask the platform team, who keep include/policy.yaml",
        (
            (
                pod(image=f"train@{DIGEST}"),
                "comes from docker.io/library, and images may come from registry.example/team alone",
            ),
            (deployment(image=f"registry.example/teams/x@{DIGEST}"), "comes from registry.example/teams"),
            (initial(image=f"evil/train@{DIGEST}"), "container fetch comes from docker.io/evil"),
        ),
    ),
    "an image without a digest": Broken(
        ("  params: {C: 0.5}\n", f"  params: {{C: 0.5}}\n{POD}{{image: 'registry.example/team/train:1'}}\n"),
        "15: train.pod.image 'registry.example/team/train:1' is not pinned by its digest, and may be another one tomorrow; "
        "write it as in registry.example/train@sha256:...",
        ((deployment(image="registry.example/team/serve:1"), "is not pinned by its digest"),),
    ),
    "too much CPU": Broken(
        ("to: local", "to: kubernetes\n  cpu: 2500m"),
        f"19: deploy.cpu '2500m' asks for 2500m CPU, and a container may have 2; ask for less, {ASK}",
        (
            (deployment(**resources("requests", cpu="2500m")), "container serve asks for 2500m cpu of 2 allowed"),
            (pod(**resources("limits", cpu="3")), "container serve asks for 3 cpu of 2 allowed"),
        ),
    ),
    "too much memory": Broken(
        ("  params: {C: 0.5}\n", f"  params: {{C: 0.5}}\n{POD}{{memory: 2Gi}}\n"),
        f"15: train.pod.memory '2Gi' asks for 2Gi, and a container may have 1Gi; ask for less, {ASK}",
        (
            (pod(**resources("limits", memory="2Gi")), "container serve asks for 2Gi memory of 1Gi allowed"),
            (
                pod(resources={"requests": {"cpu": "1"}}),
                "container serve has no memory limit, and may take 1Gi at most",
            ),
        ),
    ),
    "too many GPUs": Broken(
        ("  params: {C: 0.5}\n", f"  params: {{C: 0.5}}\n{POD}{{gpu: 2}}\n"),
        f"15: train.pod.gpu '2' asks for 2 GPUs, and a pod may have 1; ask for fewer, {ASK}",
        (
            (
                pod(
                    resources={
                        "requests": {"nvidia.com/gpu": "2"},
                        "limits": {"memory": "1Gi", "nvidia.com/gpu": "2"},
                    }
                ),
                "container serve asks for 2 GPUs of 1 allowed",
            ),
        ),
    ),
    "too many replicas": Broken(
        ("to: local", "to: kubernetes\n  replicas: 4"),
        f"19: deploy.replicas '4' asks for 4 replicas, and a model may have 3; ask for fewer, {ASK}",
        ((scaled(4), "it has 4 replicas of 3 allowed"), (autoscaler(4), "it has 4 replicas of 3 allowed")),
    ),
    "what its risk requires": Broken(
        (CHAMPION, "deploy:"),
        f"evaluate.champion is missing, and a model of high risk needs it; add it, {ASK} and its waivers",
    ),
}
