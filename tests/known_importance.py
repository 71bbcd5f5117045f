"""Models whose true importances are known: linear in independent features, asked about rows drawn from their own truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from golden_paths.modelling.explain_child import explained
from golden_paths.modelling.importance import UNITS, Importance, Settings
from golden_paths.modelling.metrics import Outcome

Array = np.ndarray[Any, Any]
CLASSES = {"binary": np.array(["no", "yes"]), "multiclass": np.array(["high", "low", "middle"])}


@dataclass
class Linear:
    """Answers with a weighted sum, its logistic function, or a softmax of it and its opposite."""

    kind: str
    weights: Mapping[str, float]
    asked: list[int] = field(default_factory=list)

    def score(self, frame: pd.DataFrame) -> Array:
        self.asked.append(len(frame))
        return np.asarray(sum(weight * frame[name].to_numpy(float) for name, weight in self.weights.items()))

    def predict(self, frame: pd.DataFrame) -> Array:
        if self.kind == "regression":
            return self.score(frame)
        return CLASSES[self.kind][self.predict_proba(frame).argmax(axis=1)]

    def predict_proba(self, frame: pd.DataFrame) -> Array:
        score = self.score(frame)
        logits = [0 * score, score] if self.kind == "binary" else [score, -score, 0 * score]
        powers = np.exp(np.column_stack(logits))
        return powers / powers.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Known:
    """Rows, what is true of them, and the model that knows their distribution."""

    model: Linear
    features: pd.DataFrame
    outcome: Outcome

    def importance(self, model: Any = None, **settings: int) -> Importance:
        """As evaluation finds it, of this model or of another on the same rows."""
        outcome = asked(model or self.model, self.outcome, self.features)
        found = explained(model or self.model, outcome, self.features, Settings(**settings))
        return importance_of(found, list(self.features), self.outcome.kind)


def linear(kind: str, weights: Mapping[str, float], n: int, *, seed: int, noise: float = 1.0) -> Known:
    """Standard normal features. A regression's label has `noise` (standard deviation) beside the weighted sum."""
    random, model = np.random.default_rng(seed), Linear(kind, weights)
    features = pd.DataFrame({name: random.normal(size=n) for name in weights})
    if kind == "regression":
        truth: Array = model.score(features) + noise * random.normal(size=n)
        return Known(model, features, Outcome(kind, truth, model.predict(features)))
    chances = model.predict_proba(features)
    truth = CLASSES[kind][(random.random((n, 1)) > chances.cumsum(axis=1)[:, :-1]).sum(axis=1)]
    return Known(model, features, Outcome(kind, truth, model.predict(features), CLASSES[kind], chances))


def true_costs(weights: Mapping[str, float], noise: float = 1.0) -> dict[str, float]:
    """Of a regression: 2 w^2 of the label's variance, for a permuted feature is an independent copy of itself."""
    variance = sum(weight**2 for weight in weights.values()) + noise**2
    return {name: 2 * weight**2 / variance for name, weight in weights.items()}


def asked(model: Any, outcome: Outcome, features: pd.DataFrame) -> Outcome:
    """What another model says about the same rows."""
    if isinstance(model, Linear) and model.kind == "regression":
        return Outcome(outcome.kind, outcome.truth, model.predict(features))
    chances = model.predict_proba(features) if hasattr(model, "predict_proba") else None
    return Outcome(outcome.kind, outcome.truth, model.predict(features), outcome.classes, chances)


def importance_of(found: Mapping[str, Array], names: Sequence[str], kind: str) -> Importance:
    return Importance(
        tuple(names), found["importance"], found["influence"], found["shap"], int(found["answered"]), UNITS[kind]
    )
