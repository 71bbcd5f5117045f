"""Changes by hand, found in the records of managed fields that an API server keeps; and undone, on a real one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client

from cluster import Namespace, namespace
from golden_paths.cluster import hand_made
from golden_paths.cluster.api import MANAGER, ClusterApi
from golden_paths.cluster.settings import ClusterSettings

LABELS = {"golden-paths.dev/model": "churn"}
DEPLOYMENT: dict[str, Any] = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 2}}
AUTOSCALED: dict[str, Any] = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {}}
CONTAINER = 'k:{"name":"serve"}'


def entry(who: str, spec: dict[str, Any], operation: str = "Update", **more: Any) -> dict[str, Any]:
    return {"manager": who, "operation": operation, "apiVersion": "apps/v1", "fieldsV1": {"f:spec": spec}} | more


def live(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "churn-v1", "managedFields": list(entries)}}


REPLICAS: dict[str, Any] = {"f:replicas": {}}
OURS = entry(MANAGER, REPLICAS, "Apply")
FIELDS = {"f:image": {}, "f:env": {'k:{"name":"A"}': {".": {}, "f:value": {}}}}
DEEP = {"f:template": {"f:spec": {"f:containers": {CONTAINER: FIELDS}}}}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing is kept": ({"metadata": {}}, DEPLOYMENT, []),
    "ours alone": (live(OURS), DEPLOYMENT, []),
    "a controller": (live(entry("kube-controller-manager", REPLICAS)), DEPLOYMENT, []),
    "a status": (live(entry("k3s", REPLICAS, subresource="status")), DEPLOYMENT, []),
    "metadata": (live({"manager": "kubectl-label", "apiVersion": "apps/v1", "fieldsV1": {"f:metadata": {}}}), DEPLOYMENT, []),
    "kubectl scale": (live(OURS, entry("kubectl", REPLICAS, subresource="scale")), DEPLOYMENT, ["kubectl: spec.replicas"]),
    "an autoscaler of k3s": (live(OURS, entry("k3s", REPLICAS, subresource="scale")), AUTOSCALED, []),
    "kubectl edit": (
        live(OURS, entry("kubectl-edit", DEEP)),
        DEPLOYMENT,
        ["kubectl-edit: spec.template.spec.containers[serve].image, spec.template.spec.containers[serve].env[A]"],
    ),
    "two of them": (
        live(entry("a", {"f:paused": {}}), entry("b", REPLICAS)),
        DEPLOYMENT,
        ["a: spec.paused", "b: spec.replicas"],
    ),
    "many": (
        live(entry("a", {f"f:{name}": {} for name in "abcdefg"})),
        DEPLOYMENT,
        ["a: spec.a, spec.b, spec.c, spec.d, spec.e and 2 more"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_who_changed_what_of_the_spec_is_said(case: str) -> None:
    found, manifest, said = CASES[case]
    assert hand_made.changes(found, manifest, MANAGER) == said


def test_what_others_changed_becomes_ours_and_what_is_not_of_the_spec_stays_theirs() -> None:
    other = {"f:metadata": {"f:labels": {"f:team": {}}}, "f:spec": {"f:paused": {}}}
    status = entry("kube-controller-manager", {}, subresource="status")
    found = live(OURS, entry("kubectl-edit", {}) | {"fieldsV1": other}, status)
    assert hand_made.adopted(found, DEPLOYMENT, MANAGER) == [
        OURS | {"fieldsV1": {"f:spec": {"f:replicas": {}, "f:paused": {}}}},
        entry("kubectl-edit", {}) | {"fieldsV1": {"f:metadata": {"f:labels": {"f:team": {}}}}},
        status,
    ]


def test_what_an_autoscaler_owns_stays_its_own() -> None:
    scaled = entry("k3s", REPLICAS, subresource="scale")
    assert hand_made.adopted(live(OURS, scaled), AUTOSCALED, MANAGER) == [OURS, scaled]


def service(*ports: int, version: str = "1") -> dict[str, Any]:
    spec = {
        "selector": {f"traffic/v{version}": "true"},
        "ports": [{"name": f"p{port}", "port": port, "protocol": "TCP"} for port in ports],
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "churn", "labels": LABELS}, "spec": spec}


@pytest.fixture(scope="module")
def place() -> Iterator[Namespace]:
    with namespace() as made:
        yield made


@pytest.mark.kubernetes
def test_a_change_by_hand_is_told_once_undone_whole_and_leaves_no_second_owner(place: Namespace) -> None:
    told: list[str] = []
    api = ClusterApi(ClusterSettings(namespace=place.name), told.append)
    core = client.CoreV1Api(place.api)
    api.apply(service(80))
    by_hand = {"spec": {"selector": {"mine": "true"}, "publishNotReadyAddresses": True, "sessionAffinity": "ClientIP"}}
    by_hand["spec"]["ports"] = [{"name": "p80", "port": 80, "targetPort": 99}, {"name": "other", "port": 81}]
    core.patch_namespaced_service("churn", place.name, by_hand, field_manager="kubectl-edit")
    address = core.read_namespaced_service("churn", place.name).spec.cluster_ip

    api.apply(service(80))
    found = core.read_namespaced_service("churn", place.name).spec
    assert (found.selector, [port.port for port in found.ports], found.ports[0].target_port) == ({"traffic/v1": "true"}, [80], 80)
    assert (found.publish_not_ready_addresses, found.session_affinity, found.cluster_ip) == (None, "None", address)
    (said,) = told
    assert said.startswith("Service churn was changed by hand: kubectl-edit: ")
    assert said.endswith("; that is undone")
    assert "spec.selector" in said

    api.apply(service(8080, version="2"))  # nothing of what was undone is owned twice, and so stays
    found = core.read_namespaced_service("churn", place.name).spec
    assert (found.selector, [port.port for port in found.ports]) == ({"traffic/v2": "true"}, [8080])
    assert told == [said]


@pytest.mark.kubernetes
def test_a_deployment_changed_by_hand_is_as_it_was_and_an_autoscalers_number_stays(place: Namespace) -> None:
    told: list[str] = []
    api = ClusterApi(ClusterSettings(namespace=place.name), told.append)
    apps = client.AppsV1Api(place.api)
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "serve", "image": "nowhere:1"}]}}
    manifest: dict[str, Any] = {"apiVersion": "apps/v1", "kind": "Deployment"}
    manifest["metadata"] = {"name": "churn-v1", "labels": LABELS}
    manifest["spec"] = {"selector": {"matchLabels": LABELS}, "template": template, "paused": True}
    api.apply(manifest)
    apps.patch_namespaced_deployment_scale("churn-v1", place.name, {"spec": {"replicas": 0}}, field_manager="k3s")
    container = {"name": "serve", "image": "evil:1", "env": [{"name": "A", "value": "b"}]}
    by_hand = {"spec": {"minReadySeconds": 7, "template": {"spec": {"containers": [container]}}}}
    apps.patch_namespaced_deployment("churn-v1", place.name, by_hand, field_manager="kubectl-edit")

    api.apply(manifest)
    found = apps.read_namespaced_deployment("churn-v1", place.name).spec
    (serve,) = found.template.spec.containers
    assert (serve.image, serve.env, found.min_ready_seconds, found.replicas) == ("nowhere:1", None, None, 0)
    assert told == [
        "Deployment churn-v1 was changed by hand: kubectl-edit: spec.minReadySeconds, "
        "spec.template.spec.containers[serve].env[A], spec.template.spec.containers[serve].image; that is undone"
    ]


class Busy(ClusterApi):
    """Someone writes to the object whenever it has been read, three times."""

    writes = 0

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        found = super().get(kind, name)
        if found and self.writes < 3:
            self.writes += 1
            self.patch(kind, name, {"metadata": {"annotations": {"written": str(self.writes)}}})
        return found


@pytest.mark.kubernetes
def test_an_object_that_changes_between_being_read_and_undone_is_read_again(place: Namespace) -> None:
    told: list[str] = []
    api = Busy(ClusterSettings(namespace=place.name), told.append)
    core = client.CoreV1Api(place.api)
    manifest = service(80)
    manifest["metadata"]["name"] = "busy"
    api.apply(manifest)
    by_hand = {"spec": {"selector": {"mine": "true"}}}
    core.patch_namespaced_service("busy", place.name, by_hand, field_manager="kubectl-edit")
    api.apply(manifest)
    assert core.read_namespaced_service("busy", place.name).spec.selector == {"traffic/v1": "true"}
    assert (api.writes, told) == (3, ["Service busy was changed by hand: kubectl-edit: spec.selector; that is undone"])


@pytest.mark.kubernetes
def test_what_was_put_back_once_can_still_be_given_up(place: Namespace) -> None:
    """With two owners of the port that was put back, the next one would stand beside it: 422, two ports of one name."""
    api = ClusterApi(ClusterSettings(namespace=place.name), print)
    core = client.CoreV1Api(place.api)
    manifest = service(80)
    manifest["metadata"]["name"] = "moved"
    manifest["spec"]["ports"][0]["name"] = "http"
    api.apply(manifest)
    ports = [{"name": "http", "port": 81, "protocol": "TCP"}]
    by_hand = [{"op": "replace", "path": "/spec/ports", "value": ports}]
    core.patch_namespaced_service("moved", place.name, by_hand, field_manager="kubectl-edit")
    api.apply(manifest)
    manifest["spec"]["ports"][0]["port"] = 8080
    api.apply(manifest)
    assert [port.port for port in core.read_namespaced_service("moved", place.name).spec.ports] == [8080]
