"""Settings -> the real clients. Each is made when it is first asked for, so a step pays only for what it uses."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from golden_paths.cluster.settings import ClusterSettings
from golden_paths.project import Project
from golden_paths.spec import DeploySection

if TYPE_CHECKING:
    from golden_paths.clients import FeatureStore, ModelRegistry, Target, Tracking
    from golden_paths.clients.predictions import Predictions
    from golden_paths.scoring.output import Output
    from golden_paths.spec import PathSpec


SCORES_URI = "GOLDEN_PATHS_SCORES_URI"


@dataclass(frozen=True)
class Settings:
    """Where the platform's services are. `tracking_uri` None: an SQLite file in the project's state.

    `scores_uri` gives the database for scores that go into tables, as SQLAlchemy writes it, with its sign-in.
    """

    tracking_uri: str | None = None
    cluster: ClusterSettings = field(default_factory=lambda: ClusterSettings.from_environment())
    scores_uri: Callable[[], str | None] = lambda: os.environ.get(SCORES_URI) or None

    @classmethod
    def from_environment(cls) -> Settings:
        """MLFLOW_TRACKING_URI, as everywhere with MLflow, and KUBECONFIG, as everywhere with Kubernetes."""
        return cls(tracking_uri=os.environ.get("MLFLOW_TRACKING_URI") or None)


class LazyClients:
    """The clients of one run: Feast in a child process, MLflow, and endpoints on this machine."""

    def __init__(self, project: Project, settings: Settings, log: Callable[[str], None]) -> None:
        self._project, self._settings, self._log = project, settings, log

    @property
    def tracking_uri(self) -> str:
        """The MLflow tracking URI in use."""
        if self._settings.tracking_uri:
            return self._settings.tracking_uri
        self._project.state.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{self._project.state / 'mlflow.db'}"

    def feature_store(self, repo: str) -> FeatureStore:
        """The feature repository in this folder of the project."""
        from golden_paths.clients.feast_store import FeastStore

        return FeastStore(self._project, repo, self._log)

    @cached_property
    def tracking(self) -> Tracking:
        """Runs and artifacts."""
        from golden_paths.clients.mlflow_tracking import MlflowTracking

        return MlflowTracking(self.tracking_uri)

    @cached_property
    def models(self) -> ModelRegistry:
        """Versions and aliases."""
        from golden_paths.clients.mlflow_models import MlflowModels

        return MlflowModels(self.tracking_uri)

    @cached_property
    def cluster(self) -> ClusterSettings:
        """The cluster, with the images that its pods run."""
        from golden_paths import built_images

        return built_images.completed(self._settings.cluster, self._project)

    def predictions(self, spec: PathSpec) -> Predictions:
        """What the model's servers wrote of their answers."""
        from golden_paths.clients.logged_predictions import LoggedPredictions
        from golden_paths.prediction_log import planned

        return LoggedPredictions(spec.name, planned.log_of(spec, self._project, self.tracking_uri))

    def score_table(self, table: str) -> Output:
        """A table of the database of scores."""
        from golden_paths.scoring.database import Database
        from golden_paths.scoring.table import Table

        return Table(Database.at(self._settings.scores_uri()), table)

    def target(self, spec: PathSpec) -> Target:
        """Where the spec's model serves."""
        deploy = spec.need(DeploySection)
        if deploy.to == "kubernetes":
            from golden_paths.clients.kubernetes_target import KubernetesTarget

            return KubernetesTarget(spec, self.cluster, self._project, tracking_uri=self.tracking_uri, log=self._log)
        from golden_paths.clients.local_target import LocalTarget
        from golden_paths.prediction_log import planned

        return LocalTarget(self._project, deploy.port, lambda: planned.keeping(spec, self._project, self.tracking_uri))
