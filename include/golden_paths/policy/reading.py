"""The project's policy, and what it adds to a spec that leaves something out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from golden_paths import settings_file
from golden_paths.policy.model import FILE, Policy
from golden_paths.project import Project

OF_KUBERNETES = "deploy"  # a local process has `to` and `port` alone


def read(project: Project) -> Policy:
    """The project's. Raises `InvalidSpec` with every problem of the file: no spec can be held to it then."""
    return settings_file.read(project, FILE, Policy)


def completed(data: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """A spec's data with the policy's defaults. What the spec says stays; a section that it lacks is not added."""
    found = dict(data)
    for name, defaults in policy.defaults.items():
        section = found.get(name)
        if not isinstance(section, dict):
            continue
        if name == OF_KUBERNETES and section.get("to") != "kubernetes":
            continue
        found[name] = _under(section, defaults)
    return found


def _under(said: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(said)
    for key, value in defaults.items():
        if key not in merged:
            merged[key] = value
        elif isinstance(merged[key], dict) and isinstance(value, dict):
            merged[key] = _under(merged[key], value)
    return merged
