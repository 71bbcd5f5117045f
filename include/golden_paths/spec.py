"""The spec: the one vocabulary a data scientist writes. It speaks of the model, never of operators.

Every section refuses keys it does not know. Field descriptions are the documentation: they stand in the JSON Schema
(editors show them), in the starter spec and in the README.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, TypeVar

from pydantic import Field, field_validator, model_validator

from golden_paths.data_sections import RefreshSection, ScoreSection
from golden_paths.gate_sections import DatasheetSection, EvaluateSection
from golden_paths.monitor_sections import MonitorSection
from golden_paths.pod_sections import OtherStep, Placed
from golden_paths.quantities import Cpu, Memory, Percent
from golden_paths.section import Section
from golden_paths.values import PYTHON_NAME, Duration, ModelName, Owner, Param, ParamName, ProjectPath, Text

S = TypeVar("S", bound=Section)
# Of which a path has some: see paths/.
SECTIONS = ("features", "training_set", "train", "evaluate", "deploy", "monitor", "score", "refresh")


class FeaturesSection(Section):
    """Where the features come from."""

    repo: ProjectPath = Field(description="Folder of the Feast feature repository, with its feature_store.yaml.")
    service: Text = Field(description="Name of the Feast feature service the model uses.")
    freshness: Duration | None = Field(
        default=None,
        description="How old the newest row of every feature view may be at the end of the run's interval.",
    )
    refreshed_by: ModelName | None = Field(
        default=None,
        description="A feature-refresh spec that materializes this service. The path then only looks at what it did, and starts "
        "when that has ended well, unless it has a schedule of its own.",
    )


class Split(Section):
    """How the held-out part is chosen."""

    by: Literal["time", "random"] = Field(
        default="time", description="time: the latest rows are held out. random: seeded."
    )
    test: float = Field(default=0.25, gt=0, lt=1, description="Share of the rows that is held out.")
    seed: int = Field(default=0, ge=0, lt=2**32, description="Seed of a random split.")


class TrainingSetSection(Section):
    """What the model learns from."""

    entities: ProjectPath = Field(description="Parquet file with the entity keys, event_timestamp and the label.")
    label: Text = Field(description="Column of the entities file that the model predicts.")
    split: Split = Field(default_factory=Split)
    contract: ProjectPath | None = Field(
        default=None, description="File of what the training set must keep: types, ranges, nulls. Absent: it is not checked."
    )
    datasheet: DatasheetSection | None = Field(default=None, description="Where the data come from, and what they are good for.")
    may_tell_all: tuple[Text, ...] = Field(
        default=(), strict=False, max_length=20, description="Features that may predict the label alone; others are leaks."
    )
    sensitive: tuple[Text, ...] = Field(
        default=(),
        strict=False,
        max_length=20,
        description="Columns that tell groups apart: features, or columns of the entities file that the model is not given.",
    )


class TrainSection(Placed):
    """How the model is fitted: a function or a notebook."""

    code: ProjectPath | None = Field(
        default=None,
        pattern=rf"^[^:]+\.py:{PYTHON_NAME}$",
        description="FILE.py:FUNCTION with fit(features, label, **params) -> estimator.",
    )
    notebook: ProjectPath | None = Field(
        default=None,
        pattern=r"^[^:]+\.ipynb$",
        description="Notebook with a cell tagged 'parameters'; it is given `features` and `label`, and ends with `model`.",
    )
    params: dict[ParamName, Param] = Field(
        default_factory=dict,
        max_length=100,
        description="Passed to fit, or to the notebook; the trigger form can change them for one run.",
    )
    seed: int = Field(
        default=0, ge=0, lt=2**32, description="Fixed before fitting (random, numpy), so that a run repeats."
    )
    timeout: Duration = Field(default="1h", validate_default=True, description="How long fitting may take.")

    @model_validator(mode="after")
    def _one_of(self) -> TrainSection:
        if (self.code is None) == (self.notebook is None):
            raise ValueError("needs either code or notebook|name one of them, as in code: include/models/fit.py:fit")
        return self


class Autoscale(Section):
    """A HorizontalPodAutoscaler, for clusters that have metrics."""

    max_replicas: int = Field(ge=2, le=1000, description="At most this many replicas; `replicas` is the least.")
    cpu: Percent = Field(
        default="70%", validate_default=True, description="Mean use of the requested CPU that is aimed at."
    )

    @field_validator("cpu")
    @classmethod
    def _aims(cls, cpu: float) -> float:
        if cpu < 0.01:
            raise ValueError("is nothing to aim at|write 1% or more, as in 70%")
        return cpu


class RolloutSection(Section):
    """How a version on Kubernetes takes over the traffic from the one before."""

    steps: tuple[Percent, ...] = Field(
        default=("25%", "100%"),
        validate_default=True,
        strict=False,
        max_length=10,
        json_schema_extra={"minItems": 1},  # pydantic would count a bad item as none, and say both
        description="Shares of the traffic, each larger than the one before, the last 100%. In whole pods: at least one.",
    )
    judge_for: Duration = Field(
        default="1m", validate_default=True, description="How long each step below 100% is judged."
    )
    requests: int = Field(
        default=100, ge=1, le=1_000_000, description="Requests that each judgement needs; synthetic ones make up the rest."
    )
    max_errors: Percent = Field(
        default="1%",
        validate_default=True,
        description="Share of answers 5xx, and of 4xx, that the new version may have beyond that of the version in service.",
    )
    max_slowdown: float = Field(
        default=2.0, gt=1, le=100, description="How many times slower than the version in service it may be."
    )

    @field_validator("steps")
    @classmethod
    def _rising(cls, steps: tuple[float, ...]) -> tuple[float, ...]:
        if not steps or list(steps) != sorted(set(steps)) or steps[-1] != 1 or steps[0] <= 0:
            raise ValueError("do not rise to 100%|write rising shares, the last one 100%, as in [25%, 100%]")
        return steps


class DeploySection(Section):
    """Where the model serves."""

    to: Literal["local", "kubernetes"] = Field(
        description="local: a process of this machine with a stable port. kubernetes: pods behind a Service."
    )
    port: int | None = Field(
        default=None, ge=1024, le=65535, description="The stable port; absent: chosen once and kept (local), 80 (kubernetes)."
    )
    ready_within: Duration = Field(
        default="5m", validate_default=True, description="How long a new version's pods may take to be ready (kubernetes)."
    )
    replicas: int = Field(default=1, ge=1, le=1000, description="Pods that serve (kubernetes).")
    cpu: Cpu = Field(default="100m", description="CPU that each pod is given at least (kubernetes).")
    memory: Memory = Field(default="512Mi", description="Memory of each pod; what takes more is ended (kubernetes).")
    autoscale: Autoscale | None = Field(default=None, description="Absent: `replicas`, always (kubernetes).")
    latency: Duration = Field(
        default="1s",
        validate_default=True,
        description="95 of 100 golden records must be answered within this time by the candidate (kubernetes).",
    )
    rollout: RolloutSection = Field(
        default_factory=RolloutSection, description="How a new version takes over (kubernetes)."
    )
    keep_previous: Duration = Field(
        default="1h",
        validate_default=True,
        description="How long the version before stays warm after a promotion (kubernetes).",
    )
    keep_versions: int = Field(
        default=3, ge=1, le=100, description="Versions that are kept, that in service included (kubernetes)."
    )

    @field_validator("ready_within")
    @classmethod
    def _takes_seconds(cls, ready_within: timedelta) -> timedelta:
        if ready_within < timedelta(seconds=1):
            raise ValueError("is shorter than any pod takes|write seconds or minutes, as in 5m")
        return ready_within

    @model_validator(mode="after")
    def _of_kubernetes(self) -> DeploySection:
        if self.to == "local" and (named := sorted(self.model_fields_set - {"to", "port"})):
            raise ValueError(f"has {', '.join(named)}, which a local process does not have|remove that, or write to: kubernetes")
        if self.autoscale and self.autoscale.max_replicas < self.replicas:
            raise ValueError("has fewer autoscale.max_replicas than replicas|raise the one, or lower the other")
        return self


class PathSpec(Section):
    """One model on one golden path."""

    golden_path: Text = Field(description="Which road, and its version, as in online-model@1.")
    name: ModelName = Field(description="The DAG, the model, the endpoint and the lineage are named after it.")
    owner: Owner = Field(description="The team or person who answers for the model.")
    description: Text = Field(description="What the model predicts, for whom.")
    risk: Literal["minimal", "limited", "high"] = Field(
        default="high", description="How much harm a wrong answer does; the platform's policy asks for more the higher it is."
    )
    schedule: Text | None = Field(
        default=None,
        description="A cron expression, a preset such as @weekly, or a duration such as 6h; absent: by hand, "
        "or when the features were refreshed.",
    )
    features: FeaturesSection | None = None
    training_set: TrainingSetSection | None = None
    train: TrainSection | None = None
    evaluate: EvaluateSection | None = None
    deploy: DeploySection | None = None
    monitor: MonitorSection | None = None
    score: ScoreSection | None = None
    refresh: RefreshSection | None = None
    steps: dict[OtherStep, Placed] | None = Field(
        default=None, description="Where the other steps run, as in evaluate: {run_in: pod}. Those that move what serves do not."
    )

    def need(self, kind: type[S]) -> S:
        """The section of this kind. A plan exists only when the path's sections are there, so steps may rely on it."""
        for name in SECTIONS:
            section = getattr(self, name)
            if isinstance(section, kind):
                return section
        raise LookupError(f"{self.name} has no {kind.__name__}")
