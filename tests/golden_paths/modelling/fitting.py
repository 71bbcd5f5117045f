"""Fits one model and prints the digest of its weights: a process of its own for each."""

from __future__ import annotations

import sys

import numpy as np
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from golden_paths.modelling import weights

MODELS = {
    "logistic": lambda seed, C: LogisticRegression(C=C),
    "forest": lambda seed, C: RandomForestClassifier(n_estimators=5, random_state=seed),
    "pipeline": lambda seed, C: make_pipeline(StandardScaler(), LogisticRegression(C=C)),
}


def main(name: str, data: str, seed: str, param: str) -> None:
    rows = np.random.default_rng(int(data)).normal(size=(60, 3))
    model = MODELS[name](int(seed), float(param)).fit(rows, rows[:, 0] > 0)
    print(weights.digest(skops.io.dumps(model)))


if __name__ == "__main__":
    for case in sys.argv[1:]:
        main(*case.split(","))
