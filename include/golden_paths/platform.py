"""include/platform.yaml: what the platform team decides for the pods of all specs. Without the file there are defaults."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from golden_paths import settings_file
from golden_paths.cluster.settings import places
from golden_paths.errors import StepFailed
from golden_paths.project import Project
from golden_paths.quantities import Cpu, Memory
from golden_paths.section import Section
from golden_paths.values import Duration, ImageName, KubernetesName, Text

InPods = Literal["check_features", "materialize", "build_training_set", "train", "evaluate", "register", "score"]
FILE = "include/platform.yaml"
OFF, MLFLOW = "off", "mlflow"  # instead of an address


class Toleration(Section):
    """As in a pod."""

    key: Text | None = None
    operator: Literal["Equal", "Exists"] = "Equal"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None


class Pool(Section):
    """A kind of node."""

    node_selector: dict[str, str] = Field(default_factory=dict, description="Labels that its nodes have.")
    tolerations: tuple[Toleration, ...] = Field(default=(), strict=False, description="Taints that its nodes may have.")


class Images(Section):
    """GOLDEN_PATHS_TRAIN_IMAGE and GOLDEN_PATHS_SERVE_IMAGE win over these."""

    train: ImageName | None = Field(default=None, description="Runs steps.")
    serve: ImageName | None = Field(default=None, description="Serves models.")


class Pods(Section):
    """What a step's pod is, where its spec does not say."""

    cpu: Cpu = Field(default="500m", description="CPU that a pod is given at least.")
    memory: Memory = Field(default="2Gi", description="Memory of a pod.")
    gpu_resource: Text = Field(default="nvidia.com/gpu", description="What the cluster calls a GPU.")
    deadline: Duration = Field(
        default="1h", validate_default=True, description="How long a step without a timeout of its own may take."
    )
    grace: Duration = Field(
        default="10m", validate_default=True, description="What a pod is given beyond its step's timeout, to start and to end."
    )
    scheduled_within: Duration = Field(default="10m", validate_default=True, description="How long to wait for a node.")
    started_within: Duration = Field(default="10m", validate_default=True, description="How long an image may take.")
    keep_failed: Duration = Field(
        default="1d", validate_default=True, description="How long a failed pod is kept; the model's next pod removes it."
    )


def _address(value: str) -> str:
    scheme, mark, rest = value.partition("://")
    if mark and "@" in rest.partition("/")[0]:
        raise ValueError("has a sign-in, which others would read|write it without, and give the sign-in as environment variables")
    if (mark and not rest.strip("/")) or not scheme.strip():
        raise ValueError("is no address|write a folder, mlflow, off, or an address such as s3://bucket/folder")
    return value.rstrip("/")


def _places(value: str) -> str:
    try:
        places(value)
    except StepFailed:
        raise ValueError("is no list of addresses|write host:port, or a port alone, with commas between several") from None
    return value


class PredictionLog(Section):
    """Where models that are watched keep what they answered."""

    address: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_address)] | None = Field(
        default=None,
        description="A folder, mlflow (its artifacts), s3://bucket/folder or what else fsspec knows, or \"off\". "
        "Absent: .golden_paths/predictions of models on this machine, mlflow of those on Kubernetes.",
    )
    retention: Duration = Field(default="90d", validate_default=True, description="How long rows are kept, in whole hours.")
    flush: Duration = Field(default="15s", validate_default=True, description="How often servers write what they have.")
    volume: KubernetesName | None = Field(
        default=None, description="PersistentVolumeClaim that pods mount at the address, which then is a folder."
    )
    reach: Annotated[Text, AfterValidator(_places)] | None = Field(
        default=None,
        description="host:port, or port, that pods must reach to write to the address. Absent: 443, where it is neither a "
        "folder nor mlflow.",
    )

    @model_validator(mode="after")
    def _possible(self) -> PredictionLog:
        if self.flush < timedelta(seconds=1):
            raise ValueError("has a flush of less than a second|write 1s or more, as in flush: 15s")
        if self.volume and not (self.address or "").startswith(("/", "file:///")):
            raise ValueError("has a volume, and no folder to mount it at|name one, as in address: /predictions")
        return self


class Platform(Section):
    """The whole file."""

    in_pods: tuple[InPods, ...] = Field(
        default=(), strict=False, description="Steps that run in pods when a spec does not say."
    )
    images: Images = Field(default_factory=Images)
    pods: Pods = Field(default_factory=Pods)
    pools: dict[KubernetesName, Pool] = Field(default_factory=dict, description="Name -> kind of node.")
    prediction_log: PredictionLog = Field(default_factory=PredictionLog)
    secrets: dict[KubernetesName, KubernetesName] = Field(
        default_factory=dict, description="Name -> Kubernetes Secret whose keys become environment variables."
    )


def read(project: Project) -> Platform:
    """The project's. Raises `InvalidSpec` with every problem of the file: no spec can be built on it then."""
    return settings_file.read(project, FILE, Platform)


def deadline(platform: Platform, timeout: timedelta | None) -> int:
    """Seconds that a pod may be active: its step's timeout, or the platform's, and what it takes to start and to end."""
    return max(1, round(((timeout or platform.pods.deadline) + platform.pods.grace).total_seconds()))
