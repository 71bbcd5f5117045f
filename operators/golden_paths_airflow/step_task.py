"""What every task of a step has, wherever the step runs: its context, what the steps before made, how it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from golden_paths.artifacts import Artifact
from golden_paths.connect import LazyClients, Settings
from golden_paths.errors import StepFailed
from golden_paths.lineage import redact
from golden_paths.lineage.places import Places
from golden_paths.lineage.touched import Touched
from golden_paths.load import LoadedSpec
from golden_paths.params import with_params
from golden_paths.plan import consumed
from golden_paths.registry import steps_beside
from golden_paths.runner import undo
from golden_paths.step import Run, Step, StepContext
from golden_paths_airflow.lineage import LineageTask

# After 10 to 20 s and 20 to 40 s (Airflow adds the spread): as long as a server takes that is started again.
DEFAULTS: dict[str, Any] = {
    "retries": 2,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": 2.0,
}


class StepTask(LineageTask):
    """Beside an operator of Airflow's, this makes a task of a step."""

    step: ClassVar[Step]
    loaded: LoadedSpec
    log: Any

    def context_of(self, context: Mapping[str, Any], settings: Settings) -> StepContext:
        """What the step may know and touch in this task: one context an attempt, for the step and for its lineage."""
        if self.seen:
            return self.seen
        loaded, log = self.loaded, self.log.info
        clients = LazyClients(loaded.project, settings, log)
        spec = with_params(loaded.spec, context["params"])
        redact.hide([dict(spec.train.params) if spec.train else {}, context["dag_run"].conf])
        artifacts = self._artifacts(context["ti"])
        self.seen = StepContext(spec, loaded.digest, loaded.project, run_of(context["dag_run"]), clients, log, artifacts)
        return self.seen

    def lineage_context(self, context: Mapping[str, Any]) -> StepContext:
        """As the step will have it. What it makes of the services' addresses stays in this process."""
        from golden_paths_airflow.connections import settings

        return self.context_of(context, settings())

    def touched(self, context: StepContext, places: Places) -> Touched:
        """As the step says."""
        return self.step.touched(context, places, context.record.made)

    @contextmanager
    def failing(self, step_context: StepContext, ti: Any) -> Iterator[None]:
        """A failure as Airflow's own: worth a retry or not. The last one is undone first."""
        try:
            yield
        except Exception as error:
            self.error = error
            final = isinstance(error, StepFailed) and not error.retry
            if final or ti.try_number > ti.max_tries:
                undo(self.step, step_context, error)
            if isinstance(error, StepFailed):
                raise (AirflowFailException if final else AirflowException)(str(error)) from error
            raise

    def _artifacts(self, ti: Any) -> dict[str, Artifact]:
        steps = steps_beside(self.step, self.loaded.spec)
        makers = {step.produces: step.name for step in steps}
        kinds = consumed(self.step, steps)
        return {kind.name: artifact(kind, ti.xcom_pull(task_ids=makers[kind]), makers[kind]) for kind in kinds}


def artifact(kind: type[Artifact], made: Any, maker: str) -> Artifact:
    """What a step before handed on, typed again. A task that was marked as a success by hand has handed on nothing."""
    if made is None:
        raise AirflowFailException(
            f"there is no {kind.name}: {maker} made none in this run, or its result was deleted; clear {maker} to run it again"
        )
    return kind.model_validate_json(json.dumps(made))


def run_of(dag_run: Any) -> Run:
    """The run's identity. A run by hand or by an asset has no interval of its own: its end is when it was asked for."""
    start, end = dag_run.data_interval_start, dag_run.data_interval_end
    by = getattr(dag_run, "triggering_user_name", None) or f"Airflow ({dag_run.run_type})"
    if start is None or end is None or start == end:
        return Run(dag_run.run_id, end=end or dag_run.run_after, by=by)
    return Run(dag_run.run_id, end=end, start=start, by=by)
