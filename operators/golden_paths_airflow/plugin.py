"""The Airflow plugin: operator links, and what each kind of Airflow process needs of us when it starts."""

from __future__ import annotations

import logging
import sys
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from golden_paths_airflow import preload
from golden_paths_airflow.links import EndpointLink, MlflowRunLink, ModelVersionLink
from golden_paths_airflow.retired import retired_package


class GoldenPathsPlugin(AirflowPlugin):
    """Registered by the installed package's entry point, or by plugins/ in a checkout that is not installed."""

    name = "golden_paths"
    operator_extra_links = [MlflowRunLink(), ModelVersionLink(), EndpointLink()]  # noqa: RUF012

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
