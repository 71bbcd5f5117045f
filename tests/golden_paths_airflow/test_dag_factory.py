"""What a spec's DAG looks like to Airflow."""

from __future__ import annotations

import os
import runpy
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk import DAG

from golden_paths.errors import InvalidSpec
from golden_paths.load import read_spec
from projects import SPEC, make_project
from refreshes import REFRESH, RELIES, write_contract


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
        "approve": ("ApproveVersionOperator", ["register"]),
        "deploy": ("DeployModelOperator", ["approve"]),
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
    from golden_paths.params import with_params

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


def test_a_worker_is_not_held_up_by_what_lies_beside_its_spec(dags: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from golden_paths_airflow.dag_factory import load_dags

    (dags / "churn.yaml").rename(dags / "z.yaml")
    os.mkfifo(dags / "fifo.yaml")
    (dags / "folder.yaml").mkdir()
    (dags / "gone.yaml").symlink_to("nothing")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "churn")
    assert [dag.dag_id for dag in load_dags(dags)] == ["churn"]


NAMES = [b"my spec.yaml", "größe.yaml".encode(), b"x\xff.yaml", b"a" * 245 + b".yaml", b"a\nb.yaml", b".yaml"]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_broken_spec_of_any_file_name_harms_no_other(dags: Path, name: bytes) -> None:
    from golden_paths_airflow.dag_factory import load_dags

    with open(os.fsencode(dags) + b"/" + name, "w") as stream:
        stream.write("owner: [")
    loaded = list(load_dags(dags))
    assert [dag.dag_id for dag in loaded][:1] == ["churn"]
    assert len({dag.dag_id for dag in loaded}) == 2
    str(loaded[1].tasks[0].message._error).encode()


def test_an_import_error_stands_beside_the_loader_that_found_it(dags: Path) -> None:
    from golden_paths_airflow.invalid_spec import invalid_spec_dag

    dag = invalid_spec_dag(dags / "bad.yaml", InvalidSpec([]))
    for loader, expected in (("load.py", "bad.yaml"), ("team/load.py", "team/bad.yaml")):
        dag.relative_fileloc = loader
        dag.validate()
        assert dag.relative_fileloc == expected


def test_a_model_may_have_the_name_of_a_variable_of_the_loader(dags: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = Path(__file__).parents[2] / "dags" / "load_golden_paths.py"
    shutil.copy(loader, dags)
    for name in ("dag", "sys", "z"):
        (dags / f"{name}.yaml").write_text(SPEC.replace("name: churn", f"name: {name}"))
    found = runpy.run_path(str(dags / loader.name))
    assert {value.dag_id for value in found.values() if isinstance(value, DAG)} == {"churn", "dag", "sys", "z"}


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


def test_steps_are_retried_twice_and_wait_longer_the_second_time(dags: Path) -> None:
    tasks = build(dags / "churn.yaml").tasks
    retries = {(task.retries, task.retry_delay, task.retry_exponential_backoff) for task in tasks}
    assert retries == {(2, timedelta(seconds=10), 2.0)}


@pytest.fixture
def refreshing(dags: Path) -> Path:
    write_contract(dags.parent)
    (dags / "shop-features.yaml").write_text(REFRESH)
    (dags / "churn.yaml").write_text(RELIES)
    return dags


ASSET = ("shop-features", "golden-paths://features/shop-features")


def test_the_last_task_of_a_refresh_says_that_it_has_ended_well(refreshing: Path) -> None:
    dag = build(refreshing / "shop-features.yaml")
    assert {task.task_id: (type(task).__name__, [(one.name, one.uri) for one in task.outlets]) for task in dag.tasks} == {
        "check_features": ("CheckFeaturesOperator", []),
        "materialize": ("MaterializeFeaturesOperator", [ASSET]),
    }
    assert dag.task_dict["materialize"].upstream_task_ids == {"check_features"}
    assert dag.schedule == "@daily"


def test_a_model_that_relies_on_a_refresh_starts_when_that_has_ended_well(refreshing: Path) -> None:
    dag = build(refreshing / "churn.yaml")
    assert [(one.name, one.uri) for one in dag.schedule] == [ASSET]
    assert {task.task_id: task.outlets for task in dag.tasks if task.outlets} == {}


def test_a_model_with_a_schedule_of_its_own_keeps_that_alone(refreshing: Path) -> None:
    (refreshing / "churn.yaml").write_text(RELIES.replace("features:", 'schedule: "@weekly"\nfeatures:', 1))
    assert build(refreshing / "churn.yaml").schedule == "@weekly"


def test_a_refresh_and_its_models_are_serialised_as_airflow_does(refreshing: Path) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    from golden_paths_airflow.dag_factory import load_dags

    (refreshing / "second.yaml").write_text(RELIES.replace("name: churn", "name: second"))
    made = {dag.dag_id: DagSerialization.to_dict(dag)["dag"] for dag in load_dags(refreshing)}
    waits = {name: str(one["timetable"]) for name, one in made.items()}
    assert [name for name, text in waits.items() if ASSET[1] in text] == ["churn", "second"]
    assert sorted(made) == ["churn", "second", "shop-features"]


def test_a_worker_of_a_model_reads_no_other_spec(refreshing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from golden_paths_airflow.dag_factory import load_dags

    (refreshing / "shop-features.yaml").write_text("owner: [")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "churn")
    assert [dag.dag_id for dag in load_dags(refreshing)] == ["churn"]


def test_a_refresh_of_high_risk_has_no_version_that_waits_for_people(refreshing: Path) -> None:
    approval = "risk: {high: {approval: {approvers: [reviewer]}}}\n"
    (refreshing.parent / "include" / "policy.yaml").write_text(approval)
    assert build(refreshing / "shop-features.yaml").max_active_runs == 1
    assert build(refreshing / "churn.yaml").max_active_runs == 3
