"""Runs a whole path in one process, without Airflow: a scientist tries a spec before dropping it into dags/."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from golden_paths.artifacts import Artifact
from golden_paths.clients import Clients
from golden_paths.load import LoadedSpec
from golden_paths.plan import PlannedStep, make_plan
from golden_paths.registry import STEPS
from golden_paths.step import Run, StepContext


@dataclass(frozen=True)
class StepDone:
    """A step that ended well, what it made, and how long it took in seconds."""

    step: PlannedStep
    artifact: Artifact
    seconds: float


def run_path(
    loaded: LoadedSpec,
    run: Run,
    clients: Clients,
    *,
    log: Callable[[str], None],
    started: Callable[[PlannedStep], None],
) -> Iterator[StepDone]:
    """Run the steps in order, yielding each as it ends. Raises `StepFailed` where the path stops."""
    artifacts: dict[str, Artifact] = {}
    for planned in make_plan(loaded.spec).steps:
        started(planned)
        begin = time.perf_counter()
        context = StepContext(loaded.spec, loaded.digest, loaded.project, run, clients, log, dict(artifacts))
        made = STEPS[planned.name].run(context)
        artifacts[made.name] = made
        yield StepDone(planned, made, time.perf_counter() - begin)
