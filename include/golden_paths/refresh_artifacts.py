"""What travels between the steps of a feature refresh."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from golden_paths.artifacts import Artifact, ServiceDescription


class ViewRows(BaseModel):
    """The rows of one feature view that a run is to write: those from `start` up to `until`.

    `content` is a digest of them as the source has them. `newest` is that of all its rows up to the end of the interval.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    view: str
    rows: int
    newest: datetime | None
    start: datetime
    until: datetime
    content: str


class CheckedFeatures(Artifact):
    """Rows that keep their contract and are not in the online store yet. It exists only when every rule was kept."""

    name: ClassVar[str] = "checked_features"
    repo: str
    service: str
    views: tuple[ViewRows, ...]
    described: ServiceDescription | None = None
    gates: dict[str, str] = Field(default_factory=dict)  # what was passed, each with what was found
