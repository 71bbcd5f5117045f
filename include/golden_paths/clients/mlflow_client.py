"""One way to reach MLflow: bounded in time, and with errors that name the address."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from golden_paths.errors import StepFailed

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow's own bounds are 120 s and 7 retries that back off to 254 s: a dead server would hold a task for minutes.
# Only defaults: what the platform team has set stays.
BOUNDS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT": "600",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
HEADERS = "mlflow.tracking.request_header.registry"


def connect(tracking_uri: str) -> MlflowClient:
    """A client of the tracking server and its registry. Touches nothing yet unless the URI is a database."""
    with answering(tracking_uri):
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)


def _without_feasts_headers() -> None:
    """Keep the plugin that Feast brings for MLflow out of this process, unless MLflow has loaded it already.

    Where Feast is installed, MLflow's first request imports all of it (3.3 s), to send the Kubernetes token of this pod
    along, whatever the address. Credentials of ours come from the platform's settings alone.
    """
    if HEADERS in sys.modules:
        return
    from mlflow.utils import plugins

    found = plugins.get_entry_points
    plugins.get_entry_points = lambda group: [point for point in found(group) if point.name != "feast"]
    try:
        import_module(HEADERS)
    finally:
        plugins.get_entry_points = found


@contextmanager
def answering(tracking_uri: str) -> Iterator[None]:
    """Reach MLflow in bounded time. Its errors become `StepFailed`: a refusal is final, a server away is worth a retry."""
    for name, value in BOUNDS.items():
        os.environ.setdefault(name, value)
    _without_feasts_headers()
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        status = error.get_http_status_code()
        first = str(error).splitlines()[0][:500]
        if status < 500 and status != 429:
            raise StepFailed(f"MLflow at {tracking_uri} refused: {first}", remedy="see MLflow's message") from error
        raise _away(tracking_uri, first) from error
    except OSError as error:  # requests' errors are OSErrors: artifacts travel outside of MLflow's REST client
        raise _away(tracking_uri, f"{type(error).__name__}: {error}"[:500]) from error


def _away(tracking_uri: str, reason: str) -> StepFailed:
    return StepFailed(
        f"MLflow at {tracking_uri} did not answer: {reason}",
        remedy="start it, or set MLFLOW_TRACKING_URI to where it runs",
        retry=True,
    )
