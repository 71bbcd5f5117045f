"""A small real project on disk: the specs in tests refer to what it holds."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

SPEC = """\
golden_path: online-model@1
name: churn
owner: growth
description: Chance that a customer leaves.
features:
  repo: include/feature_repos/churn
  service: churn_v1
training_set:
  entities: include/data/churn.parquet
  label: left
train:
  code: include/models/churn.py:fit
  params: {C: 0.5}
evaluate:
  metrics: {roc_auc: ">= 0.75"}
deploy:
  to: local
"""
DEFINITIONS = """\
from feast import FeatureService
raise SystemExit("a spec check ran the feature repository")
churn_v1 = FeatureService(name="churn_v1", features=[])
"""
FIT = """\
raise SystemExit("a spec check ran the model's code")


def fit(features, label):
    return None
"""


def make_project(root: Path) -> Path:
    """A project in `root`, whose code would end the process if anything ran it; returns its dags folder."""
    repo, data, models = (root / "include" / name for name in ("feature_repos/churn", "data", "models"))
    notebooks, dags = root / "include" / "notebooks", root / "dags"
    for folder in (repo, data, models, notebooks, dags):
        folder.mkdir(parents=True)
    (repo / "feature_store.yaml").write_text("project: churn\nprovider: local\nregistry: registry.db\n")
    (repo / "features.py").write_text(DEFINITIONS)
    (models / "churn.py").write_text(FIT)
    cell = {"cell_type": "code", "metadata": {}, "source": "model = 1", "outputs": [], "execution_count": None}
    (notebooks / "untagged.ipynb").write_text(
        json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5, "metadata": {}})
    )
    frame = pd.DataFrame(
        {"customer": [1, 2], "event_timestamp": pd.to_datetime(["2026-01-01", "2026-01-02"], utc=True)}
    )
    frame.assign(left=[0, 1]).to_parquet(data / "churn.parquet")
    return dags
