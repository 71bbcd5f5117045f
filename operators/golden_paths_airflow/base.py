"""StepOperator: where a step of a golden path meets Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import BaseOperator

from golden_paths.load import LoadedSpec
from golden_paths_airflow.connections import settings
from golden_paths_airflow.step_task import DEFAULTS, StepTask


class StepOperator(StepTask, BaseOperator):
    """Runs one step of a golden path. It renders no templates: nothing in a spec is evaluated."""

    ui_color = "#eef4fb"

    def __init__(self, *, loaded: LoadedSpec, **arguments: Any) -> None:
        super().__init__(**(DEFAULTS | arguments))
        self.loaded = loaded

    def execute(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Run the step on what the steps before made; return its artifact as JSON, which XCom carries."""
        step_context = self.context_of(context, settings())
        with self.failing(step_context, context["ti"]):
            made = step_context.record.made = self.step.run(step_context)
            return made.model_dump(mode="json")
