"""A spec with the params of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from golden_paths.spec import PathSpec, TrainSection


def with_params(spec: PathSpec, params: Mapping[str, Any]) -> PathSpec:
    """The spec with train.params as the trigger form has them for this run."""
    if spec.train is None:
        return spec
    chosen = {name: _like(value, params.get(name, value)) for name, value in spec.train.params.items()}
    train = TrainSection.model_validate(spec.train.model_dump() | {"params": chosen})
    return spec.model_copy(update={"train": train})


def _like(value: Any, chosen: Any) -> Any:
    """The form writes 1 for 1.0; where the spec has a float, fit is given one."""
    return float(chosen) if type(value) is float and type(chosen) is int else chosen
