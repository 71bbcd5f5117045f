"""A record beside an MLflow run, as JSON: what a step has found, for cards and audits to read later."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from golden_paths.errors import StepFailed


class KeptRecord(BaseModel):
    """Base of each: how messages call it, and the step that makes it. The same content gives the same bytes; NaN is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")
    called: ClassVar[str]
    step: ClassVar[str]

    def keep(self, file: Path) -> Path:
        """Write it; returns the file."""
        file.write_text(self.model_dump_json(indent=1) + "\n")
        return file

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises `StepFailed` when the file is no such record."""
        try:
            return cls.model_validate_json(file.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise StepFailed(
                f"{file.name} is no {cls.called}: {place + ': ' if place else ''}{first['msg']}",
                remedy=f"run the path again from {cls.step}",
            ) from error
