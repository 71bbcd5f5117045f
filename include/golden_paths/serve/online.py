"""Features of entities, from Feast's online store."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from golden_paths import feast_config
from golden_paths.clients import quick_feast
from golden_paths.errors import StepFailed
from golden_paths.serve.columns import Column
from golden_paths.serve.forms import Columns
from golden_paths.serve.problems import Refused, problem

KEY_TYPES: dict[str, type] = {"Int32": int, "Int64": int, "String": str, "Bool": bool}
UNSET = re.compile(r"\$(FEAST_\w+)")


class OnlineFeatures:
    """One feature service. `keys` maps each entity key to the JSON type of its values."""

    def __init__(self, store: Any, service: Any, keys: dict[str, type], columns: Sequence[Column]) -> None:
        self.keys, self._store, self._service, self._columns = keys, store, service, tuple(columns)
        # One thread: Feast's sqlite store has one connection, and a slow store must not hold up the event loop.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="feast")

    @classmethod
    def opened(cls, repo: Path, name: str, columns: Sequence[Column]) -> OnlineFeatures:
        """Open the store. Raises `StepFailed` when the service lacks a feature that the model needs."""
        quick_feast.load()
        store = _store(repo)
        service = store.get_feature_service(name)
        offered = {feature.name for view in service.feature_view_projections for feature in view.features}
        if lacking := [column.name for column in columns if column.name not in offered]:
            raise StepFailed(
                f"feature service '{name}' does not have {', '.join(lacking)}, which the model needs",
                remedy="serve the model with the service it was trained on",
            )
        return cls(store, service, dict(_keys(store, service)), columns)

    async def of(self, entities: list[dict[str, Any]]) -> Columns:
        """The model's columns, one value for each entity. Raises `Refused`: 404 unknown entity, 424 missing feature."""
        found = await asyncio.get_running_loop().run_in_executor(self._thread, self._read, entities)
        return self._checked(entities, found)

    def _read(self, entities: list[dict[str, Any]]) -> dict[str, tuple[list[Any], list[str]]]:
        """For each feature its values and Feast's statuses."""
        from feast.protos.feast.serving.ServingService_pb2 import FieldStatus

        def status(value: Any, number: int, at: Any) -> str:
            # Feast's Redis store has every entity: one that was never written is null, at the beginning of time.
            return "NOT_FOUND" if value is None and not at.seconds else str(FieldStatus.Name(number))

        response = self._store.get_online_features(features=self._service, entity_rows=entities)
        values = response.to_dict()
        return {
            name: (values[name], list(map(status, values[name], vector.statuses, vector.event_timestamps)))
            for name, vector in zip(response.proto.metadata.feature_names.val, response.proto.results, strict=True)
        }

    def _checked(self, entities: list[dict[str, Any]], found: dict[str, tuple[list[Any], list[str]]]) -> Columns:
        features = {name: vector for name, vector in found.items() if name not in self.keys}
        unknown = [
            problem(key, f"{value!r} is not in the online store", row=row)
            for row, entity in enumerate(entities)
            if all(values[row] is None and statuses[row] == "NOT_FOUND" for values, statuses in features.values())
            for key, value in entity.items()
        ]
        if unknown:
            named = ", ".join(f"{one['field']} {one['problem'].partition(' is not')[0]}" for one in unknown)
            raise Refused(404, f"the online store does not know {named}", unknown)
        missing = [
            problem(column.name, f"has no value in the online store ({statuses[row]})", row=row)
            for column in self._columns
            for values, statuses in [found[column.name]]
            for row in range(len(entities))
            if values[row] is None and not column.missing
        ]
        if missing:
            names = ", ".join(dict.fromkeys(one["field"] for one in missing))
            raise Refused(
                424, f"the online store has no value for {names}; materialize the feature views again", missing
            )
        return {column.name: found[column.name][0] for column in self._columns}


def _store(repo: Path) -> Any:
    """The repository's store, whatever its offline store is: a server never reads that.

    Feast imports an offline store that is configured by a dict (duckdb: 48 MiB and 0.3 s), one that is a string when it is
    used. So the image that serves needs none.
    """
    import yaml
    from feast import FeatureStore
    from feast.repo_config import RepoConfig

    text = os.path.expandvars((repo / "feature_store.yaml").read_text())
    read = feast_config.parsed(text)
    if unset := UNSET.findall(f"{read.get('online_store')} {read.get('registry')}"):
        # Feast would look for a host of that name, at the first request.
        raise StepFailed(
            f"'{repo.name}/feature_store.yaml' names {', '.join(unset)}, which is not in the server's environment",
            remedy="set it there; pods have it from the platform team's Secret",
        )
    configured = yaml.safe_load(text)
    config = RepoConfig(**(configured | {"offline_store": "dask"}))
    config.repo_path = repo
    return FeatureStore(repo_path=str(repo), config=config)


def _keys(store: Any, service: Any) -> Iterator[tuple[str, type]]:
    """Join key and type of each entity of the service's views."""
    for projection in service.feature_view_projections:
        view = store.get_feature_view(projection.name)
        for field in view.entity_columns:
            name = projection.join_key_map.get(field.name, field.name)
            if str(field.dtype) not in KEY_TYPES:
                raise StepFailed(
                    f"the key {name} of feature view {view.name} is a {field.dtype}",
                    remedy=f"use a key of type {', '.join(KEY_TYPES)}",
                )
            yield name, KEY_TYPES[str(field.dtype)]
