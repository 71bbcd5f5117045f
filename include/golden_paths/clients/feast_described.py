"""A feature service in words: its views with their sources, its features with what they are made of.

Runs in the child alone (see `feast_child`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from golden_paths.clients.feast_windows import DUMMY


def service(store: Any, found: Any, views: Sequence[Any]) -> dict[str, Any]:
    """The service as `ServiceDescription` has it, as JSON."""
    stored = {view.name for view in views}
    features = []
    for projection in found.feature_view_projections:
        columns = _columns_of(projection) if projection.name in stored else None
        on_demand = None if columns else store.get_on_demand_feature_view(projection.name)
        for feature in projection.features:
            inputs = [[projection.name, feature.name]] if columns else _made_of(on_demand)
            features.append(_described(feature) | {"inputs": inputs})
    return {"project": store.project, "views": [_view(view) for view in views], "features": features}


def _columns_of(projection: Any) -> list[str]:
    return [feature.name for feature in projection.features]


def _made_of(on_demand: Any) -> list[list[str]]:
    """An on-demand feature is a function of all that its view is given: Feast does not say which it uses."""
    sources = on_demand.source_feature_view_projections.values()
    return [[source.name, feature.name] for source in sources for feature in source.features]


def _view(view: Any) -> dict[str, Any]:
    source = view.batch_source
    columns = {name: column for column, name in source.field_mapping.items()}
    return {
        "view": view.name,
        "source": str(source.path),
        "timestamp": source.timestamp_field,
        "keys": [_described(key, columns) for key in view.entity_columns if key.name != DUMMY],
        "columns": [_described(feature, columns) for feature in view.features],
        "description": view.description or "",
        "owner": view.owner or "",
        "tags": {str(name): str(value) for name, value in (view.tags or {}).items()},
    }


def _described(field: Any, columns: dict[str, str] | None = None) -> dict[str, Any]:
    found = {"name": field.name, "type": str(field.dtype), "description": field.description or ""}
    return found if columns is None else found | {"source": columns.get(field.name, field.name)}
