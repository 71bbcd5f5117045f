"""Releases as plain data, for tests of what follows from them."""

from __future__ import annotations

from typing import Any

from golden_paths.rollout.release import Content, Release

DIGEST = "0123456789abcdef" * 4


def release(**more: Any) -> Release:
    """Version 7 of churn; `more` are fields of the release or of its content."""
    content: dict[str, Any] = {
        "image": "golden-paths-serve:1",
        "model": "churn",
        "version": "7",
        "digest": DIGEST,
        "uri": "models:/m-1",
        "run_id": "r1",
        "training_set": "f" * 64,
    }
    made: dict[str, Any] = {
        "owner": "growth",
        "path": "online-model@1",
        "tracking_uri": "http://mlflow.shop:5000",
        "online_store": "6379",
        "replicas": 1,
        "most_replicas": None,
        "autoscale_cpu": None,
        "cpu": "100m",
        "memory": "512Mi",
        "port": 80,
        "ready_seconds": 300,
    }
    of_content = {name: more.pop(name) for name in list(more) if name in Content.model_fields}
    return Release(content=Content(**(content | of_content)), **(made | more))


FEATURES = {"features": "e" * 64, "repo": "churn_repo", "service": "churn_v1"}
