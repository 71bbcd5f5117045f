"""Run events of our own: of what has no task of Airflow's, and of the runs within a task. Imports the openlineage client."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    documentation_job,
    error_message_run,
    job_type_job,
    ownership_job,
    parent_run,
)

from golden_paths.lineage import facets, redact
from golden_paths.lineage.touched import Touched

INTEGRATION = "GOLDEN_PATHS"
SAID = 2000  # characters of an error


@dataclass(frozen=True)
class Ref:
    """A run of a job. `kind` is the job's: DAG, TASK, PART or COMMAND."""

    run_id: str
    job: str
    namespace: str
    kind: str = ""
    owner: str = ""
    description: str = ""


@dataclass(frozen=True)
class Parent:
    """The run that a run belongs to, and the one that all belong to."""

    run: Ref
    root: Ref


def producer() -> str:
    """Who made the event: this package, and which version of it."""
    try:
        return f"https://golden-paths.dev/{version('golden-paths')}"
    except PackageNotFoundError:  # a checkout that is not installed
        return "https://golden-paths.dev/checkout"


def event(
    state: str,
    ref: Ref,
    parent: Parent | None,
    touched: Touched,
    *,
    run_facets: Mapping[str, Any] | None = None,
    job_facets: Mapping[str, Any] | None = None,
    error: BaseException | None = None,
) -> RunEvent:
    """START, COMPLETE or FAIL of a run, with what it touched."""
    run: dict[str, Any] = dict(run_facets or {})
    if parent:
        run["parent"] = _parent(parent)
    if error is not None:
        run["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            message=redact.said(str(error) or type(error).__name__, SAID), programmingLanguage="python"
        )
    job = {
        "jobType": job_type_job.JobTypeJobFacet(processingType="BATCH", integration=INTEGRATION, jobType=ref.kind),
        "documentation": documentation_job.DocumentationJobFacet(description=ref.description),
        **(job_facets or {}),
    }
    if ref.owner:
        job["ownership"] = ownership_job.OwnershipJobFacet(owners=[ownership_job.Owner(name=ref.owner)])
    return RunEvent(
        eventType=RunState[state],
        eventTime=datetime.now(UTC).isoformat(),
        run=Run(ref.run_id, facets=run),
        job=Job(ref.namespace, ref.job, facets=job),
        inputs=[facets.input_of(one) for one in touched.inputs],
        outputs=[facets.output_of(one) for one in touched.outputs],
        producer=producer(),
    )


def of_parts(touched: Touched, step: Ref, root: Ref, run_facets: Mapping[str, Any]) -> Iterator[RunEvent]:
    """The runs within a step's run, each ended: START and then COMPLETE, or FAIL where a check said no."""
    for part in touched.parts:
        run_id = str(uuid.uuid5(uuid.UUID(step.run_id), part.job))
        ref = Ref(run_id, f"{step.job}.{part.job}", step.namespace, "PART", step.owner, part.description)
        for state in ("START", "FAIL" if part.is_refused else "COMPLETE"):
            yield event(state, ref, Parent(step, root), Touched(part.inputs, part.outputs), run_facets=run_facets)


def _parent(parent: Parent) -> parent_run.ParentRunFacet:
    run, root = parent.run, parent.root
    return parent_run.ParentRunFacet(
        run=parent_run.Run(runId=run.run_id),
        job=parent_run.Job(namespace=run.namespace, name=run.job),
        root=parent_run.Root(
            run=parent_run.RootRun(runId=root.run_id), job=parent_run.RootJob(namespace=root.namespace, name=root.job)
        ),
    )
