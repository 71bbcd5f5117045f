"""Specs of features that are refreshed, and of models that rely on it."""

from __future__ import annotations

from pathlib import Path

from projects import SPEC

REFRESH = """\
golden_path: feature-refresh@1
name: shop-features
owner: growth
description: What is known of customers.
schedule: "@daily"
features:
  repo: include/feature_repos/churn
  service: churn_v1
  freshness: 3d
refresh:
  contract: include/contracts/shop.yaml
  sensitive: [age]
"""
RELIES = SPEC.replace("  service: churn_v1\n", "  service: churn_v1\n  refreshed_by: shop-features\n")
CONTRACT = """\
columns:
  customer: {type: integer}
  spent: {type: number, min: 0}
  age: {type: integer, min: 18, max: 120}
"""


def write_contract(root: Path, text: str = CONTRACT) -> Path:
    """Into the project of `root`, where the refresh's spec looks for it."""
    file = root / "include" / "contracts" / "shop.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file
