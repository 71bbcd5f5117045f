"""The spec of a version as its tag keeps it: what a card says of it. Later specs may have other keys, and go on being read."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from golden_paths.gate_sections import DatasheetSection


class Kept(BaseModel):
    """Base of each section: other keys are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class KeptSplit(Kept):
    """How the held-out part was chosen."""

    by: str = "time"
    test: float
    seed: int = 0


class KeptTrainingSet(Kept):
    """What it learnt from."""

    entities: str
    label: str
    split: KeptSplit
    contract: str | None = None
    datasheet: DatasheetSection | None = None
    sensitive: tuple[str, ...] = ()


class KeptTrain(Kept):
    """How it was fitted."""

    code: str | None = None
    notebook: str | None = None
    params: dict[str, Any] = {}
    seed: int = 0


class KeptEvaluate(Kept):
    """What it was held to."""

    metrics: dict[str, str]
    bias: dict[str, object] | None = None
    explain: dict[str, object] | None = None
    robustness: dict[str, object] | None = None


class KeptSpec(Kept):
    """A spec."""

    golden_path: str
    name: str
    owner: str
    description: str
    risk: str
    training_set: KeptTrainingSet
    train: KeptTrain
    evaluate: KeptEvaluate
