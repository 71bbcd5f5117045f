"""Where a step runs, as a spec says it. Nothing else of a pod can be reached from a spec."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from golden_paths.quantities import Cpu, Memory
from golden_paths.section import Section
from golden_paths.values import ImageName, Text

Where = Literal["worker", "pod"]
# Those that move what serves (deploy, canary, promote) never run in a pod; train says it in its own section.
OtherStep = Literal["check_features", "materialize", "build_training_set", "evaluate", "register", "smoke"]


class PodSection(Section):
    """What a step's pod is given."""

    image: ImageName | None = Field(default=None, description="Absent: the platform's train image.")
    cpu: Cpu | None = Field(default=None, description="CPU that the pod is given at least; absent: the platform's default.")
    memory: Memory | None = Field(
        default=None, description="Memory of the pod; what takes more is ended. Absent: the platform's default."
    )
    gpu: int | None = Field(default=None, ge=1, le=64, description="Whole GPUs.")
    pool: Text | None = Field(default=None, description="Kind of node, by its name in include/platform.yaml.")
    secrets: tuple[Text, ...] = Field(
        default=(),
        strict=False,
        max_length=20,
        description="Secrets, by their names in include/platform.yaml; their keys become environment variables.",
    )


class Placed(Section):
    """Where a step runs."""

    run_in: Where | None = Field(
        default=None, description="worker: a process of Airflow's. pod: a pod of its own. Absent: the platform's default."
    )
    pod: PodSection | None = Field(default=None, description="What the step's pod is given.")

    @model_validator(mode="after")
    def _has_a_pod(self) -> Placed:
        if self.run_in == "worker" and self.pod is not None:
            raise ValueError("has a pod, and run_in: worker|write run_in: pod, or remove pod")
        return self
