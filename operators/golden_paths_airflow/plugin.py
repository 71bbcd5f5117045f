"""The Airflow plugin: operator links, and a look at what should not be installed."""

from __future__ import annotations

import logging
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from golden_paths_airflow.links import EndpointLink, MlflowRunLink, ModelVersionLink
from golden_paths_airflow.retired import retired_package


class GoldenPathsPlugin(AirflowPlugin):
    """Registered by the installed package's entry point, or by plugins/ in a checkout; Airflow keeps one of a name."""

    name = "golden_paths"
    operator_extra_links = [MlflowRunLink(), ModelVersionLink(), EndpointLink()]  # noqa: RUF012

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Warn about the retired package."""
        if message := retired_package():
            logging.getLogger(__name__).warning(message)
