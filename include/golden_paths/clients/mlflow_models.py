"""Versions and aliases in MLflow's model registry."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from golden_paths.artifacts import ModelVersion
from golden_paths.clients.mlflow_client import answering, connect
from golden_paths.errors import StepFailed

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion as MlflowVersion

TAG_LENGTH = 5000  # what every database that MLflow supports takes for a tag of a model version
PREFIX = "golden_paths."
URI, CARD = "golden_paths.uri", "golden_paths.card"
HISTORY = "golden_paths.history."
REBUILT = ("digest", "weights", "training_set", "golden_records", "golden_digest")  # of a ModelVersion, from its tags


class MlflowModels:
    """`golden_paths.clients.ModelRegistry` on a tracking server or a database."""

    def __init__(self, tracking_uri: str) -> None:
        self.uri = tracking_uri

    @cached_property
    def _client(self) -> MlflowClient:
        return connect(self.uri)

    def register(self, model: str, *, uri: str, run_id: str, tags: Mapping[str, str]) -> str:
        """The version made from `run_id`. Of two callers at once the lower number stays."""
        with answering(self.uri):
            self._model(model, tags.get("golden_paths.description", ""))
            if not self._versions(model, run_id):
                kept = _cut(tags) | {URI: uri}
                model_id = uri.removeprefix("models:/")
                # Without waiting: MLflow waits by asking for the version, which a caller at once may have deleted.
                self._client.create_model_version(
                    model, self._source(model_id), run_id, tags=kept, model_id=model_id, await_creation_for=0
                )
            first, *others = self._versions(model, run_id)
            for other in others:
                self._delete(model, str(other.version))
            number = str(first.version)
            self._tag(
                model, number, {name: value for name, value in _cut(tags).items() if first.tags.get(name) != value}
            )
            return number

    def _delete(self, model: str, version: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._client.delete_model_version(model, version)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":  # the other caller was faster
                raise

    def _source(self, model_id: str) -> str:
        """What MLflow records as the source. Behind a database it would look models:/ up on the process' global server."""
        if self.uri.startswith("http"):
            return f"models:/{model_id}"
        return str(self._client.get_logged_model(model_id).artifact_location)

    def _model(self, name: str, description: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(name, description=description)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            if self._client.get_registered_model(name).description != description:
                self._client.update_registered_model(name, description)

    def _versions(self, model: str, run_id: str) -> list[MlflowVersion]:
        found = self._client.search_model_versions(f"name = '{model}' and run_id = '{run_id}'")
        return sorted(found, key=lambda version: int(version.version))

    def champion(self, model: str) -> ModelVersion | None:
        """What carries the alias `champion`, rebuilt from the tags that registration set."""
        if (found := self._aliased(model, "champion")) is None:
            return None
        if missing := [name for name in REBUILT if PREFIX + name not in found.tags]:
            raise StepFailed(
                f"champion {model} version {found.version} lacks the tags {', '.join(PREFIX + name for name in missing)}",
                remedy="it was not registered by this platform: give the alias champion to a version that was, or remove it",
            )
        return _rebuilt(found)

    def version(self, model: str, version: str) -> ModelVersion | None:
        """A version by its number."""
        found = self._version(model, version)
        return _rebuilt(found) if found and all(PREFIX + name in found.tags for name in REBUILT) else None

    def candidate(self, model: str) -> str | None:
        """The number of the version that carries the alias `candidate`."""
        found = self._aliased(model, "candidate")
        return None if found is None else str(found.version)

    def _aliased(self, model: str, alias: str) -> MlflowVersion | None:
        from mlflow.exceptions import MlflowException

        with answering(self.uri):
            try:
                return self._client.get_model_version_by_alias(model, alias)
            except MlflowException as error:
                # MLflow says INVALID_PARAMETER_VALUE for an alias that is not there
                if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                    return None
                raise

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Point an alias at a version."""
        with answering(self.uri):
            self._client.set_registered_model_alias(model, alias, version)

    def remove_alias(self, model: str, alias: str) -> None:
        """Have no version carry the alias."""
        if self._aliased(model, alias):
            with answering(self.uri):
                self._client.delete_registered_model_alias(model, alias)

    def tag_version(self, model: str, version: str, tags: Mapping[str, str]) -> None:
        """Set tags on a version."""
        with answering(self.uri):
            self._tag(model, version, _cut(tags))

    def version_tags(self, model: str, version: str) -> dict[str, str]:
        """The tags of a version; none when there is no such version."""
        found = self._version(model, version)
        return dict(found.tags) if found else {}

    def _version(self, model: str, version: str) -> MlflowVersion | None:
        from mlflow.exceptions import MlflowException

        with answering(self.uri):
            try:
                return self._client.get_model_version(model, version)
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise

    def history(self, model: str) -> list[str]:
        """Tags of the registered model, by their numbers."""
        from mlflow.exceptions import MlflowException

        with answering(self.uri):
            try:
                tags = self._client.get_registered_model(model).tags
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return []
                raise
        return [tags[name] for name in sorted(tags) if name.startswith(HISTORY)]

    def add_history(self, model: str, number: int, entry: str) -> None:
        """One tag of the registered model."""
        with answering(self.uri):
            self._client.set_registered_model_tag(model, f"{HISTORY}{number:06d}", entry)

    def _tag(self, model: str, version: str, tags: Mapping[str, str]) -> None:
        for name, value in tags.items():
            self._client.set_model_version_tag(model, version, name, value)


def _rebuilt(found: MlflowVersion) -> ModelVersion:
    """From the tags that registration set."""
    return ModelVersion(
        model=found.name,
        version=str(found.version),
        mlflow_run_id=found.run_id,
        uri=found.tags.get(URI, found.source),
        card=found.tags.get(CARD, ""),
        **{name: found.tags[PREFIX + name] for name in REBUILT},
    )


def _cut(tags: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value if len(value) <= TAG_LENGTH else value[: TAG_LENGTH - 3] + "..." for name, value in tags.items()
    }
