"""Plan -> DAG, and a folder of specs -> DAGs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, get_parsing_context

from golden_paths.errors import InvalidSpec, SpecProblem
from golden_paths.load import LoadedSpec, read_folder, read_spec, spec_files
from golden_paths.plan import make_plan, plan_markdown
from golden_paths.values import DURATION, UNITS
from golden_paths_airflow.invalid_spec import invalid_spec_dag
from golden_paths_airflow.step_operators import OPERATORS

# Any fixed time in the past: with catchup off only the latest interval runs.
START = datetime(2025, 1, 1, tzinfo=UTC)
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def build_dag(loaded: LoadedSpec) -> DAG:
    """The DAG of one spec: its plan's steps and edges, and nothing else."""
    spec, plan = loaded.spec, make_plan(loaded.spec)
    dag = DAG(
        dag_id=spec.name,
        description=spec.description,
        schedule=_schedule(spec.schedule),
        start_date=START,
        catchup=False,
        max_active_runs=1,
        default_args={"owner": spec.owner},
        tags=["golden-path", plan.path.id, spec.owner],
        doc_md=plan_markdown(plan),
        params=_params(loaded),
    )
    tasks: dict[str, Any] = {}
    for step in plan.steps:
        tasks[step.name] = OPERATORS[step.name](task_id=step.name, dag=dag, loaded=loaded, doc=step.summary)
        for before in step.needs:
            tasks[step.name].set_upstream(tasks[before])
    return dag


def _schedule(schedule: str | None) -> Any:
    if schedule and (match := DURATION.fullmatch(schedule)):
        return timedelta(**{UNITS[match[2]]: int(match[1])})
    return schedule


def _params(loaded: LoadedSpec) -> dict[str, Param]:
    train = loaded.spec.train
    found = {}
    for name, value in (train.params if train else {}).items():
        kinds = ["number", "integer"] if type(value) is float else [TYPES.get(type(value), "string")]
        kinds += ["null"] if value is None else []
        found[name] = Param(value, type=kinds, description=f"train.params.{name}, for this run alone")
    return found


def load_dags(folder: str | Path) -> Iterator[DAG]:
    """One DAG per spec of the folder; a stub with the message per broken one.

    A worker that starts a task needs one DAG: only specs whose text holds its name are read then, so that the start
    costs the same beside one spec and beside five hundred.
    """
    wanted = get_parsing_context().dag_id
    if wanted:
        yield from _only(Path(folder), wanted)
        return
    good, broken = read_folder(Path(folder))
    for loaded in good:
        try:
            yield build_dag(loaded)
        except Exception as error:  # Airflow refuses what we let pass, and one spec's fault must stay its own
            problem = SpecProblem(loaded.file.name, 0, "", None, f"is refused by Airflow: {error}", "change the spec")
            broken.append((loaded.file, InvalidSpec([problem])))
    for file, invalid in broken:
        yield invalid_spec_dag(file, invalid)


def _only(folder: Path, wanted: str) -> Iterator[DAG]:
    name = wanted.encode()
    for file in spec_files(folder):
        if name not in file.read_bytes():
            continue
        try:
            loaded = read_spec(file)
        except InvalidSpec:
            continue
        if loaded.spec.name == wanted:
            yield build_dag(loaded)
