"""Which estimators are given arrays, and that their answers stay those of the DataFrame, to the last bit."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from golden_paths.serve import plain

ESTIMATORS: dict[str, tuple[Callable[[], Any], bool]] = {
    "scaler and regression": (lambda: make_pipeline(StandardScaler(), LogisticRegression()), True),
    "regression alone": (LogisticRegression, True),
    "forest": (lambda: RandomForestClassifier(5, random_state=0), True),
    "boosting": (lambda: HistGradientBoostingClassifier(max_iter=5), True),
    "columns by name": (
        lambda: make_pipeline(make_column_transformer((StandardScaler(), ["b"])), LogisticRegression()),
        False,
    ),
    "a function of the frame": (
        lambda: make_pipeline(FunctionTransformer(lambda x: x[["a"]]), LogisticRegression()),
        False,
    ),
    "a vote": (lambda: VotingClassifier([("one", LogisticRegression())], voting="soft"), False),
    "steps that hand on frames": (
        lambda: make_pipeline(StandardScaler().set_output(transform="pandas"), LogisticRegression()),
        False,
    ),
}


@pytest.mark.parametrize("case", ESTIMATORS)
def test_an_estimator_is_given_arrays_only_where_names_do_nothing_and_answers_the_same(case: str) -> None:
    make, arrays = ESTIMATORS[case]
    values = np.random.default_rng(0).normal(size=(4, 60))
    frame = pd.DataFrame(dict(zip("abcd", values, strict=True)))  # column by column, as from parquet or JSON
    estimator = make().fit(frame, frame["b"] > 0)
    wanted = estimator.predict_proba(frame)
    assert plain.unname(estimator, frame.head(3).copy()) is arrays
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = estimator.predict_proba(plain.block(list(values)) if arrays else frame)
    assert answer.tobytes() == wanted.tobytes()


def test_columns_in_another_order_than_the_estimators_are_left_to_the_estimator() -> None:
    frame = pd.DataFrame({"a": [0.0, 1.0], "b": [1.0, 0.0]})
    estimator = LogisticRegression().fit(frame, [0, 1])
    assert plain.unname(estimator, frame[["b", "a"]]) is False
    assert list(estimator.feature_names_in_) == ["a", "b"]
