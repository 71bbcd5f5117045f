"""The platform's own DAG: it sends lineage that Marquez has not been given. It is there when OPENLINEAGE_URL is set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, BaseOperator
from airflow.sdk.exceptions import AirflowException

from golden_paths.lineage import log
from golden_paths.lineage.delivery import Backend
from golden_paths.project import Project
from golden_paths_airflow.schedules import START

DAG_ID = "golden-paths-maintenance"  # the transport keeps silent about it
EVERY = timedelta(minutes=10)


class ReplayLineageOperator(BaseOperator):
    """Sends what is missing, in order, each event once."""

    ui_color = "#f2f2f2"

    def __init__(self, *, folder: Path, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.folder = str(folder)

    def execute(self, context: Mapping[str, Any]) -> int:
        """How many were sent. Fails when Marquez is away: the next run goes on where this one stopped."""
        from golden_paths.lineage.replay import replay

        if (backend := Backend.from_environment()) is None:
            return 0
        outcome = replay(Path(self.folder), backend, refused=self.log.warning)
        self.log.info("%d events sent, %d refused, %d left", outcome.sent, outcome.refused, outcome.left)
        if outcome.left:
            raise AirflowException(f"{outcome.left} lineage events are not sent yet: {outcome.reason}")
        return outcome.sent


def maintenance_dags(dags: Path) -> list[DAG]:
    """The one DAG, or none. New DAGs start paused; this one does not."""
    if Backend.from_environment() is None:
        return []
    dag = DAG(
        dag_id=DAG_ID,
        description="Sends lineage events to Marquez that could not be sent when they happened.",
        schedule=EVERY,
        start_date=START,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        default_args={"owner": "platform"},
        tags=["golden-path"],
    )
    folder = log.folder_of(Project.of(dags / "spec.yaml"))
    ReplayLineageOperator(task_id="replay_lineage", dag=dag, folder=folder)
    return [dag]
