"""A release: everything that the objects of one model version on a cluster follow from."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from golden_paths.artifacts import Candidate, Endpoint, ModelVersion
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.prediction_log.keeping import Keeping
from golden_paths.spec import DeploySection, PathSpec

HTTP_PORT = 80


class Content(BaseModel):
    """What of a release never changes: another content is another version."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    image: str
    model: str
    version: str
    digest: str  # of the model's files
    uri: str  # in MLflow
    run_id: str
    training_set: str  # digest
    features: str | None = None  # digest of the package of its feature repository
    repo: str | None = None  # that repository's folder name
    service: str | None = None


class Release(BaseModel):
    """Content, and how much of it. Kept in the version's ConfigMap, so that its objects can be made again."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    content: Content
    owner: str
    path: str
    tracking_uri: str
    online_store: str
    replicas: int
    most_replicas: int | None  # of the autoscaler
    autoscale_cpu: int | None  # percent
    cpu: str
    memory: str
    port: int
    ready_seconds: int
    keeping: Keeping | None = None  # of its prediction log
    withdrawn: str = ""  # the reason; its pods then answer with that, and load no model
    withdrawn_image: str = ""  # what says so: the version's own may be older than withdrawals are

    @property
    def name(self) -> str:
        """Of the version's objects."""
        return named(self.content.model, self.content.version)

    @classmethod
    def planned(
        cls,
        spec: PathSpec,
        version: ModelVersion,
        settings: ClusterSettings,
        *,
        tracking_uri: str,
        features: str | None = None,
        repo: Path | None = None,
        service: str | None = None,
    ) -> Self:
        """As the spec has it, without a prediction log. `features` is the digest of the package of `repo`."""
        deploy = spec.need(DeploySection)
        package = (features, repo.name if repo else None, service) if features else (None, None, None)
        content = _content(version, settings.image("serve"), *package)
        return cls(
            content=content,
            owner=spec.owner,
            path=spec.golden_path,
            tracking_uri=settings.pod_tracking_uri(tracking_uri),
            online_store=settings.pod_online_store(),
            replicas=deploy.replicas,
            most_replicas=scale.max_replicas if (scale := deploy.autoscale) else None,
            autoscale_cpu=round(scale.cpu * 100) if scale else None,
            cpu=deploy.cpu,
            memory=deploy.memory,
            port=deploy.port or HTTP_PORT,
            ready_seconds=int(deploy.ready_within.total_seconds()),
        )

    def is_of(self, one: ModelVersion | Candidate | Endpoint) -> bool:
        """Whether it is this version, byte for byte."""
        return (self.content.version, self.content.digest) == (one.version, one.digest)


def named(model: str, version: str) -> str:
    """The name of a version's objects: a Kubernetes name up to version 999,999, '-only' and a model's 50 letters included."""
    return f"{model}-v{version}"


def _content(version: ModelVersion, image: str, features: str | None, repo: str | None, service: str | None) -> Content:
    return Content(
        image=image,
        model=version.model,
        version=version.version,
        digest=version.digest,
        uri=version.uri,
        run_id=version.mlflow_run_id,
        training_set=version.training_set,
        features=features,
        repo=repo,
        service=service,
    )
