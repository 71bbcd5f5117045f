"""Run events, as short as they can be: for graphs whose shape is all that matters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Event = dict[str, Any]


def event(
    job: str,
    state: str,
    minute: int,
    inputs: Iterable[str] = (),
    outputs: Iterable[str] = (),
    *,
    run: str = "",
    facets: dict[str, dict[str, Any]] | None = None,
) -> Event:
    """`minute` is its time, `run` the run's id (absent: the job has one run alone); facets are by dataset."""
    return {
        "eventType": state,
        "eventTime": f"2026-01-08T10:{minute:02d}:00+00:00",
        "producer": "https://golden-paths.dev/test",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run_id(run or job), "facets": {}},
        "job": {"namespace": "golden-paths", "name": job, "facets": {}},
        "inputs": [dataset(name, facets) for name in inputs],
        "outputs": [dataset(name, facets) for name in outputs],
    }


def run_id(text: str) -> str:
    import uuid

    return str(uuid.uuid5(uuid.NAMESPACE_URL, text))


def dataset(name: str, facets: dict[str, dict[str, Any]] | None = None) -> Event:
    namespace, _, rest = name.rpartition("|")
    return {"namespace": namespace or "file", "name": rest, "facets": (facets or {}).get(name, {})}
