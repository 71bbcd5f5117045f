"""A reference and a window of the same twenty columns, as parquet. Of pandas alone: the peer has nothing of ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

NUMBERS, TEXTS = 14, 6
REFERENCE, WINDOW = "reference.parquet", "window.parquet"


def write(folder: Path, rows: int) -> None:
    """Two columns of the window have drifted, two of both have gaps."""
    for seed, name in enumerate((REFERENCE, WINDOW)):
        random = np.random.default_rng(seed)
        frame = pd.DataFrame({f"number_{place}": random.normal(size=rows) for place in range(NUMBERS)})
        for place in range(TEXTS):
            frame[f"text_{place}"] = random.choice([f"value {letter}" for letter in "abcdefgh"], rows)
        frame.loc[random.random(rows) < 0.05, ["number_3", "text_3"]] = None
        frame["number_1"] += 0.5 * seed
        frame["number_2"] += 0.02 * seed
        frame.to_parquet(folder / name)
