"""StepOperator: where a step of a golden path meets Airflow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from golden_paths.artifacts import Artifact
from golden_paths.connect import LazyClients
from golden_paths.errors import StepFailed
from golden_paths.load import LoadedSpec
from golden_paths.paths import Path
from golden_paths.registry import PATHS, STEPS
from golden_paths.spec import PathSpec, TrainSection
from golden_paths.step import Run, Step, StepContext
from golden_paths_airflow.connections import settings


class StepOperator(BaseOperator):
    """Runs one step of a golden path. It renders no templates: nothing in a spec is evaluated."""

    step: ClassVar[Step]
    ui_color = "#eef4fb"

    def __init__(self, *, loaded: LoadedSpec, **arguments: Any) -> None:
        # After 10 to 20 s and 20 to 40 s (Airflow adds the spread): as long as a server takes that is started again.
        defaults: dict[str, Any] = {
            "retries": 2,
            "retry_delay": timedelta(seconds=10),
            "retry_exponential_backoff": 2.0,
        }
        super().__init__(**(defaults | arguments))
        self.loaded = loaded

    def execute(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Run the step on what the steps before made; return its artifact as JSON, which XCom carries."""
        loaded, log = self.loaded, self.log.info
        run = run_of(context["dag_run"])
        clients = LazyClients(loaded.project, settings(), log)
        artifacts = self._artifacts(context["ti"], PATHS[loaded.spec.golden_path])
        spec = with_params(loaded.spec, context["params"])
        step_context = StepContext(spec, loaded.digest, loaded.project, run, clients, log, artifacts)
        try:
            return self.step.run(step_context).model_dump(mode="json")
        except StepFailed as error:
            raise (AirflowException if error.retry else AirflowFailException)(str(error)) from error

    def _artifacts(self, ti: Any, path: Path) -> dict[str, Artifact]:
        makers = {STEPS[name].produces: name for name in path.steps}
        return {kind.name: artifact(kind, ti.xcom_pull(task_ids=makers[kind]), makers[kind]) for kind in self.step.consumes}


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
    if start is None or end is None or start == end:
        return Run(dag_run.run_id, end=end or dag_run.run_after)
    return Run(dag_run.run_id, end=end, start=start)


def with_params(spec: PathSpec, params: Mapping[str, Any]) -> PathSpec:
    """The spec with train.params as the trigger form has them for this run."""
    if spec.train is None:
        return spec
    chosen = {name: _like(value, params.get(name, value)) for name, value in spec.train.params.items()}
    train = TrainSection.model_validate(spec.train.model_dump() | {"params": chosen})
    return spec.model_copy(update={"train": train})


def _like(value: Any, chosen: Any) -> Any:
    """The form writes 1 for 1.0; where the spec has a float, fit is given one."""
    return float(chosen) if type(value) is float and type(chosen) is int else chosen
