"""The last look at an event before it is kept: what is not the platform's business to write down is taken out.

The facets that Airflow's provider adds are cut down to what names a run. Of a failure there is the message, without the
stack; strings that this process was told to hide are made unreadable in what code has said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

SHORTEST = 6  # a shorter string would hide half of everything
HIDDEN = "***"
DAG = {"dag_id", "description", "owner", "timetable", "timetable_summary", "start_date"}
DAG_RUN = {
    "clear_number",
    "dag_id",
    "dag_bundle_name",
    "dag_bundle_version",
    "dag_version_id",
    "dag_version_number",
    "data_interval_end",
    "data_interval_start",
    "logical_date",
    "run_after",
    "run_id",
    "run_type",
    "start_date",
    "end_date",
    "duration",
    "triggered_by",
    "triggering_user_name",
}
TASK = {"task_id", "operator_class", "operator_class_path", "mapped", "owner", "retries", "trigger_rule"}
TASK_INSTANCE = {"try_number", "map_index", "log_url", "duration", "queued_dttm", "pool"}
# Facets of the provider's own making: which of their keys are kept, and of the objects in them, which of theirs.
KEPT: dict[str, dict[str, set[str] | None]] = {
    "airflow": {"dag": DAG, "dagRun": DAG_RUN, "task": TASK, "taskInstance": TASK_INSTANCE, "taskUuid": None},
    "airflowDagRun": {"dag": DAG, "dagRun": DAG_RUN},
    "airflowState": {"dagRunState": None, "tasksState": None, "tasksDuration": None},
}
OF_JOB: dict[str, dict[str, set[str] | None]] = {"airflow": {"taskGroups": None}}
# Facets that hold what code has said. Names, of which the graph is made, are never changed.
SAID = ("errorMessage", "goldenPaths_gates", "dataQualityAssertions")
DROPPED = {"unknownSourceAttribute", "debug", "environmentVariables", "sourceCode", "executionParameters"}

_hidden: set[str] = set()


def hide(values: Iterable[Any]) -> None:
    """Have these strings, and those within these, unreadable in what this process' events quote from here on."""
    for value in values:
        if isinstance(value, str) and len(value) >= SHORTEST:
            _hidden.update((value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, safe="")))  # as messages quote it
        elif isinstance(value, dict):
            hide(value.values())
        elif isinstance(value, list | tuple | set):
            hide(value)


def said(text: str, most: int) -> str:
    """What code has said, without what is to be hidden, and then cut: a cut through the middle would let half of it out."""
    return str(_masked(text, _longest_first()))[:most]


def clean(event: dict[str, Any]) -> dict[str, Any]:
    """The event as it may be kept."""
    run, job = event.get("run"), event.get("job")
    if isinstance(run, dict):
        run["facets"] = _cut(run.get("facets") or {}, KEPT)
    if isinstance(job, dict):
        job["facets"] = _cut(job.get("facets") or {}, OF_JOB)
    hidden = _longest_first()
    for facets in _all_facets(event) if hidden else ():
        for name in SAID:
            if name in facets:
                facets[name] = _masked(facets[name], hidden)
    return event


def _longest_first() -> list[str]:
    return sorted(_hidden, key=len, reverse=True)


def _all_facets(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    datasets = [*(event.get("inputs") or ()), *(event.get("outputs") or ())]
    kinds = ("facets", "inputFacets", "outputFacets")
    places = [event.get("run"), event.get("job"), *datasets]
    return (facets for place in places if place for kind in kinds if (facets := place.get(kind)))


def _cut(facets: dict[str, Any], kept: dict[str, dict[str, set[str] | None]]) -> dict[str, Any]:
    found = {name: facet for name, facet in facets.items() if name not in DROPPED}
    for name, keys in kept.items():
        if isinstance(facet := found.get(name), dict):
            found[name] = {key: _picked(value, keys.get(key)) for key, value in facet.items() if key[0] == "_" or key in keys}
    if isinstance(error := found.get("errorMessage"), dict):
        found["errorMessage"] = {key: value for key, value in error.items() if key != "stackTrace"}
    return found


def _picked(value: Any, keys: set[str] | None) -> Any:
    if keys is None or not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if key in keys}


def _masked(value: Any, hidden: list[str]) -> Any:
    if isinstance(value, str):
        for one in hidden:
            value = value.replace(one, HIDDEN)
        return value
    if isinstance(value, dict):
        return {key: _masked(inner, hidden) for key, inner in value.items()}
    return [_masked(inner, hidden) for inner in value] if isinstance(value, list) else value
