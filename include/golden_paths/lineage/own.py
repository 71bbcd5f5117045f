"""Facets of ours: small, without a row of data, a secret or anything of the environment.

Their JSON Schemas are in schemas/, each under the URL that `_schemaURL` names; a facet never changes under its URL. The
openlineage client is imported with this module, so it is imported where a facet is made.
"""

from __future__ import annotations

import attr
from openlineage.client.facet_v2 import DatasetFacet, RunFacet

PREFIX = "goldenPaths_"
SCHEMAS = "https://golden-paths.dev/openlineage/1-0-0"


def schema_url(name: str) -> str:
    """Where a facet's schema is: SCHEMAS/NAME.json#/$defs/NAME."""
    return f"{SCHEMAS}/{name}.json#/$defs/{name}"


@attr.define
class SpecRunFacet(RunFacet):
    """The spec that a run carries out: model, golden path and its version, SHA-256 of the file, and the run's own id."""

    model: str
    goldenPath: str  # noqa: N815
    version: str
    digest: str
    runId: str  # noqa: N815

    @staticmethod
    def _get_schema() -> str:
        return schema_url("SpecRunFacet")


@attr.define
class Gate:
    """One gate: what was asked for and what was found, in words; `verdict` is passed or failed."""

    name: str
    threshold: str
    value: str
    verdict: str


@attr.define
class GatesRunFacet(RunFacet):
    """The gates that a model met in this run."""

    gates: list[Gate]

    @staticmethod
    def _get_schema() -> str:
        return schema_url("GatesRunFacet")


@attr.define
class TrainingSetDatasetFacet(DatasetFacet):
    """A frozen training set: SHA-256 of its file, rows, the times of its first and last row, and how it was split."""

    digest: str
    rows: int
    testRows: int  # noqa: N815
    splitBy: str  # noqa: N815
    testShare: float  # noqa: N815
    seed: int
    mlflowRunId: str  # noqa: N815
    oldest: str | None = None
    newest: str | None = None

    @staticmethod
    def _get_schema() -> str:
        return schema_url("TrainingSetDatasetFacet")


@attr.define
class ModelDatasetFacet(DatasetFacet):
    """A model: SHA-256 of what is loaded, its MLflow run, and what is known by then of version, flavour and metrics."""

    digest: str
    mlflowRunId: str  # noqa: N815
    trainingSet: str  # noqa: N815
    flavour: str = "sklearn"
    registryVersion: str | None = None  # noqa: N815
    metrics: dict[str, float] = attr.field(factory=dict)

    @staticmethod
    def _get_schema() -> str:
        return schema_url("ModelDatasetFacet")


@attr.define
class DeploymentDatasetFacet(DatasetFacet):
    """What serves: model version and digest, the image with its digest (none on this machine), how it took over, where."""

    modelVersion: str  # noqa: N815
    modelDigest: str  # noqa: N815
    strategy: str
    endpoint: str
    image: str | None = None
    imageDigest: str | None = None  # noqa: N815
    previousVersion: str | None = None  # noqa: N815

    @staticmethod
    def _get_schema() -> str:
        return schema_url("DeploymentDatasetFacet")


@attr.define
class WatchDatasetFacet(DatasetFacet):
    """A look at an endpoint: which version, the time and number of its answers, causes that alarm, causes that are calm."""

    modelVersion: str  # noqa: N815
    modelDigest: str  # noqa: N815
    start: str
    end: str
    rows: int
    alarms: list[str] = attr.field(factory=list)
    calm: list[str] = attr.field(factory=list)

    @staticmethod
    def _get_schema() -> str:
        return schema_url("WatchDatasetFacet")
