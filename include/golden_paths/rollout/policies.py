"""What guards a version's pods: who may talk to them and whom they may ask, how many may go at once, how many there are."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from golden_paths.cluster.settings import places
from golden_paths.rollout import labels, manifests
from golden_paths.rollout.release import Release

DNS = 53
Object = dict[str, Any]


def network_policy(release: Release) -> Object:
    """In: the port. Out: names, MLflow, the online store and the prediction log. For all versions of the model."""
    reach = release.keeping.reach if release.keeping else ""
    spec = {
        "podSelector": {"matchLabels": {labels.MODEL: release.content.model, labels.COMPONENT: labels.SERVES}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": [{"port": manifests.PORT, "protocol": "TCP"}]}],
        "egress": [
            {"ports": [{"port": DNS, "protocol": "UDP"}, {"port": DNS, "protocol": "TCP"}]},
            _to(*_address(release.tracking_uri)),
            *(_to(*place) for place in places(release.online_store)),
            *(_to(*place) for place in (places(reach) if reach else ())),
        ],
    }
    return manifests.of_model("networking.k8s.io/v1", "NetworkPolicy", release) | {"spec": spec}


def disruption_budget(release: Release) -> Object:
    """One pod at a time, when nodes are drained."""
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": manifests.selector(release)}}
    return manifests.of_version("policy/v1", "PodDisruptionBudget", release) | {"spec": spec}


def autoscaler(release: Release) -> Object:
    """Between the spec's replicas and its most."""
    use = {"type": "Utilization", "averageUtilization": release.autoscale_cpu}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": release.name},
        "minReplicas": release.replicas,
        "maxReplicas": release.most_replicas,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": use}}],
    }
    return manifests.of_version("autoscaling/v2", "HorizontalPodAutoscaler", release) | {"spec": spec}


def of_version(release: Release) -> Iterator[Object]:
    """Those that the release calls for."""
    if release.replicas > 1 or release.most_replicas:
        yield disruption_budget(release)
    if release.most_replicas:
        yield autoscaler(release)


def not_called_for(release: Release) -> set[str]:
    """Kinds of those that a release of other numbers may have left: an autoscaler would go on scaling."""
    return {"PodDisruptionBudget", "HorizontalPodAutoscaler"} - {one["kind"] for one in of_version(release)}


def _address(uri: str) -> tuple[str, int]:
    parts = urlsplit(uri)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _to(host: str, port: int) -> Object:
    """A policy knows addresses and no names: a name is any address, at its port."""
    rule: Object = {"ports": [{"port": port, "protocol": "TCP"}]}
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return rule
    return rule | {"to": [{"ipBlock": {"cidr": f"{address}/{address.max_prefixlen}"}}]}
