"""From a step in its context to the pod that is to run it. What the pod needs is in the cluster, or in MLflow, after this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from golden_paths import platform
from golden_paths.cluster.api import ClusterApi
from golden_paths.modelling import provenance
from golden_paths.placement import pod_needs
from golden_paths.pods import delivery, package
from golden_paths.pods.request import request_of
from golden_paths.pods.template import pod_template
from golden_paths.policy.objects import guard
from golden_paths.step import Step, StepContext

if TYPE_CHECKING:
    from golden_paths.connect import LazyClients


def prepared(step: Step, context: StepContext, api: ClusterApi) -> dict[str, Any]:
    """The pod's manifest. Raises `StepFailed` when no image is named, or when no pod reaches MLflow."""
    clients = cast("LazyClients", context.clients)  # no other clients have a cluster
    spec, project = context.spec, context.project
    needs = pod_needs(step, spec, platform.read(project))
    image = needs.image or clients.cluster.image("train")
    tracking_uri = clients.cluster.pod_tracking_uri(clients.tracking_uri)
    packed = package.pack(project.root, step.brings(spec, project))
    origin = provenance.git(project.root)
    if packed:
        origin["golden_paths.package_digest"] = packed.digest
    request = request_of(step.name, context, memory=needs.memory, origin=origin)
    config_map = None
    if packed:
        request = request.model_copy(update={"package": packed.digest})
        if manifest := delivery.config_map(packed, spec, step.name):
            config_map = delivery.into_cluster(manifest, api)
        else:
            uri = delivery.into_mlflow(packed, spec, clients.tracking)
            request = request.model_copy(update={"package_uri": uri})
    made = pod_template(spec, request, needs, image=image, tracking_uri=tracking_uri, config_map=config_map)
    guard(project)(made, api.namespace)  # Airflow's provider sends it with a client of its own
    return made
