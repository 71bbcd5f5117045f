"""NAME.recertify: asks people whether the version that serves may go on. The watch starts it; so may anybody."""

from __future__ import annotations

from airflow.sdk import DAG

from golden_paths import expiry
from golden_paths.load import LoadedSpec
from golden_paths_airflow.recertify import RecertifyOperator
from golden_paths_airflow.schedules import START
from golden_paths_airflow.spec_dag import SpecDag

SUFFIX = "recertify"


def is_recertified(loaded: LoadedSpec) -> bool:
    """Whether the spec bounds the age of its versions, and the policy asks people when it is reached."""
    monitor = loaded.spec.monitor
    return monitor is not None and monitor.max_age is not None and expiry.rule_of(loaded.spec, loaded.project) == "recertify"


def recertify_dag(loaded: LoadedSpec) -> DAG:
    """One task, without a schedule. Not paused when it is new: a run that waits there would ask nobody, and nobody would know."""
    spec = loaded.spec
    dag = SpecDag(
        loaded.file,
        dag_id=f"{spec.name}.{SUFFIX}",
        description=f"Whether the version of {spec.name} that serves may go on for another monitor.max_age.",
        schedule=None,
        start_date=START,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        default_args={"owner": spec.owner},
        tags=["golden-path", spec.owner],
    )
    RecertifyOperator(task_id="recertify", dag=dag, loaded=loaded, doc="Ask the approvers; a no withdraws the version")
    return dag
