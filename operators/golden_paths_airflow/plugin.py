"""The Airflow plugin: operator links, and what each kind of Airflow process needs of us when it starts."""

from __future__ import annotations

import logging
import sys
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from golden_paths_airflow import lineage_defaults, preload
from golden_paths_airflow.links import (
    EndpointLineageLink,
    EndpointLink,
    LineageLink,
    MlflowRunLink,
    ModelVersionLink,
    run_views,
)
from golden_paths_airflow.retired import retired_package


class GoldenPathsPlugin(AirflowPlugin):
    """Registered by the installed package's entry point, or by plugins/ in a checkout that is not installed."""

    name = "golden_paths"
    operator_extra_links = [  # noqa: RUF012
        MlflowRunLink(),
        ModelVersionLink(),
        EndpointLink(),
        LineageLink(),
        EndpointLineageLink(),
    ]
    external_views = run_views()

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Airflow calls this once per process; in a scheduler it comes before the workers are forked."""
        if message := retired_package():
            logging.getLogger(__name__).warning(message)
        if preload.wanted():
            preload.preload()
        if sys.argv[1:2] == ["dag-processor"]:
            from golden_paths_airflow import import_errors

            import_errors.keep()
        else:
            cls._record_lineage()

    @classmethod
    def _record_lineage(cls) -> None:
        """Whatever fails in this, the rest of the plugin is needed."""
        try:
            if lineage_defaults.set_defaults():
                cls.listeners = lineage_defaults.listeners()
        except Exception as error:
            logging.getLogger(__name__).warning("lineage is not recorded: %s", error)
