"""Golden records: rows of the held-out part with the answers of the model that was just fitted, before it was saved."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths import answers, digests
from golden_paths.errors import DigestMismatch
from golden_paths.modelling.outcomes import ask

if TYPE_CHECKING:
    import numpy as np

    from golden_paths.artifacts import ModelVersion
    from golden_paths.modelling.parts import Parts
    from golden_paths.step import StepContext

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


def fetched(context: StepContext, version: ModelVersion) -> dict[str, Any]:
    """The golden records of a version; raises `DigestMismatch` when they are not those that were registered."""
    with tempfile.TemporaryDirectory(prefix="golden-paths-") as folder:
        file = context.clients.tracking.download(version.golden_records, Path(folder))
        if (digest := digests.of_file(file)) != version.golden_digest:
            what = f"the golden records of version {version.version} of {version.model}"
            raise DigestMismatch(what, expected=version.golden_digest, found=digest)
        found: dict[str, Any] = json.loads(file.read_bytes())
    return found


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
