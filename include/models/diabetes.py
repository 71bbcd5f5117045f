"""The diabetes model: what its data scientist brings, and all of it."""

from __future__ import annotations

import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler


def fit(features: pd.DataFrame, label: pd.Series, *, C: float = 1.0) -> Pipeline:  # noqa: N803
    """A logistic regression on standardised features, the middle value for a missing one; smaller C, stronger regularisation."""
    steps = SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(C=C)
    return make_pipeline(*steps).fit(features, label)
