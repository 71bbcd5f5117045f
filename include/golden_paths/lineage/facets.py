"""Plain data -> the standard's datasets and facets, and ours beside them. Imports the openlineage client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    JobFacet,
    RunFacet,
    column_lineage_dataset,
    data_quality_assertions_dataset,
    data_quality_metrics_dataset,
    data_quality_metrics_input_dataset,
    dataset_type_dataset,
    dataset_version_dataset,
    documentation_dataset,
    lifecycle_state_change_dataset,
    output_statistics_output_dataset,
    ownership_dataset,
    schema_dataset,
    source_code_location_job,
    tags_dataset,
)

from golden_paths.artifacts import Column
from golden_paths.errors import GateFailed
from golden_paths.lineage import own, redact
from golden_paths.lineage.touched import Dataset
from golden_paths.record import Check
from golden_paths.step import StepContext

SOURCE = "golden-paths"  # where tags come from
SAID = 500  # characters of what a check found


def input_of(dataset: Dataset) -> InputDataset:
    """A dataset that was read."""
    facets: dict[str, Any] = {}
    if dataset.checks:
        facets["dataQualityAssertions"] = _assertions(dataset.checks)
    if dataset.rows is not None or dataset.newest:
        facets["dataQualityMetrics"] = data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet(
            columnMetrics={}, rowCount=dataset.rows, lastUpdated=_moment(dataset.newest)
        )
    return InputDataset(dataset.name.namespace, dataset.name.name, facets=_facets(dataset), inputFacets=facets)


def output_of(dataset: Dataset) -> OutputDataset:
    """A dataset that was written. The standard knows assertions of inputs alone: here they stand among its facets."""
    facets = _facets(dataset)
    statistics: dict[str, Any] = {}
    if dataset.checks:
        facets["dataQualityAssertions"] = _assertions(dataset.checks)
    if dataset.rows is not None:
        columns = data_quality_metrics_dataset.ColumnMetrics
        facets["dataQualityMetrics"] = data_quality_metrics_dataset.DataQualityMetricsDatasetFacet(
            columnMetrics={name: columns(nullCount=count) for name, count in dataset.missing.items()},
            rowCount=dataset.rows,
            lastUpdated=_moment(dataset.newest),
        )
        statistics["outputStatistics"] = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=dataset.rows
        )
    if dataset.made_of:
        facets["columnLineage"] = _column_lineage(dataset.made_of)
    return OutputDataset(dataset.name.namespace, dataset.name.name, facets=facets, outputFacets=statistics)


def run_facets(context: StepContext, error: BaseException | None = None) -> dict[str, RunFacet]:
    """The spec, and the gates that were met. A gate that said no in a way of its own stands with its words."""
    path, _, version = context.spec.golden_path.partition("@")
    facets: dict[str, RunFacet] = {
        own.PREFIX + "spec": own.SpecRunFacet(
            model=context.spec.name, goldenPath=path, version=version, digest=context.spec_digest, runId=context.run.id
        )
    }
    gates = [own.Gate(one.name, one.expected, redact.said(one.found, SAID), _verdict(one)) for one in context.record.gates]
    if isinstance(error, GateFailed) and all(gate.verdict == "passed" for gate in gates):
        gates.append(own.Gate("step", "no objection", redact.said(error.problem, SAID), "failed"))
    if gates:
        facets[own.PREFIX + "gates"] = own.GatesRunFacet(gates=gates)
    return facets


def source_code(url: str, path: str, commit: str | None) -> JobFacet:
    """Where a job's code is, and of which commit."""
    return source_code_location_job.SourceCodeLocationJobFacet(type="git", url=url, path=path, version=commit)


def _facets(dataset: Dataset) -> dict[str, Any]:
    facets: dict[str, Any] = {own.PREFIX + name: facet for name, facet in dataset.own.items()}
    if dataset.kind:
        facets["datasetType"] = dataset_type_dataset.DatasetTypeDatasetFacet(datasetType=dataset.kind)
    if dataset.version:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=dataset.version)
    if dataset.description:
        facets["documentation"] = documentation_dataset.DocumentationDatasetFacet(description=dataset.description)
    if dataset.owner:
        facets["ownership"] = ownership_dataset.OwnershipDatasetFacet(owners=[ownership_dataset.Owner(name=dataset.owner)])
    if dataset.tags:
        tag = tags_dataset.TagsDatasetFacetFields
        tags = [tag(key=key, value=value, source=SOURCE) for key, value in sorted(dataset.tags.items())]
        facets["tags"] = tags_dataset.TagsDatasetFacet(tags=tags)
    if dataset.columns:
        facets["schema"] = _schema(dataset.columns)
    if dataset.state:
        change = lifecycle_state_change_dataset
        facets["lifecycleStateChange"] = change.LifecycleStateChangeDatasetFacet(
            lifecycleStateChange=change.LifecycleStateChange[dataset.state]
        )
    return facets


def _schema(columns: Iterable[Column]) -> schema_dataset.SchemaDatasetFacet:
    field = schema_dataset.SchemaDatasetFacetFields
    return schema_dataset.SchemaDatasetFacet(
        fields=[field(name=one.name, type=one.type or None, description=one.description or None) for one in columns]
    )


def _column_lineage(made_of: Mapping[str, Any]) -> column_lineage_dataset.ColumnLineageDatasetFacet:
    found = {
        column: column_lineage_dataset.Fields(
            inputFields=[
                column_lineage_dataset.InputField(namespace=name.namespace, name=name.name, field=field)
                for name, field in sources
            ]
        )
        for column, sources in made_of.items()
    }
    return column_lineage_dataset.ColumnLineageDatasetFacet(fields=found)


def _assertions(checks: Iterable[Check]) -> data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet:
    one = data_quality_assertions_dataset.Assertion
    return data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
        assertions=[
            one(
                assertion=check.name,
                success=check.passed,
                column=check.column,
                severity="error",
                expected=check.expected,
                actual=redact.said(check.found, SAID),
            )
            for check in checks
        ]
    )


def _verdict(check: Check) -> str:
    return "passed" if check.passed else "failed"


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
