"""The example for Kubernetes: a spec that is valid, for pods, and the lines that differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from demo_example import lay_out

from examples import ROOT
from golden_paths.load import read_spec

SPEC = ["  -  to: local", "  +  to: kubernetes", "  +  replicas: 2", "  +  rollout: {judge_for: 10s}"]
REDIS = ["  +  type: redis", "  +  connection_string: ${FEAST_REDIS}"]


@pytest.mark.parametrize(("dag", "repo"), [("diabetes-progression", "diabetes"), ("wine-cultivar", "wine")])
def test_what_a_scientist_changes_is_a_few_lines(tmp_path: Path, dag: str, repo: str) -> None:
    online = ["  -  type: sqlite", f"  -  path: ${{FEAST_STATE}}/{repo}/online.db"]
    store = f"include/feature_repos/{repo}/feature_store.yaml"
    assert lay_out(ROOT, tmp_path, dag) == [
        f"dags/{dag}.yaml",
        "  +  run_in: pod",
        *SPEC,
        store,
        *online,
        *REDIS,
    ]
    spec = read_spec(tmp_path / "dags" / f"{dag}.yaml").spec
    assert (spec.train and spec.train.run_in, spec.deploy and spec.deploy.to) == ("pod", "kubernetes")


def test_laid_out_again_it_is_the_same_and_keeps_what_a_user_added(tmp_path: Path) -> None:
    first = lay_out(ROOT, tmp_path, "diabetes-progression")
    own = tmp_path / "dags" / "own.yaml"
    own.write_text("name: own\n")
    assert lay_out(ROOT, tmp_path, "diabetes-progression") == first
    assert own.read_text() == "name: own\n"
