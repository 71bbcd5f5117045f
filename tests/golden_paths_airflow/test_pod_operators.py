"""Steps in pods, as Airflow sees them before any runs: which operator, what it costs, and that nothing is rendered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from golden_paths import platform
from golden_paths.load import read_spec
from projects import make_project
from spec_cases import text_of

ROOT = Path(__file__).parents[2]
IN_POD = {"train": "  run_in: pod\n", "more": "steps:\n  evaluate: {run_in: pod}\n"}
IMPORTED = """
import sys
from golden_paths_airflow.dag_factory import load_dags
(dag,) = load_dags("{dags}")
tasks = {{task.task_id: type(task).__name__ for task in dag.tasks}}
print(tasks["train"], "airflow.providers.cncf.kubernetes.operators.pod" in sys.modules)
"""


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    return make_project(tmp_path)


def build(dags: Path, **given: str) -> Any:
    from golden_paths_airflow.dag_factory import build_dag

    (dags / "churn.yaml").write_text(text_of(**given))
    return build_dag(read_spec(dags / "churn.yaml"))


def imported(dags: Path, text: str, **environment: str) -> str:
    (dags / "churn.yaml").write_text(text)
    paths = os.pathsep.join([str(ROOT / "include"), str(ROOT / "operators")])
    command = [sys.executable, "-c", IMPORTED.format(dags=dags)]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": paths} | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


def test_the_steps_that_the_spec_puts_into_pods_are_there_and_no_others(dags: Path) -> None:
    from golden_paths_airflow.pod_base import PodStepOperator

    tasks = {task.task_id: task for task in build(dags, **IN_POD).tasks}
    assert {name for name, task in tasks.items() if isinstance(task, PodStepOperator)} == {"train", "evaluate"}
    assert [type(tasks[name]).__name__ for name in ("train", "evaluate")] == ["TrainModelPodOperator", "EvaluateModelPodOperator"]
    assert {link.name for link in tasks["train"].operator_extra_links} == {"MLflow run", "Lineage"}


def on_kubernetes(dags: Path) -> Any:
    store = dags.parent / "include" / "feature_repos" / "churn" / "feature_store.yaml"
    store.write_text('project: churn\nonline_store: {type: redis, connection_string: "${FEAST_REDIS}"}\n')
    return build(dags, to="kubernetes")


def test_a_rollout_is_smoke_tested_from_inside_its_cluster(dags: Path) -> None:
    tasks = {task.task_id: type(task).__name__ for task in on_kubernetes(dags).tasks}
    assert (tasks["smoke"], tasks["train"]) == ("SmokeTestPodOperator", "TrainModelOperator")


def test_a_run_may_roll_back_while_another_is_on_its_way_and_no_step_is_in_two_at_once(dags: Path) -> None:
    dag = on_kubernetes(dags)
    assert [task.task_id for task in dag.roots] == ["rollback"]
    assert (dag.params.get_param("rollback_to").value, dag.max_active_runs) == (None, 3)
    several = ("rollback", "approve")  # of versions that wait for people there may be some
    assert {task.max_active_tis_per_dag for task in dag.tasks if task.task_id not in several} == {1}
    assert {dag.get_task(name).max_active_tis_per_dag for name in several} == {None}


def test_nothing_of_a_spec_is_a_template_in_a_pod_either(dags: Path) -> None:
    assert {tuple(task.template_fields) for task in build(dags, **IN_POD).tasks} == {()}


def test_a_task_in_a_pod_waits_without_a_worker_and_takes_up_its_pod_again(dags: Path) -> None:
    (dags.parent / platform.FILE).write_text("pods: {scheduled_within: 2m, started_within: 3m}\n")
    (task,) = [task for task in build(dags, **IN_POD).tasks if task.task_id == "train"]
    assert (task.deferrable, task.durable, task.do_xcom_push) == (True, True, False)
    assert (task.schedule_timeout_seconds, task.startup_timeout_seconds) == (120, 180)


IMPORTS = {
    "no step in a pod": (text_of(), {}, "TrainModelOperator False"),
    "a step in a pod": (text_of(**IN_POD), {}, "TrainModelPodOperator True"),
    "the start of another task": (
        text_of(**IN_POD),
        {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": "churn", "_AIRFLOW_PARSING_CONTEXT_TASK_ID": "register"},
        "TrainModelOperator False",
    ),
    "the start of a task in a pod": (
        text_of(**IN_POD),
        {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": "churn", "_AIRFLOW_PARSING_CONTEXT_TASK_ID": "train"},
        "TrainModelPodOperator True",
    ),
}


@pytest.mark.parametrize(("text", "environment", "said"), IMPORTS.values(), ids=IMPORTS)
def test_the_providers_operator_is_imported_only_when_a_pod_is_to_be_started(
    dags: Path, text: str, environment: dict[str, str], said: str
) -> None:
    assert imported(dags, text, **environment) == said
