"""A cluster as an audit reads it: what it keeps of a model's rollouts, and which images run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.rollout.release import Release
from golden_paths.rollout.state import State
from golden_paths.rollout.traffic import Traffic
from golden_paths.rollout.versions import Versions

PATIENCE = 5.0  # seconds: an audit says that a cluster is away, and goes on


class Cluster(Protocol):
    """One namespace. Raises `StepFailed` when it cannot be reached."""

    @property
    def namespace(self) -> str:
        """Its name."""

    def state(self, model: str) -> State | None:
        """What the model's Service says of its rollouts."""

    def release(self, model: str, version: str) -> Release | None:
        """What the version's ConfigMap keeps of it."""

    def images(self, model: str, version: str) -> tuple[str, ...]:
        """The digests of the images that the version's pods were started with."""


@dataclass(frozen=True)
class RealCluster:
    """The namespace that the settings name."""

    settings: ClusterSettings

    @property
    def namespace(self) -> str:
        """Its name."""
        return self.settings.chosen_namespace()

    def state(self, model: str) -> State | None:
        """What the model's Service says of its rollouts."""
        return Traffic(self._api(), model).state()

    def release(self, model: str, version: str) -> Release | None:
        """What the version's ConfigMap keeps of it."""
        return Versions(self._api(), model).release(version)

    def images(self, model: str, version: str) -> tuple[str, ...]:
        """The digests of the images that the version's pods were started with."""
        statuses = [
            one
            for pod in Versions(self._api(), model).pods(version)
            for one in (pod.get("status") or {}).get("containerStatuses") or ()
        ]
        return tuple(
            sorted({f"sha256:{str(one['imageID']).rpartition('sha256:')[2]}" for one in statuses if one.get("imageID")})
        )

    def _api(self) -> ClusterApi:
        return ClusterApi(self.settings, lambda _: None, patience=PATIENCE)
