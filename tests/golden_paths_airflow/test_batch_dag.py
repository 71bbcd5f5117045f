"""What a spec of batch-scores looks like to Airflow: runs with intervals, whatever Airflow's defaults are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golden_paths.load import read_spec
from projects import make_project

SCORES = """\
golden_path: batch-scores@1
name: churn-scores
owner: growth
description: Who leaves, every day.
risk: high
schedule: "@daily"
features: {repo: include/feature_repos/churn, service: churn_v1}
score: {model: churn, entities: include/data/churn.parquet}
"""
POLICY = "risk: {high: {approval: {approvers: [ada]}, requires: [evaluate.champion]}}\n"


def build(folder: Path, schedule: str = '"@daily"') -> Any:
    from golden_paths_airflow.dag_factory import build_dag

    dags = make_project(folder)
    (folder / "include" / "policy.yaml").write_text(POLICY)
    (dags / "scores.yaml").write_text(SCORES.replace('"@daily"', schedule))
    return build_dag(read_spec(dags / "scores.yaml"))


def test_the_dag_is_the_plan_and_asks_nobody(tmp_path: Path) -> None:
    dag = build(tmp_path)
    assert {task.task_id: (type(task).__name__, sorted(task.upstream_task_ids)) for task in dag.tasks} == {
        "choose_champion": ("ChooseChampionOperator", []),
        "score": ("ScoreOperator", ["choose_champion"]),
        "publish_scores": ("PublishScoresOperator", ["score"]),
    }
    assert (dag.max_active_runs, dag.catchup) == (1, False)


@pytest.mark.parametrize(
    ("schedule", "start", "length"),
    [
        ('"@daily"', datetime(2026, 3, 28, tzinfo=UTC), timedelta(days=1)),
        ('"@hourly"', datetime(2026, 3, 29, 0, tzinfo=UTC), timedelta(hours=1)),  # clocks go forward in Berlin
        ('"30 2 * * *"', datetime(2026, 3, 27, 2, 30, tzinfo=UTC), timedelta(days=1)),
    ],
)
def test_each_run_has_the_interval_before_it_in_utc(tmp_path: Path, schedule: str, start: datetime, length: timedelta) -> None:
    from airflow.serialization.encoders import coerce_to_core_timetable
    from pendulum import instance

    timetable = coerce_to_core_timetable(build(tmp_path, schedule).timetable)
    found = timetable.infer_manual_data_interval(run_after=instance(datetime(2026, 3, 29, 1, 10, tzinfo=UTC)))
    assert (found.start, found.end) == (start, start + length)


def test_a_duration_has_intervals_that_meet(tmp_path: Path) -> None:
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import DataInterval, TimeRestriction
    from pendulum import instance

    timetable = coerce_to_core_timetable(build(tmp_path, "6h").timetable)
    first = DataInterval(instance(datetime(2026, 3, 29, tzinfo=UTC)), instance(datetime(2026, 3, 29, 6, tzinfo=UTC)))
    free = TimeRestriction(earliest=None, latest=None, catchup=True)
    found = timetable.next_dagrun_info(last_automated_data_interval=first, restriction=free)
    assert found
    assert (found.data_interval.start, found.data_interval.end) == (first.end, first.end + timedelta(hours=6))


@pytest.mark.parametrize("schedule", ['"@once"', '"@continuous"'])
def test_a_schedule_without_intervals_stays_what_it_is(tmp_path: Path, schedule: str) -> None:
    assert build(tmp_path, schedule).schedule == schedule.strip('"')
