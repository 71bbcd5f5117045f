"""The transport that OpenLineage's client is given: into the event log first, then to OPENLINEAGE_URL. Imports that client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attr
from openlineage.client.serde import Serde
from openlineage.client.transport import Config, Transport

from golden_paths.lineage import log, redact
from golden_paths.lineage.delivery import Backend
from golden_paths.lineage.sender import LONG, PATIENCE, Sender

PATIENT = {"TASK": PATIENCE, "DAG": LONG}  # seconds for the last event of a run, by the kind of its job
SILENT = "golden-paths-maintenance"  # the DAG that sends what is missing: its own runs would be something to send


@attr.define
class LogFirstConfig(Config):
    """`folder` is the event log's."""

    folder: str

    @classmethod
    def from_dict(cls, params: dict[str, Any]) -> LogFirstConfig:
        """As Airflow's [openlineage] transport has it."""
        return cls(folder=str(params["folder"]))


class LogFirstTransport(Transport):
    """Keeps every event; what happens beyond that fails nothing."""

    kind = "golden-paths"
    config_class = LogFirstConfig

    def __init__(self, config: LogFirstConfig) -> None:
        self._sender = Sender(Path(config.folder), Backend.from_environment())

    def emit(self, event: Any) -> None:
        """Clean, keep, send."""
        cleaned = redact.clean(json.loads(Serde.to_json(event)))
        job = cleaned.get("job") or {}
        if str(job.get("name", "")).partition(".")[0] == SILENT:
            return
        kind = _kind(job) if log.is_last(cleaned) else ""
        self._sender.emit(
            json.dumps(cleaned, separators=(",", ":")), patience=PATIENT.get(kind, 0.0), is_path=kind == "DAG"
        )


def _kind(job: dict[str, Any]) -> str:
    """DAG, TASK, or PART of a task: that waits once, for its own end, however many parts it has."""
    of_type: dict[str, Any] = (job.get("facets") or {}).get("jobType") or {}
    return str(of_type.get("jobType") or "")
