"""What the pods of a version have counted, in Prometheus' text, asked through the API server."""

from __future__ import annotations

from golden_paths.cluster.api import ClusterApi
from golden_paths.rollout import manifests
from golden_paths.rollout.versions import Versions

OK = 200


def of_pods(api: ClusterApi, model: str, version: str) -> dict[str, str]:
    """By pod; one that does not answer is left out."""
    found = {}
    for pod in Versions(api, model).pods(version):
        name = str(pod["metadata"]["name"])
        status, body = api.proxied(name, "/metrics", port=manifests.PORT)
        if status == OK:
            found[name] = body.decode()
    return found
