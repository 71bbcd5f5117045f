"""MLflow's model registry in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from golden_paths.artifacts import ModelVersion


@dataclass
class FakeVersion:
    """One version of one model."""

    uri: str
    run_id: str
    tags: dict[str, str]


@dataclass
class FakeModel:
    """A registered model."""

    versions: dict[str, FakeVersion] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    description: str = ""
    history: dict[int, str] = field(default_factory=dict)


class FakeModelRegistry:
    """Versions and aliases by model name (`models`)."""

    def __init__(self) -> None:
        self.models: dict[str, FakeModel] = {}

    def register(self, model: str, *, uri: str, run_id: str, tags: Mapping[str, str]) -> str:
        registered = self.models.setdefault(model, FakeModel())
        registered.description = tags.get("golden_paths.description", registered.description)
        for number, version in registered.versions.items():
            if version.run_id == run_id:
                version.tags.update(tags)
                return number
        number = str(len(registered.versions) + 1)
        registered.versions[number] = FakeVersion(uri, run_id, dict(tags))
        return number

    def champion(self, model: str) -> ModelVersion | None:
        registered = self.models.get(model)
        if registered is None or (number := registered.aliases.get("champion")) is None:
            return None
        return self.version(model, number)

    def version(self, model: str, version: str) -> ModelVersion | None:
        number, versions = version, self.models.get(model, FakeModel()).versions
        if number not in versions or "golden_paths.digest" not in versions[number].tags:
            return None
        return self._rebuilt(model, number, versions[number])

    def _rebuilt(self, model: str, number: str, version: FakeVersion) -> ModelVersion:
        return ModelVersion(
            model=model,
            version=number,
            mlflow_run_id=version.run_id,
            uri=version.uri,
            digest=version.tags["golden_paths.digest"],
            weights=version.tags["golden_paths.weights"],
            training_set=version.tags["golden_paths.training_set"],
            golden_records=version.tags["golden_paths.golden_records"],
            golden_digest=version.tags["golden_paths.golden_digest"],
            card=version.tags.get("golden_paths.card", ""),
        )

    def candidate(self, model: str) -> str | None:
        return self.models.get(model, FakeModel()).aliases.get("candidate")

    def set_alias(self, model: str, alias: str, version: str) -> None:
        self.models[model].aliases[alias] = version

    def remove_alias(self, model: str, alias: str) -> None:
        self.models.get(model, FakeModel()).aliases.pop(alias, None)

    def tag_version(self, model: str, version: str, tags: Mapping[str, str]) -> None:
        self.models[model].versions[version].tags.update(tags)

    def version_tags(self, model: str, version: str) -> dict[str, str]:
        registered = self.models.get(model, FakeModel())
        return dict(registered.versions[version].tags) if version in registered.versions else {}

    def history(self, model: str) -> list[str]:
        return [entry for _, entry in sorted(self.models.get(model, FakeModel()).history.items())]

    def add_history(self, model: str, number: int, entry: str) -> None:
        self.models[model].history[number] = entry
