"""What travels between the steps: references and digests, small enough for XCom. Frames and models never do."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

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


class Column(BaseModel):
    """A column, as its owner describes it. `source`: the column of the source that it is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    type: str = ""
    description: str = ""
    source: str = ""


class ViewDescription(BaseModel):
    """A feature view as Feast's registry has it. `source` is a URI, or a path that starts at the feature repository."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    view: str
    source: str
    timestamp: str  # the source's column
    keys: tuple[Column, ...]
    columns: tuple[Column, ...]
    description: str = ""
    owner: str = ""
    tags: dict[str, str] = {}


class ServedFeature(BaseModel):
    """A feature of the service, and the (view, column) pairs that it is made of: several when it is computed on demand."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    type: str = ""
    description: str = ""
    inputs: tuple[tuple[str, str], ...]


class ServiceDescription(BaseModel):
    """A feature service as Feast's registry has it. `project` is Feast's."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    project: str
    views: tuple[ViewDescription, ...]
    features: tuple[ServedFeature, ...]


class Features(Artifact):
    """A Feast feature service, materialized into the online store."""

    name: ClassVar[str] = "features"
    repo: str
    service: str
    start: datetime
    end: datetime
    views: tuple[ViewState, ...]
    described: ServiceDescription | None = None


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
    oldest: datetime | None = None  # times of its first and last row
    newest: datetime | None = None
    types: dict[str, str] = {}  # of its columns
    missing: dict[str, int] = {}  # rows without a value, of the columns that have any
    sensitive: tuple[str, ...] = ()  # columns that tell groups apart, features or not
    gates: dict[str, str] = {}  # what was passed, each with what was found


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
    gates: dict[str, str] = {}  # what was passed, each with what was found


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
    card: str = ""  # MLflow URI of the model card


class Approval(Artifact):
    """Leave for one version, with these bytes and no others, to serve. `by` is empty when nobody had to be asked."""

    name: ClassVar[str] = "approval"
    model: str
    version: str
    digest: str
    how: Literal["people", "policy", "trial"]  # asked; the policy asks nobody at this risk; a run on a machine of its own
    by: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


class Candidate(Artifact):
    """A model version that runs beside the endpoint and takes no traffic yet."""

    name: ClassVar[str] = "candidate"
    endpoint: str
    version: str
    digest: str
    url: str
    image: str = ""  # that its pods run, and the digest that they were started with
    image_digest: str = ""


class CanaryStage(BaseModel):
    """One step of the rollout, judged. `share` is that of the pods, which is that of new connections."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    share: float
    seconds: float
    requests: int  # that the candidate answered
    synthetic: int  # of these, sent by the rollout itself
    errors: int
    mean_ms: float
    champion_requests: int
    champion_errors: int
    champion_mean_ms: float


class SmokeReport(Artifact):
    """The candidate answered every golden record exactly."""

    name: ClassVar[str] = "smoke_report"
    endpoint: str
    version: str
    digest: str
    records: int
    slowest_ms: float
    requests: int = 0  # of single records, under load
    p95_ms: float | None = None


class CanaryReport(Artifact):
    """What the candidate did with a share of the traffic, beside the version in service. Times are in milliseconds."""

    name: ClassVar[str] = "canary_report"
    endpoint: str
    version: str
    digest: str
    stages: tuple[CanaryStage, ...]  # none when no version was in service


class Endpoint(Artifact):
    """A stable address and the model version that answers there."""

    name: ClassVar[str] = "endpoint"
    endpoint: str
    url: str
    version: str
    digest: str
    previous: str | None


class Retirement(Artifact):
    """Versions that served before were put to rest as far as they were kept long enough; `due` is when the next is."""

    name: ClassVar[str] = "retirement"
    endpoint: str
    due: datetime | None
