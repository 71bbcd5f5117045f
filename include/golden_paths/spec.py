"""The spec: the one vocabulary a data scientist writes. It speaks of the model, never of operators.

Every section refuses keys it does not know. Field descriptions are the documentation: they stand in the JSON Schema
(editors show them), in the starter spec and in the README.
"""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from golden_paths.values import PYTHON_NAME, Bound, Duration, ModelName, Owner, Param, ParamName, ProjectPath, Text


class Section(BaseModel):
    """Base of every section."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


S = TypeVar("S", bound=Section)


class FeaturesSection(Section):
    """Where the features come from."""

    repo: ProjectPath = Field(description="Folder of the Feast feature repository, with its feature_store.yaml.")
    service: Text = Field(description="Name of the Feast feature service the model uses.")
    freshness: Duration | None = Field(
        default=None,
        description="How old the newest row of every feature view may be at the end of the run's interval.",
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


class TrainSection(Section):
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


class Champion(Section):
    """How a new version is compared with the one that serves."""

    metric: Text = Field(description="The metric that decides; one of those above it.")
    may_lose: float = Field(
        default=0.0, ge=0, description="By how much the new version may be worse, in the metric's unit."
    )


class EvaluateSection(Section):
    """What the model must reach on the held-out part before it may go on."""

    metrics: dict[str, Bound] = Field(
        min_length=1, description='Bounds on the held-out part, as in roc_auc: ">= 0.75".'
    )
    champion: Champion | None = Field(
        default=None, description="Absent: the champion is reported, and does not decide."
    )


class DeploySection(Section):
    """Where the model serves."""

    to: Literal["local"] = Field(description="local: a process of this machine with a stable port.")
    port: int | None = Field(
        default=None, ge=1024, le=65535, description="The stable port; absent: chosen once and kept."
    )


class PathSpec(Section):
    """One model on one golden path."""

    golden_path: Text = Field(description="Which road, and its version, as in online-model@1.")
    name: ModelName = Field(description="The DAG, the model, the endpoint and the lineage are named after it.")
    owner: Owner = Field(description="The team or person who answers for the model.")
    description: Text = Field(description="What the model predicts, for whom.")
    schedule: Text | None = Field(
        default=None,
        description="A cron expression, a preset such as @weekly, or a duration such as 6h; absent: by hand.",
    )
    features: FeaturesSection | None = None
    training_set: TrainingSetSection | None = None
    train: TrainSection | None = None
    evaluate: EvaluateSection | None = None
    deploy: DeploySection | None = None

    def need(self, kind: type[S]) -> S:
        """The section of this kind. A plan exists only when the path's sections are there, so steps may rely on it."""
        for section in (self.features, self.training_set, self.train, self.evaluate, self.deploy):
            if isinstance(section, kind):
                return section
        raise LookupError(f"{self.name} has no {kind.__name__}")
