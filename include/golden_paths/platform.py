"""include/platform.yaml: what the platform team decides for the pods of all specs. Without the file there are defaults."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from golden_paths import settings_file
from golden_paths.project import Project
from golden_paths.quantities import Cpu, Memory
from golden_paths.section import Section
from golden_paths.values import Duration, ImageName, KubernetesName, Text

InPods = Literal["check_features", "materialize", "build_training_set", "train", "evaluate", "register", "score"]
FILE = "include/platform.yaml"


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


class Platform(Section):
    """The whole file."""

    in_pods: tuple[InPods, ...] = Field(
        default=(), strict=False, description="Steps that run in pods when a spec does not say."
    )
    images: Images = Field(default_factory=Images)
    pods: Pods = Field(default_factory=Pods)
    pools: dict[KubernetesName, Pool] = Field(default_factory=dict, description="Name -> kind of node.")
    secrets: dict[KubernetesName, KubernetesName] = Field(
        default_factory=dict, description="Name -> Kubernetes Secret whose keys become environment variables."
    )


def read(project: Project) -> Platform:
    """The project's. Raises `InvalidSpec` with every problem of the file: no spec can be built on it then."""
    return settings_file.read(project, FILE, Platform)


def deadline(platform: Platform, timeout: timedelta | None) -> int:
    """Seconds that a pod may be active: its step's timeout, or the platform's, and what it takes to start and to end."""
    return max(1, round(((timeout or platform.pods.deadline) + platform.pods.grace).total_seconds()))
