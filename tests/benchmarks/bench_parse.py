"""Parse CPU per spec: ours against dag-factory and against hand-written Python that build the same DAGs; and a task's start.

The peers' files name the same operators and carry the same texts, written out; they read and check nothing of what a spec
refers to. Every measurement is a process of its own that has imported airflow.sdk, as Airflow's dag processor has before it
forks: what the DAG files import is in the figure.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
SIZES = (50, 500)
LIMITS = {"dag-factory": 0.5, "hand-written": 1.3}
START_LIMIT = 1.1
SHARED = 10  # specs per feature repository and entities file; every spec has a fit file of its own
MEASURE = """\
import gc, json, sys, time
import airflow.sdk
from airflow.dag_processing.dagbag import DagBag
gc.freeze()  # as the dag processor and LocalExecutor do before they fork
begin = time.process_time()
bag = DagBag(sys.argv[1])
cpu = time.process_time() - begin
shape = {name: [len(dag.tasks), len(dag.params), dag.max_active_runs] for name, dag in bag.dags.items()}
print("RESULT" + json.dumps({"cpu_s": cpu, "errors": bag.import_errors, "shape": shape}))
"""
PYTHON = """\
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Param

from golden_paths_airflow import step_operators as steps

with DAG(
    dag_id={name!r},
    description={description!r},
    schedule={schedule!r},
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={{"owner": {owner!r}}},
    tags={tags!r},
    doc_md={doc_md!r},
    params={params},
) as dag:
{tasks}
{edges}
"""
FACTORY_LOADER = """\
from pathlib import Path

from airflow.sdk import DAG
from dagfactory import load_yaml_dags

load_yaml_dags(globals_dict=globals(), dags_folder=str(Path(__file__).parent))
"""
FIT = 'def fit(features, label, C=1.0):\n    """Fit."""\n    return (features, label, C)\n'


def specs(folder: Path, count: int) -> Path:
    """A project with `count` specs; returns its dags folder, with our loader in it."""
    import yaml

    from projects import SPEC, make_project

    dags = make_project(folder)
    spec: dict[str, Any] = yaml.safe_load(SPEC)
    spec["schedule"] = "@weekly"
    spec["features"]["freshness"] = "24h"
    spec["training_set"]["split"] = {"by": "time", "test": 0.3}
    spec["train"]["params"] = {"C": 0.5, "penalty": "l2", "rounds": 100}
    spec["evaluate"]["champion"] = {"metric": "roc_auc", "may_lose": 0.01}
    include = folder / "include"
    for number in range(count):
        group = number // SHARED
        if number % SHARED == 0:
            repo = include / "feature_repos" / f"repo_{group}"
            repo.mkdir()
            for file in (include / "feature_repos" / "churn").iterdir():
                (repo / file.name).write_bytes(file.read_bytes())
            entities = include / "data" / f"entities_{group}.parquet"
            entities.write_bytes((include / "data" / "churn.parquet").read_bytes())
        (include / "models" / f"model_{number}.py").write_text(FIT)
        spec["name"] = f"model-{number:04}"
        spec["features"]["repo"] = f"include/feature_repos/repo_{group}"
        spec["training_set"]["entities"] = f"include/data/entities_{group}.parquet"
        spec["train"]["code"] = f"include/models/model_{number}.py:fit"
        (dags / f"{spec['name']}.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))
    (dags / "load_golden_paths.py").write_bytes((ROOT / "dags" / "load_golden_paths.py").read_bytes())
    return dags


def peers(dags: Path, folder: Path) -> dict[str, Path]:
    """The same DAGs as Python files and as dag-factory's YAML; returns the folders by arm."""
    import yaml

    from golden_paths_airflow.dag_factory import load_dags

    places = {"dag-factory": folder / "factory", "hand-written": folder / "python"}
    for place in places.values():
        place.mkdir()
    (places["dag-factory"] / "load_factory.py").write_text(FACTORY_LOADER)
    for dag in load_dags(dags):
        (places["hand-written"] / f"{dag.dag_id}.py").write_text(as_python(dag))
        text = yaml.safe_dump({dag.dag_id: as_factory(dag)}, sort_keys=False)
        (places["dag-factory"] / f"{dag.dag_id}.yaml").write_text(text)
    return places


def as_python(dag: Any) -> str:
    params = ", ".join(
        f"{name!r}: Param({param.value!r}, type={param.schema['type']!r}, description={param.description!r})"
        for name, param in ((name, dag.params.get_param(name)) for name in dag.params)
    )
    arguments = {
        task.task_id: f"task_id={task.task_id!r}, loaded={dag.dag_id!r}, doc={task.doc!r}" + timeout(task)
        for task in dag.tasks
    }
    tasks = [f"    {name} = steps.{type(dag.get_task(name)).__name__}({said})" for name, said in arguments.items()]
    edges = [f"    {before} >> {task.task_id}" for task in dag.tasks for before in sorted(task.upstream_task_ids)]
    return PYTHON.format(
        name=dag.dag_id,
        description=dag.description,
        schedule=dag.schedule,
        owner=dag.owner,
        tags=sorted(dag.tags),
        doc_md=dag.doc_md,
        params=f"{{{params}}}",
        tasks="\n".join(tasks),
        edges="\n".join(edges),
    )


def timeout(task: Any) -> str:
    limit = task.execution_timeout
    return f", execution_timeout=timedelta(seconds={limit.total_seconds():g})" if limit else ""


def as_factory(dag: Any) -> dict[str, Any]:
    tasks = []
    for task in dag.tasks:
        said: dict[str, Any] = {"task_id": task.task_id, "operator": f"{type(task).__module__}.{type(task).__name__}"}
        said |= {"loaded": dag.dag_id, "doc": task.doc, "dependencies": sorted(task.upstream_task_ids)}
        if task.execution_timeout:
            seconds = task.execution_timeout.total_seconds()
            said["execution_timeout"] = {"__type__": "datetime.timedelta", "seconds": seconds}
        tasks.append(said)
    return {
        "description": dag.description,
        "schedule": dag.schedule,
        "start_date": "2025-01-01",
        "catchup": False,
        "max_active_runs": 1,
        "default_args": {"owner": dag.owner},
        "tags": sorted(dag.tags),
        "doc_md": dag.doc_md,
        "params": {name: dag.params.get_param(name).value for name in dag.params},
        "tasks": tasks,
    }


def measure(dags: Path, home: Path, *, task_of: str | None = None) -> dict[str, Any]:
    """One parse in a fresh process; `task_of` parses as a worker does that starts a task of this DAG."""
    environment = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__OPENLINEAGE__DISABLED": "True",
        "DO_NOT_TRACK": "true",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "include"), str(ROOT / "operators")]),
    }
    if task_of:
        environment |= {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": task_of, "_AIRFLOW_PARSING_CONTEXT_TASK_ID": "train"}
    place = dags / "load_golden_paths.py" if task_of else dags  # a worker is told the file
    command = [sys.executable, "-c", MEASURE, str(place)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.partition("RESULT")[2])
    if result["errors"]:
        raise SystemExit(f"bench: {dags.name} has import errors: {result['errors']}")
    return result


def run(rounds: int) -> dict[str, Any]:
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "include"), str(ROOT / "operators")]
    parses: dict[str, dict[str, list[float]]] = {}
    starts: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-parse-") as temporary:
        folder = Path(temporary)
        os.environ["AIRFLOW_HOME"] = str(folder / "home")
        arms: dict[int, dict[str, Path]] = {}
        for size in SIZES:
            (place := folder / str(size)).mkdir()
            dags = specs(place / "project", size)
            arms[size] = {"ours": dags, **peers(dags, place)}
        alone = specs(folder / "1" / "project", 1)
        check(arms, folder / "home")
        for number in range(rounds):
            for size, places in arms.items():
                for name in turned(list(places), number):
                    seconds = measure(places[name], folder / "home")["cpu_s"]
                    parses.setdefault(str(size), {}).setdefault(name, []).append(seconds / size)
            places = {"1": alone, str(max(SIZES)): arms[max(SIZES)]["ours"]}
            for name in turned(list(places), number):
                seen = measure(places[name], folder / "home", task_of="model-0000")
                assert list(seen["shape"]) == ["model-0000"], "a worker builds the DAG it is asked for, and no other"
                starts.setdefault(name, []).append(seen["cpu_s"])
    return summary(rounds, parses, starts)


def turned(names: list[str], number: int) -> list[str]:
    """The arms in another order every round."""
    return names[number % len(names) :] + names[: number % len(names)]


def check(arms: dict[int, dict[str, Path]], home: Path) -> None:
    """All arms must build the same DAGs. It also compiles every file once, for all arms."""
    for size, places in arms.items():
        shapes = {name: measure(place, home)["shape"] for name, place in places.items()}
        if len(shapes["ours"]) != size or any(shape != shapes["ours"] for shape in shapes.values()):
            raise SystemExit(f"bench: the arms build different DAGs at {size} specs")


def summary(rounds: int, parses: dict[str, dict[str, list[float]]], starts: dict[str, list[float]]) -> dict[str, Any]:
    medians = {size: {name: statistics.median(seen) for name, seen in arms.items()} for size, arms in parses.items()}
    ratios = {size: {name: arms["ours"] / arms[name] for name in LIMITS} for size, arms in medians.items()}
    start = {size: statistics.median(seen) for size, seen in starts.items()}
    ratio = start[str(max(SIZES))] / start["1"]
    kept = all(one <= LIMITS[name] for arms in ratios.values() for name, one in arms.items()) and ratio <= START_LIMIT
    return {
        "rounds": rounds,
        "cpu_s_per_spec": medians,
        "ratios": ratios,
        "limits": LIMITS,
        "task_start_cpu_s": start,
        "task_start_ratio": ratio,
        "task_start_limit": START_LIMIT,
        "within_limits": kept,
        "raw": {"parses": parses, "starts": starts},
    }


def show(result: dict[str, Any]) -> None:
    table = Table(title=f"Parse CPU, medians of {result['rounds']} rounds")
    for heading in ("specs", "arm", "ms per spec", "ours / this", "limit"):
        table.add_column(heading, justify="left" if heading == "arm" else "right")
    for size, arms in result["cpu_s_per_spec"].items():
        for name, seconds in arms.items():
            ratio, limit = result["ratios"][size].get(name), LIMITS.get(name)
            table.add_row(size, name, f"{seconds * 1000:.2f}", *("" if x is None else f"{x:.2f}" for x in (ratio, limit)))
    for size, seconds in result["task_start_cpu_s"].items():
        last = size != "1"
        ratio, limit = (f"{result['task_start_ratio']:.2f}", f"{START_LIMIT:.2f}") if last else ("", "")
        table.add_row(size, "a task's start, in all", f"{seconds * 1000:.1f}", ratio, limit)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    result = run(options.rounds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    show(result)


if __name__ == "__main__":
    main()
