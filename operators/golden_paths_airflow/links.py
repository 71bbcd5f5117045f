"""Links on a task in Airflow's UI: to the MLflow run, the model version, the endpoint. Computed when the task ends."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from airflow.sdk.bases.operatorlink import BaseOperatorLink
from airflow.sdk.execution_time.xcom import XCom

from golden_paths_airflow.connections import settings

UI_VARIABLE = "GOLDEN_PATHS_MLFLOW_UI"  # where people reach MLflow, when it is not where workers do


def mlflow_ui() -> str:
    """MLflow's address for a browser, without sign-in; empty when the store is no server."""
    address = urlsplit(os.environ.get(UI_VARIABLE) or settings().tracking_uri or "")
    if address.scheme not in ("http", "https"):
        return ""
    return f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path.rstrip('/')}"


def result_of(ti_key: Any) -> dict[str, Any]:
    """What the task returned."""
    found = XCom.get_value(ti_key=ti_key, key="return_value")
    return found if isinstance(found, dict) else {}


class MlflowRunLink(BaseOperatorLink):
    """The run of a training set, a model or its evaluation."""

    name = "MLflow run"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The run's page; MLflow finds the experiment by the run."""
        run, ui = result_of(ti_key).get("mlflow_run_id"), mlflow_ui()
        return f"{ui}/#/experiments/0/runs/{run}" if run and ui else ""


class ModelVersionLink(BaseOperatorLink):
    """The version in MLflow's model registry."""

    name = "MLflow model version"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The version's page."""
        made, ui = result_of(ti_key), mlflow_ui()
        return f"{ui}/#/models/{made['model']}/versions/{made['version']}" if ui and "model" in made else ""


class EndpointLink(BaseOperatorLink):
    """The endpoint's own documentation."""

    name = "Endpoint"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The page that lists what it answers."""
        url = result_of(ti_key).get("url")
        return f"{url}/docs" if url else ""
