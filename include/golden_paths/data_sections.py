"""What batch scoring and feature refresh are, as a spec says it."""

from __future__ import annotations

from pydantic import Field, model_validator

from golden_paths.pod_sections import Placed
from golden_paths.section import Section
from golden_paths.values import ModelName, ProjectPath, TableName, Text


class ScoreSection(Placed):
    """Which rows the champion of a model answers, and where the answers go."""

    model: ModelName = Field(description="The model whose champion answers, as its own spec names it.")
    entities: ProjectPath = Field(
        description="Parquet file with the entity keys and event_timestamp; the rows of the run's interval are scored."
    )
    output: ProjectPath | None = Field(
        default=None,
        description="Folder of the project for the scores, one folder per interval. Absent: scores/NAME in the project's state.",
    )
    table: TableName | None = Field(
        default=None,
        description="Table of the platform's database of scores, instead of a folder. It is made when the first scores come.",
    )
    newer_model: bool = Field(
        default=False,
        description="Whether the champion of now scores every interval, also one that ended before it was promoted.",
    )
    chunk: int = Field(
        default=50_000,
        ge=100,
        le=10_000_000,
        description="Rows that are joined to their features at a time: the memory that the join takes grows with it.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> ScoreSection:
        if self.output and self.table:
            raise ValueError("names both an output and a table|leave one of them out")
        return self


class RefreshSection(Section):
    """What refreshed features must keep."""

    contract: ProjectPath | None = Field(
        default=None,
        description="File of what the rows must keep, or none is written: types, ranges, nulls. Absent: they are not checked.",
    )
    sensitive: tuple[Text, ...] = Field(
        default=(), strict=False, max_length=20, description="Columns of which no value is told when the contract is broken."
    )
