"""MLflow as an audit reads it. Nothing is written."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from golden_paths.audit.registry import LoggedRun, Registered
from golden_paths.clients.mlflow_client import answering, connect
from golden_paths.clients.mlflow_models import PREFIX
from golden_paths.clients.mlflow_tracking import MlflowTracking
from golden_paths.errors import StepFailed

if TYPE_CHECKING:
    from mlflow import MlflowClient


class MlflowReader:
    """`golden_paths.audit.registry.Registry` on a tracking server or a database."""

    def __init__(self, tracking_uri: str) -> None:
        self.uri = tracking_uri

    @cached_property
    def _client(self) -> MlflowClient:
        return connect(self.uri)

    def models(self) -> tuple[str, ...]:
        """The names of all registered models."""
        names, token = list[str](), None
        with answering(self.uri):
            while page := self._client.search_registered_models(page_token=token):
                names += [str(model.name) for model in page]
                if not (token := page.token):
                    break
        return tuple(sorted(names))

    def versions(self, model: str) -> tuple[Registered, ...]:
        """All versions of a model, oldest first."""
        found, token = list[Registered](), None
        with answering(self.uri):
            while page := self._client.search_model_versions(f"name = '{model}'", page_token=token):
                found += [
                    Registered(
                        model=model,
                        version=str(one.version),
                        run_id=str(one.run_id),
                        created=_moment(one.creation_timestamp),
                        tags={name.removeprefix(PREFIX): value for name, value in one.tags.items()},
                    )
                    for one in page
                ]
                if not (token := page.token):
                    break
        return tuple(sorted(found, key=lambda one: int(one.version)))

    def champion(self, model: str) -> str | None:
        """The version that carries the alias `champion`."""
        from mlflow.exceptions import MlflowException

        with answering(self.uri):
            try:
                return str(self._client.get_model_version_by_alias(model, "champion").version)
            except MlflowException as error:
                if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                    return None
                raise

    def run(self, run_id: str) -> LoggedRun | None:
        """A run that is not deleted."""
        from mlflow.exceptions import MlflowException

        with answering(self.uri):
            try:
                found = self._client.get_run(run_id)
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise
        if found.info.lifecycle_stage == "deleted":
            return None
        return LoggedRun(
            id=run_id,
            experiment=str(found.info.experiment_id),
            status=str(found.info.status),
            begun=_moment(found.info.start_time),
            tags=dict(found.data.tags),
            params=dict(found.data.params),
            metrics=dict(found.data.metrics),
        )

    def fetch(self, uri: str, folder: Path) -> Path:
        """Download what a runs:/ or models:/ URI names. One that was deleted does not mean that MLflow is away."""
        try:
            return MlflowTracking(self.uri).download(uri, folder)
        except StepFailed as error:
            raise StepFailed(f"{uri} could not be fetched: {error.problem}", remedy=error.remedy) from error


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
