"""NAME.watch: the DAG beside a model's own that looks at it and has it renewed."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG

from golden_paths.load import LoadedSpec
from golden_paths.monitor_sections import MonitorSection
from golden_paths.paths import watch
from golden_paths.plan import make_plan, plan_markdown
from golden_paths_airflow.schedules import START, airflow_schedule
from golden_paths_airflow.spec_dag import SpecDag
from golden_paths_airflow.watch import RenewModelOperator, WatchModelOperator

OPERATORS = {operator.step.name: operator for operator in (WatchModelOperator, RenewModelOperator)}


def watch_dag(loaded: LoadedSpec) -> DAG:
    """Of a spec with `monitor`. Windows are intervals of its schedule, in UTC, one after the other."""
    spec = loaded.spec
    section = spec.need(MonitorSection)
    plan = make_plan(spec, watch.PATH)
    dag = SpecDag(
        loaded.file,
        dag_id=f"{spec.name}.{watch.PATH.name}",
        description=f"Watches {spec.name} while it serves.",
        schedule=airflow_schedule(section.schedule, by_interval=True),
        start_date=START,
        catchup=False,
        max_active_runs=1,
        default_args={"owner": spec.owner},
        tags=["golden-path", plan.path.id, spec.owner],
        doc_md=plan_markdown(plan),
    )
    tasks: dict[str, Any] = {}
    for step in plan.steps:
        tasks[step.name] = OPERATORS[step.name](task_id=step.name, dag=dag, loaded=loaded, doc=step.summary)
        for before in step.needs:
            tasks[step.name].set_upstream(tasks[before])
    return dag
