"""Whether events are valid: against the standard's JSON Schemas, and against those of our own facets. Offline."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
VARIABLE = "GOLDEN_PATHS_OPENLINEAGE_SPEC"  # a folder with the standard's schemas: OpenLineage.json and facets/
OWN = ROOT / "include" / "golden_paths" / "lineage" / "schemas"
needs_spec = pytest.mark.openlineage_spec


def problems(event: dict[str, Any]) -> list[str]:
    """What is wrong with an event and each of its facets; a facet without a schema is wrong too."""
    _, known = _registry()
    found = [f"event: {problem}" for problem in _violations(event["schemaURL"], event)]
    for place, name, facet in _facets(event):
        url = facet["_schemaURL"]
        base, _, _ = url.partition("#")
        latest = known.get(base.rpartition("/")[2])
        if latest is None:
            found.append(f"{place}.{name}: nobody knows {url}")
        else:
            found += [
                f"{place}.{name}: {problem}" for problem in _violations(latest + "#" + url.partition("#")[2], facet)
            ]
    return found


def _facets(event: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    places = {"run": event["run"]["facets"], "job": event["job"]["facets"]}
    for side, kind in (("inputs", "inputFacets"), ("outputs", "outputFacets")):
        for number, dataset in enumerate(event.get(side) or ()):
            places[f"{side}[{number}]"] = {**(dataset.get("facets") or {}), **(dataset.get(kind) or {})}
    for place, facets in places.items():
        for name, facet in (facets or {}).items():
            yield place, name, facet


def _violations(url: str, found: dict[str, Any]) -> list[str]:
    from jsonschema import Draft202012Validator

    registry, _ = _registry()
    return [error.message[:300] for error in Draft202012Validator({"$ref": url}, registry=registry).iter_errors(found)]


@cache
def _registry() -> tuple[Any, dict[str, str]]:
    """All schemas, and the URL of each by its file's name: a client may name an older revision of one."""
    from referencing import Registry, Resource

    folder = Path(os.environ[VARIABLE])
    schemas = [json.loads(file.read_text()) for file in (*folder.rglob("*.json"), *OWN.glob("*.json"))]
    registry = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)
    return registry, {schema["$id"].rpartition("/")[2]: schema["$id"] for schema in schemas}
