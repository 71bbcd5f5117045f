"""One task by Airflow's own task runner, in a fresh process: how long the calls of its listeners took, as JSON on stdout.

The task does nothing; what it tells OpenLineage is what the step in BENCH_STEP tells: with `materialize`, the runs within it too.
Laid into a dags folder and called by bench_lineage.py.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, BaseOperator
from airflow.sdk.listener import get_listener_manager

from golden_paths.lineage import facets
from golden_paths.registry import STEPS
from golden_paths_airflow.lineage import emit_parts
from lineage_runs import PLACES, context

STEP = os.environ.get("BENCH_STEP", "build_training_set")
HOOKS = ("on_task_instance_running", "on_task_instance_success")


class Nothing(BaseOperator):
    """Does nothing, and says much."""

    def execute(self, context: Any) -> None:
        """Nothing."""

    def get_openlineage_facets_on_start(self) -> Any:
        """As a step tells it."""
        return self._told(made=False)

    def get_openlineage_facets_on_complete(self, ti: Any) -> Any:
        """As a step tells it."""
        return self._told(made=True, ti=ti)

    def _told(self, *, made: bool, ti: Any = None) -> Any:
        from airflow.providers.openlineage.extractors import OperatorLineage

        found = context(STEP, made=made)
        touched = STEPS[STEP].touched(found, PLACES, found.record.made)
        if ti is not None and touched.parts:
            emit_parts(ti, touched, found.spec.owner, facets.run_facets(found))
        return OperatorLineage(
            inputs=[facets.input_of(one) for one in touched.inputs],
            outputs=[facets.output_of(one) for one in touched.outputs],
            run_facets=facets.run_facets(found),
        )


with DAG("lineage_task", schedule=None, start_date=datetime(2025, 1, 1, tzinfo=UTC)) as dag:
    Nothing(task_id="nothing")


def main() -> None:
    """Run it, and say what the listeners took."""
    took: dict[str, float] = {}
    begun: dict[str, float] = {}
    manager = get_listener_manager()

    def before(name: str, *_: Any) -> None:
        begun[name] = time.perf_counter()

    def after(_: Any, name: str, *more: Any) -> None:
        if name in HOOKS:
            took[name] = took.get(name, 0.0) + time.perf_counter() - begun[name]

    manager.pm.add_hookcall_monitoring(before, after)
    run = dag.test()
    print(json.dumps({"state": str(run.state), **took}))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
