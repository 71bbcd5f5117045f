"""Golden records survive JSON to the last bit."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression

from golden_paths.modelling import golden
from golden_paths.modelling.parts import Parts

RNG = np.random.default_rng(3)
FEATURES = pd.DataFrame({"age": RNG.integers(1, 90, 60), "dose": RNG.normal(size=60) / 3})


def parts(label: pd.Series) -> Parts:
    return Parts(FEATURES[:30], label[:30], FEATURES[30:], label[30:])


def test_inputs_predictions_and_probabilities_come_back_bit_for_bit() -> None:
    label = pd.Series(np.where(FEATURES["dose"] > 0, "yes", "no"))
    model = LogisticRegression().fit(FEATURES, label)
    read = json.loads(golden.records(model, "binary", parts(label), model.classes_))
    rows = pd.DataFrame(**read["inputs"])
    pd.testing.assert_frame_equal(rows, FEATURES[30:50].reset_index(drop=True), check_exact=True)
    assert read["predictions"] == model.predict(rows).tolist()
    assert read["classes"] == ["no", "yes"]
    assert np.array_equal(np.array(read["probabilities"]), model.predict_proba(rows))


def test_a_regression_has_predictions_alone() -> None:
    model = LinearRegression().fit(FEATURES, FEATURES["dose"])
    read = json.loads(golden.records(model, "regression", parts(FEATURES["dose"]), None))
    assert (read["probabilities"], read["classes"], len(read["predictions"])) == (None, None, 20)


def test_missing_values_are_null_and_infinite_rows_are_left_out() -> None:
    class Constant:
        def predict(self, features: pd.DataFrame) -> np.ndarray:
            return np.zeros(len(features))

    rows = pd.DataFrame({"a": [1.0, np.nan, np.inf], "b": ["x", None, "y"]})
    label = pd.Series([0.0, 1.0, 2.0])
    read = json.loads(golden.records(Constant(), "regression", Parts(rows, label, rows, label), None))
    assert read["inputs"] == {"columns": ["a", "b"], "data": [[1.0, "x"], [None, None]]}
