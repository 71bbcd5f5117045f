"""Golden records: rows of the held-out part with the answers of the model that was just fitted, before it was saved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from golden_paths import answers
from golden_paths.modelling.outcomes import ask

if TYPE_CHECKING:
    import numpy as np

    from golden_paths.modelling.parts import Parts

ROWS = 20


def records(model: Any, kind: str, parts: Parts, classes: np.ndarray[Any, Any] | None) -> str:
    """JSON with `inputs` (MLflow's dataframe_split), `predictions`, `probabilities` and `classes` (both or neither null).

    Python writes a float with as many digits as bring back the same bits. A missing value is null, as is no
    answer. The model is asked for these rows alone: in a larger batch the last bit of a sum may differ.
    """
    import numpy as np

    numeric = parts.held_out_features.select_dtypes("number")
    finite = ~np.isinf(numeric.to_numpy(dtype="float64", na_value=np.nan)).any(axis=1)  # JSON has no infinity
    rows = parts.held_out_features[finite].head(ROWS)
    outcome = ask(model, kind, rows, parts.held_out_label[finite].head(ROWS), classes)
    asked_classes = None if outcome.probabilities is None else outcome.classes
    said = {"predictions": outcome.predictions, "probabilities": outcome.probabilities, "classes": asked_classes}
    return json.dumps(
        {
            "inputs": {"columns": list(rows.columns), "data": _rows(rows)},
            **{name: None if array is None else answers.listed(array) for name, array in said.items()},
        },
        allow_nan=False,
    )


def _rows(frame: Any) -> list[list[Any]]:
    import pandas as pd

    columns = [
        [
            None if pd.isna(value) else value.isoformat() if isinstance(value, pd.Timestamp) else value
            for value in frame[name].tolist()
        ]
        for name in frame.columns
    ]
    return [list(row) for row in zip(*columns, strict=True)]
