"""evidently's DataDriftPreset on the same rows, by the peer's own interpreter: python drift_peer.py ARM FOLDER."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import drift_data
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset
from gates_measure import measured

WARM_ROWS = 2_000


def main() -> None:
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[2])
    frames = [pd.read_parquet(folder / name) for name in (drift_data.REFERENCE, drift_data.WINDOW)]
    numbers = [name for name in frames[0] if name.startswith("number")]
    texts = [name for name in frames[0] if name.startswith("text")]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=texts)

    def act(rows: int | None) -> object:
        reference, window = (
            Dataset.from_pandas(one.head(rows) if rows else one, data_definition=definition) for one in frames
        )
        return Report([DataDriftPreset()]).run(window, reference).dict()

    assert act(WARM_ROWS)
    measured(lambda: act(None))


if __name__ == "__main__":
    main()
