"""OpenLineage's provider, switched on: events go to the event log first, unless the platform team has settled otherwise."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from airflow.sdk.configuration import conf

from golden_paths.lineage import log, names
from golden_paths.project import Project

SECTION = "openlineage"
TRANSPORT = "golden_paths.lineage.transport.LogFirstTransport"
DEFAULTS = {
    "NAMESPACE": names.JOBS,
    # A fork for each event would be a file of the log for each, and a copy of the task's connection to its supervisor.
    "EXECUTE_IN_THREAD": "true",
}


def is_settled() -> bool:
    """Whether the platform team has said where events go, or that there shall be none."""
    is_off = os.environ.get("OPENLINEAGE_DISABLED", "").lower() in ("1", "true")
    if is_off or conf.getboolean(SECTION, "disabled", fallback=False):
        return True
    named = any(conf.get(SECTION, option, fallback="") for option in ("transport", "config_path", "config_conn_id"))
    return named or any(os.environ.get(name) for name in ("OPENLINEAGE_CONFIG", "OPENLINEAGE__TRANSPORT__TYPE"))


def set_defaults() -> bool:
    """Name our transport in this process's environment, and its children's; False when another is named already."""
    if is_settled():
        return False
    project = Project.of(Path(conf.get("core", "dags_folder")) / "spec.yaml")
    os.environ["AIRFLOW__OPENLINEAGE__TRANSPORT"] = json.dumps({"type": TRANSPORT, "folder": str(log.folder_of(project))})
    for option, value in DEFAULTS.items():
        os.environ.setdefault(f"AIRFLOW__OPENLINEAGE__{option}", value)
    return True


def listeners() -> list[Any]:
    """The provider's listener. Its own plugin may have been imported before ours, and have found nothing to do then."""
    from airflow.providers.openlineage import conf as provider

    for name in ("is_disabled", "transport", "namespace", "execute_in_thread"):
        if hasattr(answer := getattr(provider, name), "cache_clear"):  # under pytest the provider keeps no answers
            answer.cache_clear()
    from airflow.providers.openlineage.plugins.listener import get_openlineage_listener

    return [get_openlineage_listener()]
