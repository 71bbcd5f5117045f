"""Links on a task in Airflow's UI: to the MLflow run, the model version, the endpoint, the graph. Computed when the task ends."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

from airflow.sdk.bases.operatorlink import BaseOperatorLink
from airflow.sdk.configuration import conf
from airflow.sdk.execution_time.xcom import XCom

from golden_paths.addresses import without_sign_in
from golden_paths.lineage import names
from golden_paths.lineage.places import Places
from golden_paths_airflow.connections import tracking_uri

UI_VARIABLE = "GOLDEN_PATHS_MLFLOW_UI"  # where people reach MLflow, when it is not where workers do

MARQUEZ_VARIABLE = "GOLDEN_PATHS_MARQUEZ_UI"  # Marquez' web UI, for people's browsers


def mlflow_ui() -> str:
    """MLflow's address for a browser, without sign-in; empty when the store is no server."""
    address = without_sign_in(os.environ.get(UI_VARIABLE) or tracking_uri() or "")
    return address.rstrip("/") if address.startswith(("http://", "https://")) else ""


def marquez_ui() -> str:
    """The address of Marquez' web UI for a browser; empty when the platform has none."""
    return without_sign_in(os.environ.get(MARQUEZ_VARIABLE, "")).rstrip("/")


def jobs_namespace() -> str:
    """Where jobs are named, as OpenLineage's provider has it."""
    return conf.get("openlineage", "namespace", fallback="") or os.environ.get("OPENLINEAGE_NAMESPACE") or names.JOBS


def in_marquez(kind: str, namespace: str, name: str) -> str:
    """The page of a job or a dataset; empty without a web UI."""
    ui = marquez_ui()
    return f"{ui}/lineage/{kind}/{quote(namespace, safe='')}/{quote(name, safe='')}" if ui else ""


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


class LineageLink(BaseOperatorLink):
    """The task's job in Marquez: what it reads and writes, and what that is made of."""

    name = "Lineage"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The job's page."""
        return in_marquez("job", jobs_namespace(), f"{operator.dag_id}.{operator.task_id}")


class EndpointLineageLink(BaseOperatorLink):
    """The endpoint's dataset in Marquez: what answers there is made of all that is above it."""

    name = "Endpoint's lineage"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The dataset's page; none when nothing was promoted."""
        made, seen = result_of(ti_key), getattr(operator, "seen", None)
        if not made.get("endpoint") or seen is None or not marquez_ui():
            return ""
        return in_marquez("dataset", Places.of(seen.spec, seen.clients).endpoints, made["endpoint"])


def run_views() -> list[dict[str, Any]]:
    """A tab of a DAG and of its runs with the path's job in Marquez; none without a web UI.

    Airflow shows those alone that have a route, and each route must be one of its own.
    """
    href = in_marquez("job", jobs_namespace(), "DAG").removesuffix("DAG") + "{DAG_ID}"
    if not marquez_ui():
        return []
    places = {"dag": "lineage-of-path", "dag_run": "lineage-of-run"}
    return [
        {"name": "Lineage", "href": href, "destination": place, "url_route": route} for place, route in places.items()
    ]
