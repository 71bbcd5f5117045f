"""feature_store.yaml, read as data: bounded, and without Feast."""

from __future__ import annotations

import re
from typing import Any

import yaml

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH, MAX_NODES = 32, 5000
BRACES = re.compile(r"\$\{(\w+)\}")


def parsed(text: str) -> dict[str, Any]:
    """Its keys and values, with ${NAME} as $NAME. Raises `ValueError` that says what is wrong with it.

    Feast fills in ${NAME} before it reads YAML, and in a flow mapping braces would be YAML's.
    """
    text = BRACES.sub(r"$\1", text)
    try:
        _guard(text)
        found = yaml.load(text, Loader=Loader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise ValueError(f"is not YAML: {getattr(error, 'problem', None) or 'it cannot be parsed'}{place}") from error
    if not isinstance(found, dict):
        raise ValueError("is not a mapping of keys to values")
    return found


def _guard(text: str) -> None:
    """The C loader crashes the process on deep nesting: look at the events first."""
    depth = nodes = 0
    for event in yaml.parse(text, Loader=Loader):
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise ValueError("is larger or nested deeper than any feature_store.yaml")
