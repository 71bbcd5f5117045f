"""evidently's presets on the same rows, by the peer's own interpreter: python gates_peer.py ARM FOLDER."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from evidently import BinaryClassification, DataDefinition, Dataset, Report
from evidently.presets import ClassificationPreset, DataSummaryPreset
from gates_measure import measured

WARM_ROWS = 2_000
SUMMARY, CLASSES = "evidently, data summary", "evidently, classification"


def main() -> None:
    warnings.simplefilter("ignore")
    arm, frame = sys.argv[1], pd.read_parquet(Path(sys.argv[2]) / "rows.parquet")
    features = [name for name in frame.columns if name.startswith(("number_", "whole_", "text_"))]
    if arm == SUMMARY:
        judged, preset = frame[[*features, "y"]], DataSummaryPreset
        numbers = [name for name in judged if not str(name).startswith("text_")]
        definition: dict[str, Any] = {
            "numerical_columns": numbers,
            "categorical_columns": [name for name in judged if name not in numbers],
        }
    else:
        judged, preset = frame[["y"]].assign(said=(frame["ours"] > 0.5).astype(int), ours=frame["ours"]), ClassificationPreset
        asked = BinaryClassification(target="y", prediction_labels="said", prediction_probas="ours", pos_label=1)
        definition = {"classification": [asked], "categorical_columns": ["y", "said"], "numerical_columns": ["ours"]}

    def act(rows: pd.DataFrame) -> object:
        dataset = Dataset.from_pandas(rows, data_definition=DataDefinition(**definition))
        return Report([preset()]).run(dataset, None).dict()

    assert act(judged.iloc[:WARM_ROWS])
    measured(lambda: act(judged))


if __name__ == "__main__":
    main()
