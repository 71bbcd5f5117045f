"""Whom a version's pods may talk to, and how many of them there are."""

from __future__ import annotations

from typing import Any

import pytest

from golden_paths.prediction_log.keeping import Keeping
from golden_paths.rollout import policies
from releases import release

DNS = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}


def to(port: int, *cidrs: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"ports": [{"port": port, "protocol": "TCP"}]}
    return rule | {"to": [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]} if cidrs else rule


# (MLflow, online store) -> egress beside names
EGRESS = {
    "names": ("http://mlflow.shop:5000", "redis.shop:6379", [to(5000), to(6379)]),
    "a port alone": ("http://mlflow.shop:5000", "6379", [to(5000), to(6379)]),
    "addresses": ("http://10.0.0.5:5000", "10.0.0.6:6380", [to(5000, "10.0.0.5/32"), to(6380, "10.0.0.6/32")]),
    "IPv6": ("http://[fd00::5]:5000", "[fd00::6]:6379", [to(5000, "fd00::5/128"), to(6379, "fd00::6/128")]),
    "https": ("https://mlflow.shop/base", "6379", [to(443), to(6379)]),
    "http": ("http://mlflow", "6379", [to(80), to(6379)]),
    "several": ("http://mlflow:1", "10.0.0.6:6379,5432", [to(1), to(6379, "10.0.0.6/32"), to(5432)]),
}


@pytest.mark.parametrize("case", EGRESS)
def test_a_pod_asks_names_mlflow_and_the_online_store_and_nobody_else(case: str) -> None:
    uri, store, egress = EGRESS[case]
    spec = policies.network_policy(release(tracking_uri=uri, online_store=store))["spec"]
    assert spec == {
        "podSelector": {"matchLabels": {"golden-paths.dev/model": "churn", "app.kubernetes.io/component": "serve"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": [{"port": 8080, "protocol": "TCP"}]}],
        "egress": [DNS, *egress],
    }


@pytest.mark.parametrize(
    ("reach", "egress"),
    [("", []), ("443", [to(443)]), ("minio.shop:9000", [to(9000)]), ("10.0.0.7:9000", [to(9000, "10.0.0.7/32")])],
)
def test_a_pod_asks_what_its_prediction_log_needs(reach: str, egress: list[dict[str, Any]]) -> None:
    found = release(keeping=Keeping(address="s3://bucket/log", reach=reach))
    assert policies.network_policy(found)["spec"]["egress"] == [DNS, to(5000), to(6379), *egress]


KINDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "one": ({}, []),
    "three": ({"replicas": 3}, ["PodDisruptionBudget"]),
    "one to four": ({"most_replicas": 4, "autoscale_cpu": 70}, ["PodDisruptionBudget", "HorizontalPodAutoscaler"]),
}


@pytest.mark.parametrize("case", KINDS)
def test_pods_that_may_be_several_are_not_evicted_at_once(case: str) -> None:
    fields, kinds = KINDS[case]
    assert [one["kind"] for one in policies.of_version(release(**fields))] == kinds


def test_a_budget_never_holds_up_a_node_for_ever() -> None:
    spec = policies.disruption_budget(release(replicas=2))["spec"]
    selector = {"golden-paths.dev/model": "churn", "golden-paths.dev/version": "7"}
    assert spec == {"maxUnavailable": 1, "selector": {"matchLabels": selector}}


def test_an_autoscaler_goes_from_the_specs_replicas_to_its_most() -> None:
    spec = policies.autoscaler(release(replicas=2, most_replicas=9, autoscale_cpu=60))["spec"]
    assert spec == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "churn-v7"},
        "minReplicas": 2,
        "maxReplicas": 9,
        "metrics": [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}
        ],
    }
