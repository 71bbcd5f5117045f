"""The event log of a project, as tests look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from golden_paths.lineage import log

Event = dict[str, Any]


def folder(project: Path) -> Path:
    return project / ".golden_paths" / "lineage"


def of_run(project: Path, run: str) -> list[Event]:
    """Every event of one of Airflow's DAG runs, in order of time."""
    everything = list(log.read(folder(project)))
    roots = {one["run"]["runId"] for one in everything if _run_id(one) == run}
    found = [one for one in everything if one["run"]["runId"] in roots or root_of(one) in roots]
    return sorted(found, key=lambda one: one["eventTime"])


def _run_id(event: Event) -> str:
    return str((event["run"]["facets"].get("airflowDagRun") or {}).get("dagRun", {}).get("run_id", ""))


def root_of(event: Event) -> str:
    """The id of the run that it belongs to in the end."""
    return str((event["run"]["facets"].get("parent") or {}).get("root", {}).get("run", {}).get("runId", ""))


def named(dataset: Event) -> str:
    """As golden_paths.lineage.names.Name has it."""
    return f"{dataset['namespace']}/{dataset['name'].lstrip('/')}"


def edges(events: list[Event]) -> set[tuple[str, str]]:
    """Dataset to job and job to dataset, of the runs that have ended."""
    found = set()
    for one in events:
        if one["eventType"] != "START":
            found |= {(named(dataset), one["job"]["name"]) for dataset in one["inputs"]}
            found |= {(one["job"]["name"], named(dataset)) for dataset in one["outputs"]}
    return found
