"""Specs of batch-scores that are wrong: one message each, with line and remedy. And good ones, whatever their risk."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bad_specs import hold
from examples import ROOT
from golden_paths import policy
from golden_paths.load import read_spec, validate
from golden_paths.placement import placed, runs_in_pod
from golden_paths.plan import make_plan
from golden_paths.platform import Platform
from golden_paths.policy.rules import faults
from golden_paths.project import Project
from golden_paths.registry import STEPS
from golden_paths.starter import starter
from golden_paths.yaml_source import parse
from projects import make_project

SCORES = """\
golden_path: batch-scores@1
name: churn-scores
owner: growth
description: Who leaves, every day.
schedule: "@daily"
features:
  repo: include/feature_repos/churn
  service: churn_v1
score:
  model: churn
  entities: include/data/churn.parquet
"""
DEPLOY = "deploy:\n  to: local\n"
CASES = {
    "no section score": (
        SCORES[: SCORES.index("score:\n")],
        "bad.yaml:1: score is missing, and batch-scores@1 needs it; add the section",
    ),
    "a section of another path": (
        SCORES + DEPLOY,
        "bad.yaml:12: deploy is a section that batch-scores@1 does not have; "
        "remove it: batch-scores@1 has features, score",
    ),
    "a step of another path": (
        SCORES + "steps:\n  evaluate: {run_in: pod}\n",
        "bad.yaml:13: steps.evaluate is no step of batch-scores@1; "
        "remove it: its steps are choose_champion, score, publish_scores",
    ),
    "no entities": (
        SCORES.replace("data/churn.parquet", "data/chrun.parquet"),
        "bad.yaml:11: score.entities 'include/data/chrun.parquet' is not there: no file include/data/chrun.parquet in the project"
        "; did you mean 'churn.parquet'?",
    ),
    "entities that are no table": (
        SCORES.replace("data/churn.parquet", "models/churn.py"),
        "bad.yaml:11: score.entities 'include/models/churn.py' is no parquet file: it has no parquet footer; "
        "write it with DataFrame.to_parquet",
    ),
    "entities without a time": (
        SCORES.replace("data/churn.parquet", "data/timeless.parquet"),
        "bad.yaml:11: score.entities 'include/data/timeless.parquet' has no column event_timestamp; "
        "add it: the time, in UTC, for which a row is to be scored",
    ),
    "an output outside": (
        SCORES + "  output: ../scores\n",
        "bad.yaml:12: score.output '../scores' leaves the project; "
        "name a file below the project's folder, as in include/models/fit.py",
    ),
    "an output through a link": (
        SCORES + "  output: away/scores\n",
        "bad.yaml:12: score.output 'away/scores' leaves the project through a symbolic link; "
        "name a folder below the project's folder",
    ),
    "an output that is a file": (
        SCORES + "  output: include/data/churn.parquet\n",
        "bad.yaml:12: score.output 'include/data/churn.parquet' is no folder; "
        "name a folder of the project; it need not be there yet",
    ),
    "an output among specs": (
        SCORES + "  output: dags/scores\n",
        "bad.yaml:12: score.output 'dags/scores' is in dags/, whose files are read as code or specs; "
        "name another folder, as in scores/scores",
    ),
    "a folder and a table": (
        SCORES + "  output: scores\n  table: churn_scores\n",
        "bad.yaml:9: score names both an output and a table; leave one of them out",
    ),
    "a table that has no name": (
        SCORES + "  table: scores; drop table customers\n",
        "bad.yaml:12: score.table 'scores; drop table customers' is no name for a table; "
        "use lower-case letters, digits and '_', a letter first, at most 63, as in churn_scores; not golden_paths_...",
    ),
    "a table of the platform": (
        SCORES + "  table: golden_paths_scored\n",
        "bad.yaml:12: score.table 'golden_paths_scored' is no name for a table; "
        "use lower-case letters, digits and '_', a letter first, at most 63, as in churn_scores; not golden_paths_...",
    ),
    "a model that has no name": (
        SCORES.replace("model: churn", "model: Churn!"),
        "bad.yaml:10: score.model 'Churn!' is no name that Kubernetes and MLflow both take; "
        "use lower-case letters, digits and '-', a letter first, at most 50, as in diabetes-progression",
    ),
    "a chunk of nothing": (
        SCORES + "  chunk: 0\n",
        "bad.yaml:12: score.chunk '0' is refused: input should be greater than or equal to 100; "
        "it is for: Rows that are joined to their features at a time: the memory that the join takes grows with it",
    ),
    "a pod that reads a registry in a file": (
        SCORES + "  run_in: pod\n",
        "bad.yaml:12: score.run_in 'pod' is asked of a pod, and include/feature_repos/churn/feature_store.yaml keeps its "
        "registry and its online store in a file; write run_in: worker, or name stores that pods reach",
    ),
    "a pod for a worker": (
        SCORES + "  pod: {memory: 1Gi}\n",
        "bad.yaml:12: score.pod says what a pod of score is given, and score runs in a worker; "
        "write run_in: pod beside it, or remove it",
    ),
}


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = make_project(tmp_path / "project")
    pd.DataFrame({"customer": [1]}).to_parquet(folder.parent / "include" / "data" / "timeless.parquet")
    (tmp_path / "elsewhere").mkdir()
    (folder.parent / "away").symlink_to(tmp_path / "elsewhere")
    return folder


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_bad_spec_gets_one_message_with_line_and_remedy(dags: Path, case: tuple[str, str]) -> None:
    hold(dags, case)


@pytest.mark.parametrize("risk", ["minimal", "limited", "high"])
def test_the_platforms_policy_asks_a_batch_path_for_no_gate_of_a_model(risk: str) -> None:
    found = policy.read(Project.at(ROOT))
    text = SCORES.replace("owner:", f"risk: {risk}\nowner:").replace("  service", "  freshness: 24h\n  service")
    assert list(faults(validate(parse(text, "scores.yaml")), found)) == []
    assert {gate.partition(".")[0] for gate in found.risk.high.requires} > {"features"}


def test_the_plan_is_three_steps_in_a_line(dags: Path) -> None:
    (dags / "scores.yaml").write_text(SCORES + "  output: scores/churn\n")
    plan = make_plan(read_spec(dags / "scores.yaml").spec)
    assert plan.edges == (("choose_champion", "score"), ("score", "publish_scores"))
    assert plan.steps[2].writes == ("scores/churn: a folder for the interval",)
    assert all(step.reads and step.writes for step in plan.steps)


def test_the_starter_is_a_spec_once_its_files_are_there(dags: Path) -> None:
    text = starter("churn", "batch-scores@1").replace("data/churn/entities.parquet", "data/churn.parquet")
    (dags / "churn.yaml").write_text(text)
    assert read_spec(dags / "churn.yaml").spec.golden_path == "batch-scores@1"


def test_only_score_runs_in_a_pod() -> None:
    spec = validate(parse(SCORES + "  run_in: pod\n  pod: {memory: 2Gi}\n", "scores.yaml"))
    names = ("choose_champion", "score", "publish_scores")
    assert [runs_in_pod(STEPS[name], spec, Platform()) for name in names] == [False, True, False]
    said = placed("score", spec)
    assert said
    assert said.pod
    assert said.pod.memory == "2Gi"
    plain = validate(parse(SCORES, "scores.yaml"))
    assert [runs_in_pod(STEPS["score"], plain, Platform(in_pods=of)) for of in ((), ("score",))] == [False, True]
