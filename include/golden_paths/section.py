"""What every section of a spec, and of the platform's file, is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Base of every section: refuses keys that it does not know, and values of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
