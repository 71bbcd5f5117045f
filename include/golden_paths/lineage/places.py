"""Where things are, for their names: MLflow and the endpoints. Asked for when it is needed; a cluster costs an import."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from golden_paths.lineage import names
from golden_paths.spec import DeploySection, PathSpec

if TYPE_CHECKING:
    from golden_paths.cluster.settings import ClusterSettings


@dataclass(frozen=True)
class Places:
    """Of one spec's run. `cluster` is asked only when the spec deploys there."""

    tracking_uri: str
    is_on_cluster: bool = False
    cluster: Any = None  # () -> ClusterSettings

    @classmethod
    def of(cls, spec: PathSpec, clients: Any) -> Places:
        """As the run's clients say."""
        on_cluster = spec.deploy is not None and spec.need(DeploySection).to == "kubernetes"
        return cls(clients.tracking_uri, on_cluster, lambda: clients.cluster)

    @cached_property
    def endpoints(self) -> str:
        """The namespace of the spec's endpoint."""
        if not self.is_on_cluster:
            return names.on_host(socket.gethostname())
        settings: ClusterSettings = self.cluster()
        return names.on_cluster(str(settings.connect().configuration.host), settings.chosen_namespace())
