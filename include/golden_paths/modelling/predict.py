"""Asks a saved model about the held-out part. Child side of the step evaluate."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from golden_paths.errors import CodeFailed


def held_out(payload: dict[str, Any]) -> dict[str, Any]:
    """Load the folder `model` and write what it says about the held-out rows to the file `out` (.npz).

    The file holds truth, predictions and, for a classifier, classes and probabilities. Returns the model's kind.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow.sklearn
    import numpy as np

    from golden_paths.modelling import parts
    from golden_paths.modelling.outcomes import ask, classes_of, kind_of

    columns = _inputs(Path(payload["model"]))
    if missing := [name for name in columns if name not in payload["features"]]:
        raise CodeFailed(
            f"{payload['place']} needs {', '.join(missing)}, which the training set does not have",
            remedy="keep these features in the service, or remove the alias champion from that version",
        )
    data = parts.read({**payload, "features": columns or payload["features"]})
    model = mlflow.sklearn.load_model(payload["model"])
    kind = kind_of(model, data.label)
    classes = None if kind == "regression" else classes_of(model, data.label)
    try:
        outcome = ask(model, kind, data.held_out_features, data.held_out_label, classes)
    except Exception as error:
        raise CodeFailed(
            f"{payload['place']} cannot predict the held-out part: {type(error).__name__}: {error}",
            remedy="see the log above",
        ) from error
    arrays = {
        "truth": outcome.truth,
        "predictions": outcome.predictions,
        "classes": classes,
        "probabilities": outcome.probabilities,
    }
    np.savez(Path(payload["out"]), **{name: _storable(array) for name, array in arrays.items() if array is not None})
    return {"kind": kind}


def _inputs(model: Path) -> list[str]:
    from mlflow.models import Model

    signature = Model.load(str(model)).signature
    return list(signature.inputs.input_names()) if signature else []


def _storable(array: Any) -> Any:
    """Text of any length instead of objects, which .npz could only pickle."""
    return array.astype(str) if array.dtype == object else array
