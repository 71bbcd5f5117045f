"""RollbackOperator: the first task of a DAG that deploys on Kubernetes. Without its param it does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import BaseOperator, Param
from airflow.sdk.exceptions import AirflowException, AirflowFailException, DownstreamTasksSkipped

from golden_paths.artifacts import Endpoint
from golden_paths.connect import LazyClients
from golden_paths.errors import StepFailed
from golden_paths.lineage import of_endpoint
from golden_paths.lineage.places import Places
from golden_paths.lineage.touched import Touched
from golden_paths.load import LoadedSpec
from golden_paths.step import StepContext
from golden_paths_airflow.connections import settings
from golden_paths_airflow.lineage import LineageTask
from golden_paths_airflow.links import EndpointLineageLink, EndpointLink, LineageLink
from golden_paths_airflow.step_task import run_of

PARAM, BEFORE = "rollback_to", "previous"


def param() -> Param:
    """How the trigger form asks for it."""
    description = f"Have this version serve again (a number, or {BEFORE}); nothing else is done in this run."
    return Param(None, type=["null", "string"], pattern=rf"^([0-9]+|{BEFORE})$", description=description)


class RollbackOperator(LineageTask, BaseOperator):
    """Gives the traffic back to a version that served before, when the run was asked to, and skips the whole path then."""

    ui_color = "#fbeeee"
    operator_extra_links = (EndpointLink(), LineageLink(), EndpointLineageLink())

    def __init__(self, *, loaded: LoadedSpec, **arguments: Any) -> None:
        super().__init__(**({"retries": 2} | arguments))
        self.loaded = loaded

    def execute(self, context: Mapping[str, Any]) -> None:
        """Roll back, or let the path begin."""
        if not (wanted := context["params"].get(PARAM)):
            return
        from golden_paths.cluster.api import ClusterApi
        from golden_paths.rollout.rollback import roll_back

        chosen, log = settings(), self.log.info
        seen = self.seen = self.lineage_context(context)
        to = None if wanted == BEFORE else wanted
        try:
            api, name, run = ClusterApi(chosen.cluster, log), self.loaded.spec.name, seen.run
            max_age = self.loaded.spec.monitor.max_age if self.loaded.spec.monitor else None
            endpoint = roll_back(api, seen.clients.models, name, to, log, run=run.id, by=run.by, max_age=max_age)
            seen.record.made = endpoint
        except StepFailed as error:
            self.error = error
            raise (AirflowException if error.retry else AirflowFailException)(str(error)) from error
        context["ti"].xcom_push(key="return_value", value=endpoint.model_dump(mode="json"))
        raise DownstreamTasksSkipped(tasks=sorted(self.get_flat_relative_ids(upstream=False)))  # type: ignore[no-untyped-call]

    def lineage_context(self, context: Mapping[str, Any]) -> StepContext:
        """Of the spec alone: what is rolled back to is known by its version."""
        loaded, log = self.loaded, self.log.info
        clients = LazyClients(loaded.project, settings(), log)
        return StepContext(loaded.spec, loaded.digest, loaded.project, run_of(context["dag_run"]), clients, log)

    def touched(self, context: StepContext, places: Places) -> Touched:
        """Nothing, when the run was not asked to roll back."""
        if self._airflow_context is None or not self._airflow_context["params"].get(PARAM):
            return Touched()
        made = context.record.made
        return of_endpoint.rollback(context, places, made if isinstance(made, Endpoint) else None)
