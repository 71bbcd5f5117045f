"""Runs a whole path in one process, without Airflow: a scientist tries a spec before dropping it into dags/."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass

from golden_paths import platform
from golden_paths.artifacts import Artifact
from golden_paths.clients import Clients
from golden_paths.lineage.observed import Observed
from golden_paths.load import LoadedSpec
from golden_paths.placement import runs_in_pod
from golden_paths.plan import PlannedStep, make_plan
from golden_paths.registry import STEPS
from golden_paths.step import Run, Step, StepContext


@dataclass(frozen=True)
class StepDone:
    """A step that ended well, what it made, and how long it took in seconds."""

    step: PlannedStep
    artifact: Artifact
    seconds: float


def run_step(step: Step, context: StepContext) -> Artifact:
    """Run one step; what it did is taken back when it fails or is interrupted, and the failure raised again."""
    try:
        if runs_in_pod(step, context.spec, platform.read(context.project)):
            from golden_paths.pods import direct

            context.record.made = direct.run(step, context)
        else:
            context.record.made = step.run(context)
        return context.record.made
    except BaseException as error:
        undo(step, context, error)
        raise


def undo(step: Step, context: StepContext, error: BaseException) -> None:
    """Take back what a step did that has failed for good. What fails in this is logged, and hides no reason."""
    if step.undo is None:
        return
    try:
        step.undo(context, str(error) or type(error).__name__)
    except Exception as also:
        context.log(f"{step.name} could not be undone: {also}")


def run_path(
    loaded: LoadedSpec,
    run: Run,
    clients: Clients,
    *,
    log: Callable[[str], None],
    started: Callable[[PlannedStep], None],
    observed: Observed | None = None,
) -> Iterator[StepDone]:
    """Run the steps in order, yielding each as it ends. Raises `StepFailed` where the path stops."""
    artifacts: dict[str, Artifact] = {}
    with observed.path() if observed else nullcontext():
        for planned in make_plan(loaded.spec).steps:
            started(planned)
            begin = time.perf_counter()
            context = StepContext(loaded.spec, loaded.digest, loaded.project, run, clients, log, dict(artifacts))
            with observed.step(STEPS[planned.name], context) if observed else nullcontext():
                made = run_step(STEPS[planned.name], context)
            artifacts[made.name] = made
            yield StepDone(planned, made, time.perf_counter() - begin)
