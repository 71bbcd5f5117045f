"""Plan -> DAG, and a folder of specs -> DAGs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, BaseOperator, Param, get_parsing_context
from airflow.sdk.configuration import conf

from golden_paths import approval, platform, regular_file
from golden_paths.errors import InvalidSpec, SpecProblem
from golden_paths.folder import read_folder, spec_files
from golden_paths.load import LoadedSpec, read_spec
from golden_paths.placement import runs_in_pod
from golden_paths.plan import make_plan, plan_markdown
from golden_paths.registry import STEPS
from golden_paths.spec import PathSpec
from golden_paths.spec_text import MAX_BYTES
from golden_paths.yaml_source import parse
from golden_paths_airflow import recertify_dag, rollback
from golden_paths_airflow.invalid_spec import invalid_spec_dag
from golden_paths_airflow.schedules import START, refreshed, refusal, schedule_of
from golden_paths_airflow.spec_dag import SpecDag
from golden_paths_airflow.step_operators import OPERATORS

RUNS = 3  # one that makes a version, one that waits to retire the version before, one that rolls back
WATCH = "watch"  # what the DAG that watches a model is called, after its name and a dot
WAITING = 2  # more, whose versions wait for an approval
TYPES = {
    bool: ["boolean"],
    int: ["integer"],
    float: ["number", "integer"],
    str: ["string"],
    type(None): ["null", "number", "string", "boolean"],
}


def build_dag(loaded: LoadedSpec) -> DAG:
    """The DAG of one spec: its plan's steps and edges, and nothing else."""
    spec, plan = loaded.spec, make_plan(loaded.spec)
    is_on_cluster = spec.deploy is not None and spec.deploy.to == "kubernetes"
    is_asked_for = "approve" in plan.path.steps and approval.rule_of(spec, loaded.project) is not None
    dag = SpecDag(
        loaded.file,
        dag_id=spec.name,
        description=spec.description,
        schedule=schedule_of(spec, by_interval=plan.path.by_interval),
        start_date=START,
        catchup=False,
        max_active_runs=(RUNS if is_on_cluster else 1) + (WAITING if is_asked_for else 0),
        default_args={"owner": spec.owner},
        tags=["golden-path", plan.path.id, spec.owner],
        doc_md=plan_markdown(plan),
        params=_params(spec) | ({rollback.PARAM: rollback.param()} if is_on_cluster else {}),
    )
    tasks: dict[str, Any] = {}
    for step in plan.steps:
        operator = _operator(step.name, loaded)
        # Where runs may overlap, each step still is in one of them at a time, but for versions that wait for people.
        alone: dict[str, Any] = {"max_active_tis_per_dag": 1} if dag.max_active_runs > 1 and step.name != "approve" else {}
        tasks[step.name] = operator(task_id=step.name, dag=dag, loaded=loaded, doc=step.summary, **alone)
        for before in step.needs:
            tasks[step.name].set_upstream(tasks[before])
    if plan.path.refreshes:
        tasks[plan.steps[-1].name].add_outlets([refreshed(spec.name)])
    if is_on_cluster:
        back = rollback.RollbackOperator(task_id="rollback", dag=dag, loaded=loaded, doc="Only when the run was asked to")
        back.set_downstream([tasks[step.name] for step in plan.steps if not step.needs])
    return dag


def _operator(step: str, loaded: LoadedSpec) -> Callable[..., BaseOperator]:
    """The step's operator: in a worker, or in a pod.

    The provider's import costs 3 s of CPU: a worker that starts another task of the DAG does without.
    """
    is_another = get_parsing_context().task_id not in (None, step)
    if is_another or not runs_in_pod(STEPS[step], loaded.spec, platform.read(loaded.project)):
        return OPERATORS[step]
    from golden_paths_airflow.pod_operators import POD_OPERATORS

    return POD_OPERATORS[step]


def _params(spec: PathSpec) -> dict[str, Param]:
    train = spec.train.params if spec.train else {}
    return {
        name: Param(value, type=TYPES[type(value)], description=f"train.params.{name}, for this run alone")
        for name, value in train.items()
    }


def load_dags(folder: str | Path) -> Iterator[DAG]:
    """The DAGs of every spec of the folder; a stub with the message per broken one."""
    if wanted := get_parsing_context().dag_id:
        yield from _only(Path(folder), wanted)
        return
    good, broken = read_folder(Path(folder), ignore_syntax())
    for loaded in good:
        try:
            yield from _checked(loaded)
        except InvalidSpec as invalid:
            broken.append((loaded.file, invalid))
    for file, error in broken:
        yield invalid_spec_dag(file, error)


def ignore_syntax() -> str:
    """How .airflowignore is written here: glob or regexp."""
    return str(conf.get("core", "dag_ignore_file_syntax", fallback="glob"))


def dags_of(loaded: LoadedSpec) -> dict[str, Callable[[LoadedSpec], DAG]]:
    """The DAGs of one spec by their ids: its own, and those beside it, NAME.WHAT. A model's name has no dot."""
    made: dict[str, Callable[[LoadedSpec], DAG]] = {loaded.spec.name: build_dag}
    if loaded.spec.monitor is not None:
        made[f"{loaded.spec.name}.{WATCH}"] = _watch_dag
    if recertify_dag.is_recertified(loaded):
        made[f"{loaded.spec.name}.{recertify_dag.SUFFIX}"] = recertify_dag.recertify_dag
    return made


def _watch_dag(loaded: LoadedSpec) -> DAG:
    """Its operators cost an import that a worker of another task does without."""
    from golden_paths_airflow.watch_dag import watch_dag

    return watch_dag(loaded)


def _checked(loaded: LoadedSpec) -> list[DAG]:
    """Its DAGs; `InvalidSpec` with Airflow's own words when it refuses what we let pass."""
    schedule = loaded.spec.schedule
    if schedule and (reason := refusal(schedule)):
        line = parse(loaded.text, loaded.file.name).lines[("schedule",)]
        remedy = "write five cron fields, a preset such as @weekly, or 6h"
        problem = SpecProblem(loaded.file.name, line, "schedule", schedule, f"is refused by Airflow: {reason}", remedy)
        raise InvalidSpec([problem])
    try:
        return [build(loaded) for build in dags_of(loaded).values()]
    except Exception as error:  # one spec's fault must stay its own, whatever it is
        problem = SpecProblem(loaded.file.name, 0, "", None, f"is refused by Airflow: {error}", "change the spec")
        raise InvalidSpec([problem]) from error


def _only(folder: Path, wanted: str) -> Iterator[DAG]:
    """The one DAG that a worker needs to start a task: a start must cost the same beside one spec and beside five hundred.

    The file of that name is looked at first, then those whose text holds the name; no other is read any further. When
    none is that DAG and one of them is broken, its `InvalidSpec` is raised: it then stands in the task's log.
    """
    name = wanted.partition(".")[0]
    broken: list[InvalidSpec] = []
    for file in sorted(spec_files(folder, ignore_syntax()), key=lambda file: file.stem != name):
        if not _holds(file, name.encode()):
            continue
        try:
            loaded = read_spec(file)
        except InvalidSpec as invalid:
            broken.append(invalid)
            continue
        if loaded.spec.name == name:
            if build := dags_of(loaded).get(wanted):
                yield build(loaded)
            return
    if broken:
        raise broken[0]


def _holds(file: Path, name: bytes) -> bool:
    try:
        return name in regular_file.read(file, MAX_BYTES)
    except OSError:  # gone, too large, no regular file: not the spec that became this DAG
        return False
