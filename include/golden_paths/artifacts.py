"""What travels between the steps: references and digests, small enough for XCom. Frames and models never do."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Artifact(BaseModel):
    """Base of what a step produces. `name` is how plans, logs and XCom call it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str]


class ViewState(BaseModel):
    """What the online store holds of one feature view, read back after materialization."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    view: str
    rows: int  # entity keys written for this interval
    newest: datetime | None  # newest event timestamp written


class Features(Artifact):
    """A Feast feature service, materialized into the online store."""

    name: ClassVar[str] = "features"
    repo: str
    service: str
    start: datetime
    end: datetime
    views: tuple[ViewState, ...]


class TrainingSet(Artifact):
    """A frozen point-in-time training set. `digest` is the SHA-256 of the parquet file at `uri`: its identity everywhere."""

    name: ClassVar[str] = "training_set"
    uri: str
    digest: str
    mlflow_run_id: str
    rows: int
    test_rows: int
    keys: tuple[str, ...]
    timestamp: str
    features: tuple[str, ...]
    label: str


class Model(Artifact):
    """A fitted model in MLflow, not yet judged.

    `digest` is over every file that is loaded when it serves (see `golden_paths.digests.of_folder`); `weights` is over
    the fitted parameters alone and repeats when the same spec meets the same data.
    """

    name: ClassVar[str] = "model"
    uri: str
    mlflow_run_id: str
    digest: str
    weights: str
    golden_records: str  # MLflow URI of the golden records
    golden_digest: str


class Evidence(Artifact):
    """The verdict of evaluation: it exists only when every gate was passed."""

    name: ClassVar[str] = "evidence"
    mlflow_run_id: str
    model_digest: str
    metrics: dict[str, float]
    champion_version: str | None
    champion_metrics: dict[str, float]
    report: str  # MLflow URI of the report


class ModelVersion(Artifact):
    """A version in MLflow's model registry."""

    name: ClassVar[str] = "version"
    model: str
    version: str
    mlflow_run_id: str
    uri: str
    digest: str
    weights: str
    training_set: str  # digest
    golden_records: str
    golden_digest: str


class Candidate(Artifact):
    """A model version that runs beside the endpoint and takes no traffic yet."""

    name: ClassVar[str] = "candidate"
    endpoint: str
    version: str
    digest: str
    url: str


class SmokeReport(Artifact):
    """The candidate answered every golden record exactly."""

    name: ClassVar[str] = "smoke_report"
    endpoint: str
    version: str
    digest: str
    records: int
    slowest_ms: float


class Endpoint(Artifact):
    """A stable address and the model version that answers there."""

    name: ClassVar[str] = "endpoint"
    endpoint: str
    url: str
    version: str
    digest: str
    previous: str | None
