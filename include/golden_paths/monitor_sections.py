"""How a model that serves is watched, and renewed, as a spec says it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from golden_paths.gate_sections import BiasSection
from golden_paths.quantities import Percent
from golden_paths.section import Section
from golden_paths.values import AtMost, Bound, Duration, ProjectPath, Text

Cause = Literal["drift", "contract", "bias", "performance", "freshness", "age", "errors", "latency"]


class DriftSection(Section):
    """When the inputs, or the predictions, count as another population than the model was trained on.

    An alarm takes both: significance at `alpha`, and a distance of at least `effect`.
    """

    alpha: float = Field(
        default=0.01,
        ge=1e-6,
        le=0.2,
        description="How often a window without any drift may be called significant, all columns together.",
    )
    at_least: int = Field(default=500, ge=20, description="Rows that a window needs to be judged.")
    effect: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="The least distance that matters, from 0 to 1: between cumulative shares of numbers (Kolmogorov-Smirnov), "
        "between shares of categories (total variation), between shares of missing values.",
    )


class PerformanceSection(Section):
    """How good the answers were, once labels have arrived."""

    labels: ProjectPath | None = Field(
        default=None,
        description="Parquet file that labels are added to, with the columns of training_set.entities. Absent: that file.",
    )
    metrics: dict[str, Bound] | None = Field(
        default=None, min_length=1, description="Bounds on the live answers. Absent: those of evaluate.metrics."
    )
    within: Duration = Field(
        default="30d", validate_default=True, description="How late a label may come: so far back its predictions are looked for."
    )
    at_least: int = Field(default=100, ge=20, description="Predictions with a label that a judgement needs.")


class RetrainSection(Section):
    """What starts a run of the path by itself, and how often at most."""

    on: tuple[Cause, ...] = Field(
        default=("drift", "age", "performance"),
        strict=False,
        json_schema_extra={"minItems": 1},  # pydantic would count a bad item as none, and say both
        description="Alarms that start a run.",
    )
    cool_down: Duration = Field(
        default="24h", validate_default=True, description="How long nothing is started after a run was."
    )
    at_most: AtMost = Field(
        default="3 per 30d", validate_default=True, description="How many runs may be started within a time, as in 3 per 30d."
    )

    @field_validator("on")
    @classmethod
    def _names_something(cls, on: tuple[Cause, ...]) -> tuple[Cause, ...]:
        if not on:
            raise ValueError("is empty|name a cause, as in [drift, age], or leave retrain out")
        return on


class MonitorSection(Section):
    """What is watched while the model serves. The DAG that watches is called NAME.watch."""

    schedule: Text = Field(
        default="@hourly", description="How often: a cron expression, a preset such as @hourly, or a duration such as 6h."
    )
    window: Duration | None = Field(
        default=None, description="How far back each look goes. Absent: to the one before; of one by hand, a day."
    )
    drift: DriftSection | None = Field(default=None, description="Absent: drift is not looked for.")
    contract: bool = Field(
        default=True, description="Whether live inputs are held to the columns of training_set.contract, where there is one."
    )
    bias: Literal["inherit"] | BiasSection | None = Field(
        default=None, description="Groups, on live predictions. inherit: as in evaluate.bias. Absent: they are not compared."
    )
    performance: Literal["inherit"] | PerformanceSection | None = Field(
        default=None,
        description="Metrics, once labels arrive. inherit: the bounds of evaluate.metrics. Absent: labels are not awaited.",
    )
    freshness: Duration | None = Field(
        default=None, description="How old the newest row of every feature view may be in the online store."
    )
    max_age: Duration | None = Field(
        default=None, description="How long a version may serve before it expires; what then happens is the policy's word."
    )
    errors: Percent | None = Field(default=None, description="Share of answers 5xx that the endpoint may give.")
    latency: Duration | None = Field(default=None, description="95 of 100 answers must be given within this time.")
    retrain: RetrainSection | None = Field(default=None, description="Absent: alarms are told, and start nothing.")
