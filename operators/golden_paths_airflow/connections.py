"""Airflow connections -> where the platform's services are."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from golden_paths.cluster.settings import ClusterSettings
from golden_paths.connect import SCORES_URI, Settings
from golden_paths.errors import StepFailed

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

MLFLOW_CONNECTION = "mlflow_default"
KUBERNETES_CONNECTION = "kubernetes_default"
SCORES_CONNECTION = "scores_default"
DIALECTS = {"postgres": "postgresql+psycopg", "sqlite": "sqlite"}  # by type of connection


def settings() -> Settings:
    """MLflow, the cluster and the database of scores, as their connections say, else as the environment says."""
    return Settings(tracking_uri=tracking_uri(), cluster=cluster(), scores_uri=scores_uri)


def tracking_uri() -> str | None:
    """MLflow as the connection `mlflow_default` (type http) says, else as MLFLOW_TRACKING_URI says.

    A login or password of the connection goes to MLflow's own environment variables of this task's process; it is
    never part of a URI, so it reaches neither logs nor XCom.
    """
    found = connection(MLFLOW_CONNECTION)
    if found is None or not found.host:
        return os.environ.get("MLFLOW_TRACKING_URI") or None
    if found.login and found.password:
        os.environ["MLFLOW_TRACKING_USERNAME"] = found.login
        os.environ["MLFLOW_TRACKING_PASSWORD"] = found.password
    host = found.host if "://" in found.host else f"{found.schema or 'http'}://{found.host}"
    return f"{host}:{found.port}" if found.port else host


def scores_uri() -> str | None:
    """The database of the connection `scores_default` (type postgres or sqlite), else that of GOLDEN_PATHS_SCORES_URI.

    The extra's values go to the database's driver, but `schema`: of PostgreSQL, the one that has the tables.
    """
    from sqlalchemy import URL

    found = connection(SCORES_CONNECTION)
    if found is None:
        return os.environ.get(SCORES_URI) or None
    if found.conn_type not in DIALECTS:
        raise StepFailed(
            f"the Airflow connection {SCORES_CONNECTION} is of type {found.conn_type}",
            remedy=f"scores go into databases of type {' or '.join(DIALECTS)}",
        )
    is_file = found.conn_type == "sqlite"
    url = URL.create(
        DIALECTS[found.conn_type],
        username=found.login or None,
        password=found.password or None,
        host=None if is_file else found.host,
        port=found.port,
        database=found.host if is_file else found.schema,
        query={key: str(value) for key, value in found.extra_dejson.items()},
    )
    return url.render_as_string(hide_password=False)


def cluster() -> ClusterSettings:
    """The cluster of the connection `kubernetes_default` (type kubernetes), else that of KUBECONFIG.

    The connection's namespace comes before GOLDEN_PATHS_NAMESPACE.
    """
    settings, found = ClusterSettings.from_environment(), connection(KUBERNETES_CONNECTION)
    if found is None:
        return settings
    namespace = found.extra_dejson.get("namespace") or found.extra_dejson.get("extra__kubernetes__namespace")
    return replace(settings, connect=_by_connection, namespace=namespace or settings.namespace)


def _by_connection() -> ApiClient:
    """A client with the connection's credentials as they are now."""
    from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook

    return KubernetesHook(conn_id=KUBERNETES_CONNECTION).get_conn()


def connection(name: str) -> Any:
    """Airflow's connection of this name, or None."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return Connection.get(name)
    except AirflowNotFoundException:
        return None
