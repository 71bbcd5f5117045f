"""The policy as ValidatingAdmissionPolicies: the cluster holds everyone to it, whoever sends the object, and without us."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from golden_paths.policy.model import Policy
from golden_paths.rollout import labels

NAME = "golden-paths"
SELECTED = {"golden-paths.dev/policy": "enforced"}  # on the namespaces that it is to hold in
PODS = "object.kind == 'Pod' ? object.spec : object.spec.template.spec"
CONTAINERS = "variables.pod.containers + (has(variables.pod.initContainers) ? variables.pod.initContainers : [])"
# Images of containers that are put into a pod that runs (kubectl debug); those have no resources of their own.
IMAGES = (
    "variables.containers.map(c, c.image) + "
    "(has(variables.pod.ephemeralContainers) ? variables.pod.ephemeralContainers.map(c, c.image) : [])"
)
# With the subresources by which a pod, or a number of replicas, is changed once it is there.
RULES = (
    ("", ["v1"], ["pods", "pods/ephemeralcontainers", "pods/resize"]),
    ("apps", ["v1"], ["deployments", "replicasets", "statefulsets", "daemonsets"]),
    ("batch", ["v1"], ["jobs"]),
)
Object = dict[str, Any]


def rendered(policy: Policy) -> list[Object]:
    """Policies and their bindings, to be applied by who runs the cluster; empty when nothing is restricted."""
    found = []
    if checks := _of_containers(policy):
        found += _pair("pods", RULES, checks, {"pod": PODS, "containers": CONTAINERS, "images": IMAGES})
    if (most := policy.resources.replicas) is not None:
        kinds = ["deployments", "statefulsets", "replicasets"]
        scaled = (("apps", ["v1"], [*kinds, *(f"{kind}/scale" for kind in kinds)]),)
        said = _check(
            f"!has(object.spec.replicas) || object.spec.replicas <= {most}", f"a model may have {most} replicas"
        )
        found += _pair("replicas", scaled, [said], {})
        said = _check(f"object.spec.maxReplicas <= {most}", f"a model may have {most} replicas")
        found += _pair("autoscalers", (("autoscaling", ["v2"], ["horizontalpodautoscalers"]),), [said], {})
    return found + _of_labels(policy)


def _of_labels(policy: Policy) -> list[Object]:
    """Rules on everything that bears our labels, in whatever namespace."""
    checks = []
    if policy.namespaces is not None:
        listed = ", ".join(policy.namespaces)
        checks.append(_check(f"request.namespace in {_list(policy.namespaces)}", f"models may be in {listed} alone"))
    if policy.owners is not None:
        owners = [labels.value(owner) for owner in policy.owners]
        owned = f"object.metadata.labels[{_text(labels.OWNER)}]"
        said = f"{_text(labels.OWNER)} in object.metadata.labels && {owned} in {_list(owners)}"
        checks.append(_check(said, f"owners are {', '.join(policy.owners)}"))
    if not checks:
        return []
    ours = {"matchExpressions": [{"key": labels.MODEL, "operator": "Exists"}]}
    return _pair("labels", RULES, checks, {}, objects=ours, everywhere=True)


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _of_containers(policy: Policy) -> list[Object]:
    images, most = policy.images, policy.resources
    checks = []
    if images.registries is not None:
        listed = ", ".join(images.registries)
        expression = f"variables.images.all(image, {_from(images.registries)})"
        checks.append(_check(expression, f"images may come from {listed} alone"))
    if images.digests:
        expression = "variables.images.all(image, image.matches('@sha256:[0-9a-f]{64}$'))"
        checks.append(_check(expression, "images must be pinned by @sha256:..."))
    for name, limit in (("cpu", most.cpu), ("memory", most.memory)):
        if limit is not None:
            parts = [_at_most(part, name, limit) for part in ("requests", "limits")]
            checks += [_each(part, f"a container may have {limit} {name}") for part in parts]
    if most.memory is not None:
        has = "has(c.resources) && has(c.resources.limits) && 'memory' in c.resources.limits"
        checks.append(_each(has, f"a container needs a memory limit, of {most.memory} at most"))
    if most.gpu is not None:
        inner = f"c.resources.limits.all(name, !name.endsWith('/gpu') || int(string(c.resources.limits[name])) <= {most.gpu})"
        checks.append(
            _each(f"!has(c.resources) || !has(c.resources.limits) || {inner}", f"a pod may have {most.gpu} GPUs")
        )
    return checks


def _from(registries: tuple[str, ...]) -> str:
    """Whether an image is of one of these, as a container runtime reads its name."""
    host = "image.split('/')[0]"
    named = f"(image.contains('/') && ({host}.contains('.') || {host}.contains(':') || {host} == 'localhost'))"
    full = f"({named} ? image : (image.contains('/') ? 'docker.io/' : 'docker.io/library/') + image)"
    return " || ".join(f"{full}.startsWith({_text(one + '/')})" for one in registries) or "false"


def _at_most(part: str, name: str, limit: str) -> str:
    said = f"!has(c.resources) || !has(c.resources.{part}) || !({_text(name)} in c.resources.{part})"
    return f"{said} || quantity(string(c.resources.{part}[{_text(name)}])).compareTo(quantity({_text(limit)})) <= 0"


def _each(expression: str, message: str) -> Object:
    return _check(f"variables.containers.all(c, {expression})", message)


def _check(expression: str, message: str) -> Object:
    return {"expression": expression, "message": message, "reason": "Forbidden"}


def _text(text: str) -> str:
    """As a literal of CEL."""
    return json.dumps(text)


def _pair(
    what: str,
    rules: Any,
    checks: list[Object],
    variables: dict[str, str],
    *,
    objects: Object | None = None,
    everywhere: bool = False,
) -> list[Object]:
    name = f"{NAME}-{what}"
    matched = [
        {"apiGroups": [group], "apiVersions": versions, "resources": kinds, "operations": ["CREATE", "UPDATE"]}
        for group, versions, kinds in rules
    ]
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": matched} | ({"objectSelector": objects} if objects else {}),
        "variables": [{"name": key, "expression": expression} for key, expression in variables.items()],
        "validations": checks,
    }
    bound: Object = {"policyName": name, "validationActions": ["Deny"]}
    if not everywhere:
        bound["matchResources"] = {"namespaceSelector": {"matchLabels": SELECTED}}
    api = "admissionregistration.k8s.io/v1"
    return [
        {"apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec},
        {"apiVersion": api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}, "spec": bound},
    ]
