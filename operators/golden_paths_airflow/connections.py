"""Airflow connections -> where the platform's services are."""

from __future__ import annotations

import os

from golden_paths.connect import Settings

MLFLOW_CONNECTION = "mlflow_default"


def settings() -> Settings:
    """MLflow as the connection `mlflow_default` (type http) says, else as MLFLOW_TRACKING_URI says.

    A login or password of the connection goes to MLflow's own environment variables of this task's process; it is
    never part of a URI, so it reaches neither logs nor XCom.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = Connection.get(MLFLOW_CONNECTION)
    except AirflowNotFoundException:
        return Settings.from_environment()
    if not connection.host:
        return Settings.from_environment()
    if connection.login and connection.password:
        os.environ["MLFLOW_TRACKING_USERNAME"] = connection.login
        os.environ["MLFLOW_TRACKING_PASSWORD"] = connection.password
    host = connection.host if "://" in connection.host else f"{connection.schema or 'http'}://{connection.host}"
    return Settings(tracking_uri=f"{host}:{connection.port}" if connection.port else host)
