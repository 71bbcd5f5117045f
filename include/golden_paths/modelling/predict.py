"""Asks a saved model about the held-out part. Child side of the step evaluate."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths import answers
from golden_paths.errors import CodeFailed

if TYPE_CHECKING:
    import pandas as pd

    from golden_paths.modelling.metrics import Outcome


def held_out(payload: dict[str, Any]) -> dict[str, Any]:
    """Load the folder `model` and write what it says about the held-out rows to the file `out` (.npz).

    The file holds truth, predictions and, for a classifier, classes and probabilities. Returns the model's kind. With
    `explain`, settings of importance, it holds `explain_child.explained` too, or `unexplained` is returned.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow.sklearn
    import numpy as np

    from golden_paths.modelling import parts, robust_child
    from golden_paths.modelling.metrics import REGRESSION
    from golden_paths.modelling.outcomes import ask, classes_of, kind_of

    columns, known = _described(Path(payload["model"]))
    if missing := [name for name in columns if name not in payload["features"]]:
        raise CodeFailed(
            f"{payload['place']} needs {', '.join(missing)}, which the training set does not have",
            remedy="keep these features in the service, or remove the alias champion from that version",
        )
    data = parts.read({**payload, "features": columns or payload["features"]})
    model = mlflow.sklearn.load_model(payload["model"])
    kind = kind_of(model, data.label)
    classes = None if kind == REGRESSION else classes_of(model, data.label) if known is None else np.array(known)
    try:
        outcome = ask(model, kind, data.held_out_features, data.held_out_label, classes)
    except Exception as error:
        raise CodeFailed(
            f"{payload['place']} cannot predict the held-out part: {type(error).__name__}: {error}",
            remedy="see the log above",
        ) from error
    arrays: dict[str, Any] = {"truth": outcome.truth, "predictions": outcome.predictions}
    arrays |= {"classes": classes, "probabilities": outcome.probabilities}
    said = {"kind": kind} | _explained(model, outcome, data.held_out_features, payload.get("explain"), arrays)
    if payload.get("robust"):
        robust_child.write(model, data, kind, classes, payload["robust"])
    np.savez(Path(payload["out"]), **{name: _storable(array) for name, array in arrays.items() if array is not None})
    return said


def _explained(
    model: Any, outcome: Outcome, features: pd.DataFrame, asked: dict[str, int] | None, arrays: dict[str, Any]
) -> dict[str, Any]:
    """Add importance to the arrays, and say of which features; or say why there is none: it stops no path by itself."""
    from golden_paths.modelling.explain_child import Unexplained, explained
    from golden_paths.modelling.importance import Settings

    if asked is None:
        return {}
    try:
        arrays |= explained(model, outcome, features, Settings(**asked))
    except Unexplained as reason:
        return {"unexplained": str(reason)}
    return {"features": [str(name) for name in features.columns]}


def _described(model: Path) -> tuple[list[str], list[Any] | None]:
    """The columns of its signature and, where they are kept with it, its classes."""
    from mlflow.models import Model

    described = Model.load(str(model))
    signature = described.signature
    columns = list(signature.inputs.input_names()) if signature else []
    return columns, (described.metadata or {}).get(answers.CLASSES)


def _storable(array: Any) -> Any:
    """Text of any length instead of objects, which .npz could only pickle."""
    return array.astype(str) if array.dtype == object else array
