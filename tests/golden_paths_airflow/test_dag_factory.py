"""What a spec's DAG looks like to Airflow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from golden_paths.load import read_spec
from projects import SPEC, make_project


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = make_project(tmp_path)
    (folder / "churn.yaml").write_text(SPEC)
    return folder


def build(file: Path):  # type: ignore[no-untyped-def]
    from golden_paths_airflow.dag_factory import build_dag

    return build_dag(read_spec(file))


def test_the_dag_is_the_plan(dags: Path) -> None:
    dag = build(dags / "churn.yaml")
    assert {task.task_id: (type(task).__name__, sorted(task.upstream_task_ids)) for task in dag.tasks} == {
        "materialize": ("MaterializeFeaturesOperator", []),
        "build_training_set": ("BuildTrainingSetOperator", ["materialize"]),
        "train": ("TrainModelOperator", ["build_training_set"]),
        "evaluate": ("EvaluateModelOperator", ["train"]),
        "register": ("RegisterModelOperator", ["evaluate"]),
        "deploy": ("DeployModelOperator", ["register"]),
        "smoke": ("SmokeTestOperator", ["deploy"]),
        "promote": ("PromoteModelOperator", ["smoke"]),
    }


def test_the_dag_carries_owner_tags_description_and_page(dags: Path) -> None:
    dag = build(dags / "churn.yaml")
    assert (dag.owner, dag.tags, dag.description) == (
        "growth",
        {"golden-path", "online-model@1", "growth"},
        "Chance that a customer leaves.",
    )
    assert "| 3 | train |" in str(dag.doc_md)


def test_nothing_of_a_spec_is_a_template(dags: Path) -> None:
    assert {tuple(task.template_fields) for task in build(dags / "churn.yaml").tasks} == {()}


def test_a_duration_is_a_schedule(dags: Path) -> None:
    (dags / "churn.yaml").write_text(SPEC.replace("features:", "schedule: 6h\nfeatures:", 1))
    assert build(dags / "churn.yaml").schedule == timedelta(hours=6)


def test_the_trigger_form_overrides_params_with_checked_types(dags: Path) -> None:
    from golden_paths_airflow.base import with_params

    loaded = read_spec(dags / "churn.yaml")
    assert with_params(loaded.spec, {"C": 2.0}).train.params == {"C": 2.0}  # type: ignore[union-attr]
    param = build(dags / "churn.yaml").params.get_param("C")
    assert (param.value, param.schema["type"]) == (0.5, ["number", "integer"])


def test_a_worker_builds_only_the_dag_it_is_asked_for(dags: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from golden_paths_airflow.dag_factory import load_dags

    for number in range(5):
        (dags / f"other-{number}.yaml").write_text(SPEC.replace("name: churn", f"name: other-{number}"))
    (dags / "broken.yaml").write_text("owner: [")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "churn")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "train")
    assert [dag.dag_id for dag in load_dags(dags)] == ["churn"]


def test_the_retired_package_is_named_when_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from golden_paths_airflow.retired import retired_package

    assert retired_package() is None
    info = tmp_path / "openlineage_airflow-1.41.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: openlineage-airflow\nVersion: 1.41.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert retired_package() == (
        "openlineage-airflow 1.41.0 is installed beside apache-airflow-providers-openlineage: it is retired, emits nothing on "
        "Airflow 2.8 and later, and drags the provider to an old version; remove it: pip uninstall openlineage-airflow"
    )
