"""Runs the scientist's fit function. Child side of the step train."""

from __future__ import annotations

import inspect
import random
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from golden_paths.errors import CodeFailed
from golden_paths.modelling import fitted, own_code, parts


def fit(payload: dict[str, Any]) -> dict[str, Any]:
    """Import `source`, call its `function(features, label, **params)`, keep what it returns.

    `place` is how messages call it. Raises `CodeFailed`.
    """
    function = getattr(own_code.load(Path(payload["source"]), payload["place"]), payload["function"], None)
    if not callable(function):
        raise CodeFailed(f"{payload['place']} is no function", remedy="name a function of the file, as in fit.py:fit")
    data = parts.read(payload)
    fix_seeds(payload["seed"])
    return fitted.keep(_called(function, data, payload), data, payload)


def _called(function: Callable[..., Any], data: parts.Parts, payload: dict[str, Any]) -> Any:
    params = payload["params"]
    try:
        inspect.signature(function).bind(data.features, data.label, **params)
    except TypeError as error:
        takes = f"{payload['function']}{inspect.signature(function)}"
        given = ", ".join(["features", "label", *params])
        raise CodeFailed(
            f"{payload['place']} cannot be called with ({given}): {error}",
            remedy=f"it is {takes}: it must take features, label and what train.params names",
        ) from error
    try:
        return function(data.features, data.label, **params)
    except Exception as error:
        traceback.print_exc()
        raise CodeFailed(
            f"{payload['place']} raised {type(error).__name__}: {str(error).partition(chr(10))[0]}",
            remedy="mend it; the traceback is in the log above",
        ) from error


def fix_seeds(seed: int) -> None:
    """Seed Python's and NumPy's global generators; estimators without a random_state draw from the latter."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)
