"""The policy as a cluster enforces it by itself: kubectl, which knows nothing of us, is refused what breaks a rule."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from cluster import Namespace, namespace
from golden_paths.policy import admission
from golden_paths.policy.model import FILE, Policy
from golden_paths.policy.objects import faults
from golden_paths.yaml_source import parse
from policies import IMAGE, POLICY, RULES, autoscaler, deployment, initial, owned, pod, resources, scaled

OF_OBJECTS = [(name, *one) for name, rule in RULES.items() for one in rule.objects]
# Names as kubectl may be given them, and whether they are from registry.example/team:
IMAGES = {
    IMAGE: True,
    IMAGE.replace("/team/", "/team/deep/"): True,
    IMAGE.replace("/team/", "/teams/"): False,
    IMAGE.replace("registry.example/team/", ""): False,
    IMAGE.replace("registry.example/", ""): False,
    IMAGE.replace("registry.example/", "localhost/"): False,
    IMAGE.replace("registry.example", "registry.example:5000"): False,
    IMAGE.replace("registry.example", "evil.example/registry.example"): False,
}


# One object for each policy, and a word of what is said of it.
EACH = [(scaled(4), "replicas"), (autoscaler(4), "replicas"), (deployment(image="x"), "images"), (owned("x"), "owners")]


def policy(namespaces: list[str], **more: str) -> Policy:
    data = parse(POLICY, FILE).data | {"namespaces": namespaces} | more
    return Policy.model_validate(data)


def test_nothing_is_rendered_of_a_policy_that_restricts_nothing() -> None:
    assert admission.rendered(Policy()) == []


def test_each_policy_is_bound_and_denies() -> None:
    made = admission.rendered(policy(["models"]))
    policies = {one["metadata"]["name"] for one in made if one["kind"] == "ValidatingAdmissionPolicy"}
    bound = {
        one["spec"]["policyName"]: one["spec"] for one in made if one["kind"] == "ValidatingAdmissionPolicyBinding"
    }
    assert policies == set(bound) == {f"golden-paths-{name}" for name in ("pods", "replicas", "autoscalers", "labels")}
    assert all(one["validationActions"] == ["Deny"] for one in bound.values())


@pytest.fixture(scope="module")
def place() -> Iterator[Namespace]:
    with namespace() as made:
        kubectl("label", "namespace", made.name, "golden-paths.dev/policy=enforced")
        objects = admission.rendered(policy([made.name]))
        try:
            kubectl("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
            for one, word in EACH:
                until_refused(one, word, made.name)
            yield made
        finally:
            for one in objects:
                kubectl("delete", one["kind"].lower(), one["metadata"]["name"], "--ignore-not-found")


@pytest.mark.kubernetes
@pytest.mark.parametrize(("name", "made", "said"), OF_OBJECTS)
def test_kubectl_is_refused_what_breaks_a_rule(place: Namespace, name: str, made: dict[str, Any], said: str) -> None:
    done = tried(made, place.name)
    assert done.returncode != 0, (name, said)
    assert "ValidatingAdmissionPolicy 'golden-paths-" in done.stderr


@pytest.mark.kubernetes
@pytest.mark.parametrize("made", [deployment(), pod(), scaled(3), autoscaler(3), initial()], ids=str)
def test_what_keeps_every_rule_is_taken(place: Namespace, made: dict[str, Any]) -> None:
    done = tried(made, place.name)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.kubernetes
@pytest.mark.parametrize(("image", "is_ours"), IMAGES.items())
def test_the_cluster_reads_an_image_as_we_do(place: Namespace, image: str, is_ours: bool) -> None:
    assert (list(faults(pod(image=image), policy([place.name]), place.name)) == []) is is_ours
    assert (tried(pod(image=image), place.name).returncode == 0) is is_ours


@pytest.mark.kubernetes
@pytest.mark.parametrize("amount", ["2", "2000m", "1999m", "2001m", "3"])
def test_the_cluster_counts_cpu_as_we_do(place: Namespace, amount: str) -> None:
    made = pod(**resources("requests", cpu=amount))
    taken = tried(made, place.name).returncode == 0
    assert taken is (list(faults(made, policy([place.name]), place.name)) == [])
    assert taken is (amount in ("2", "2000m", "1999m"))


@pytest.mark.kubernetes
def test_models_stay_in_their_namespaces_whoever_sends_them(place: Namespace) -> None:
    done = tried(deployment(), "default")
    assert f"models may be in {place.name} alone" in done.stderr
    assert done.returncode != 0


@pytest.mark.kubernetes
def test_what_is_there_is_not_changed_past_the_rules(place: Namespace) -> None:
    """By the subresources, which no rule on the objects themselves meets: scale, resize, and containers for debugging."""
    for made in (deployment(), pod()):
        sent = kubectl("apply", "-n", place.name, "-f", "-", given=json.dumps(hardened(made)))
        assert sent.returncode == 0, sent.stderr
    scaled_to = {n: kubectl("scale", "-n", place.name, "deployment/churn-v7", f"--replicas={n}") for n in (3, 4)}
    assert [one.returncode == 0 for one in scaled_to.values()] == [True, False]
    assert "a model may have 3 replicas" in scaled_to[4].stderr
    debug = ("debug", "-n", place.name, "churn-train", "--profile=restricted", "--image")
    assert "images may come from registry.example/team alone" in kubectl(*debug, "evil/shell:1").stderr
    debugged = kubectl(*debug, IMAGE)
    assert debugged.returncode == 0, debugged.stderr
    more = {"spec": {"containers": [{"name": "serve", "resources": {"requests": {"cpu": "3"}}}]}}
    resized = kubectl("patch", "-n", place.name, "pod", "churn-train", "--subresource=resize", "-p", json.dumps(more))
    assert "a container may have 2 cpu" in resized.stderr


def kubectl(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    program = shutil.which("kubectl")
    assert program, "kubectl is not on the PATH"
    return subprocess.run([program, *arguments], input=given, capture_output=True, text=True, check=False)


def tried(made: dict[str, Any], place: str) -> subprocess.CompletedProcess[str]:
    """Sent as far as the cluster decides on it, and not kept."""
    return kubectl("apply", "--dry-run=server", "-n", place, "-f", "-", given=json.dumps(hardened(made)))


def hardened(made: dict[str, Any]) -> dict[str, Any]:
    """As a namespace under the restricted Pod Security Standard wants pods, so that nothing is said of that."""
    made = json.loads(json.dumps(made))
    spec = made["spec"] if made["kind"] == "Pod" else made["spec"].get("template", {}).get("spec")
    if spec:
        spec["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        for one in spec["containers"] + spec.get("initContainers", []):
            one["securityContext"] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return made


def until_refused(made: dict[str, Any], word: str, place: str) -> None:
    """The API server takes a moment to know a new policy."""
    end, pause = time.monotonic() + 60, 0.5
    while word not in (said := tried(made, place).stderr):
        assert time.monotonic() < end, said
        time.sleep(pause)
