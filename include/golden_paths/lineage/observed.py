"""A path that runs without Airflow, observed: the same jobs and datasets as under Airflow, into the same log."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from golden_paths.lineage import code, log, names, redact
from golden_paths.lineage.places import Places
from golden_paths.lineage.touched import Touched
from golden_paths.load import LoadedSpec
from golden_paths.project import Project
from golden_paths.step import Step, StepContext

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent
    from openlineage.client.transport import Transport

    from golden_paths.lineage.events import Ref


def jobs_namespace() -> str:
    """Where jobs are named: as with Airflow."""
    return os.environ.get("AIRFLOW__OPENLINEAGE__NAMESPACE") or os.environ.get("OPENLINEAGE_NAMESPACE") or names.JOBS


def is_possible() -> bool:
    """Whether OpenLineage's client is there: the images for pods do without, and what runs a path in one has no log to keep."""
    return find_spec("openlineage") is not None


def kept(project: Project) -> Callable[[RunEvent], None]:
    """Into the project's event log, and to OPENLINEAGE_URL."""

    @cache
    def transport() -> Transport:
        from golden_paths.lineage.transport import LogFirstConfig, LogFirstTransport

        return LogFirstTransport(LogFirstConfig(str(log.folder_of(project))))

    return lambda event: transport().emit(event)


@dataclass(frozen=True)
class Speaker:
    """Says how one run goes. What fails in saying it is logged, and fails nothing else."""

    make: Callable[[str, BaseException | None], Iterable[RunEvent]]
    emit: Callable[[RunEvent], None]
    log: Callable[[str], None]

    @contextmanager
    def around(self) -> Iterator[None]:
        """START before; COMPLETE or FAIL after."""
        self.say("START")
        try:
            yield
        except BaseException as error:
            self.say("FAIL", error)
            raise
        self.say("COMPLETE")

    def say(self, state: str, error: BaseException | None = None) -> None:
        """One state of the run."""
        try:
            for event in self.make(state, error):
                self.emit(event)
        except Exception as failed:
            self.log(f"lineage: a {state} is not recorded: {type(failed).__name__}: {failed}")


class Observed:
    """One run of a path."""

    def __init__(self, loaded: LoadedSpec, emit: Callable[[RunEvent], None], log: Callable[[str], None]) -> None:
        self._spec, self._emit, self._log = loaded.spec, emit, log
        redact.hide([dict(loaded.spec.train.params) if loaded.spec.train else {}])
        self._run_id, self._namespace = str(uuid.uuid4()), jobs_namespace()

    def path(self) -> AbstractContextManager[None]:
        """The path as a whole: the parent of its steps."""
        from golden_paths.lineage.events import event

        def make(state: str, error: BaseException | None) -> Iterable[RunEvent]:
            return [event(state, self._root(), None, Touched(), error=error)]

        return Speaker(make, self._emit, self._log).around()

    def step(self, step: Step, context: StepContext) -> AbstractContextManager[None]:
        """One step. What it has made by its end is in the context's record."""
        places = Places.of(context.spec, context.clients)
        run_id = str(uuid.uuid4())

        def make(state: str, error: BaseException | None) -> Iterable[RunEvent]:
            from golden_paths.lineage import facets
            from golden_paths.lineage.events import Parent, Ref, event, of_parts

            spec, root = context.spec, self._root()
            ref = Ref(run_id, f"{spec.name}.{step.name}", self._namespace, "TASK", spec.owner, step.summary)
            touched, of_run = step.touched(context, places, context.record.made), facets.run_facets(context, error)
            if state != "START":
                yield from of_parts(touched, ref, root, of_run)
            job = code.facets(touched, context.project)
            yield event(state, ref, Parent(root, root), touched, run_facets=of_run, job_facets=job, error=error)

        return Speaker(make, self._emit, self._log).around()

    def _root(self) -> Ref:
        from golden_paths.lineage.events import Ref

        spec = self._spec
        return Ref(self._run_id, spec.name, self._namespace, "DAG", spec.owner, spec.description)
