"""The typical row: its values, where they come from, and that the model's digest covers it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from golden_paths import digests, typical
from golden_paths.errors import DigestMismatch
from golden_paths.modelling import fit_code
from golden_paths.serve.model import ServedModel

FIT = """
from sklearn.linear_model import LinearRegression
def fit(features, label):
    return LinearRegression().fit(features, label)
"""
COLUMNS: dict[str, tuple[list[Any], Any]] = {
    "numbers": ([4.0, 1.5, 9.0], 4.0),
    "whole numbers, of two the lower": ([1, 2, 3, 4], 2),
    "numbers with some missing": ([7.5, None, 1.0, None, 8.0], 7.5),
    "numbers without the infinite": ([np.inf, np.inf, np.inf, 2.0, 1.0], 1.0),
    "truth values": ([True, True, False], True),
    "text": (["south", "north", "south"], "south"),
    "text, of two as frequent the first": (["b", "a"], "a"),
    "text with some missing": ([None, None, "north"], "north"),
    "times": ([pd.Timestamp("2026-03-01"), pd.Timestamp("2026-01-01T04:05"), pd.NaT], "2026-01-01T04:05:00"),
    "nothing": ([None, None], None),
    "nothing but infinity": ([np.inf, -np.inf], None),
    "nullable numbers": (pd.array([3, None, 5, 9], dtype="Int64"), 5),
    "categories": (pd.Categorical(["x", "y", "y"]), "y"),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_a_column_is_summed_up_in_one_value_that_json_has(tmp_path: Path, case: str) -> None:
    values, wanted = COLUMNS[case]
    typical.write(pd.DataFrame({"column": values}), tmp_path)
    found = typical.read(tmp_path)
    assert found == {"column": wanted}
    assert type(found["column"]) is type(wanted)


def test_a_folder_without_one_has_none(tmp_path: Path) -> None:
    assert typical.read(tmp_path) is None


def fitted(root: Path) -> str:
    """Forty rows to fit, and ten held out that are ten times as large; `group` tells groups apart and is no feature."""
    (root / "fit.py").write_text(FIT)
    split, size = np.repeat(["train", "test"], [40, 10]), np.repeat([1.0, 10.0], [40, 10])
    frame = pd.DataFrame({"dose": np.arange(50) * size, "group": "a", "y": np.arange(50) * 2.0, "split": split})
    frame.to_parquet(root / "frame.parquet")
    payload = {"source": str(root / "fit.py"), "function": "fit", "place": "fit.py:fit", "params": {}, "seed": 1}
    payload |= {"frame": str(root / "frame.parquet"), "features": ["dose"], "label": "y", "out": str(root)}
    return str(fit_code.fit(payload)["digest"])


@pytest.mark.real
def test_training_keeps_the_row_of_the_part_it_fits_on_of_features_alone_below_the_models_digest(
    tmp_path: Path,
) -> None:
    digest, model = fitted(tmp_path), tmp_path / "model"
    assert json.loads((model / "typical_row.json").read_text()) == {"dose": 19.0}
    assert digests.of_folder(model) == digest
    assert ServedModel.verified(model, digest).typical == {"dose": [19.0]}
    (model / "typical_row.json").write_text('{"dose": 0.0}')
    with pytest.raises(DigestMismatch):
        ServedModel.verified(model, digest)
