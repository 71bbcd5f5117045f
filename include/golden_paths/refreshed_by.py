"""Whether the refresh that a spec relies on is there, beside it: told where a folder is read, not at each task's start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from golden_paths.errors import InvalidSpec, SpecProblem
from golden_paths.load import LoadedSpec, nearest, read_draft
from golden_paths.registry import PATHS
from golden_paths.spec import FeaturesSection, PathSpec
from golden_paths.yaml_source import parse

KEY = ("features", "refreshed_by")


def faults(good: Iterable[LoadedSpec], broken: Mapping[Path, InvalidSpec]) -> dict[Path, SpecProblem]:
    """What is wrong with the refreshes that these specs name. One that is broken itself is told under its own file alone."""
    read = list(good)
    known = {one.spec.name: one.spec for one in read}
    unread = {error.claims["name"][0] for error in broken.values() if "name" in error.claims}
    found: dict[Path, SpecProblem] = {}
    for one in read:
        features = one.spec.features
        if not features or not (name := features.refreshed_by) or name in unread:
            continue
        other = known.get(name) or _beside(one.file, name)
        if fault := _fault(features, name, other, known.values()):
            line = parse(one.text, one.file.name).lines[KEY]
            found[one.file] = SpecProblem(one.file.name, line, ".".join(KEY), name, *fault)
    return found


def _beside(file: Path, name: str) -> PathSpec | None:
    """The spec of that name when it was not read with the others: `validate FILE` is given one."""
    for suffix in (".yaml", ".yml"):
        place = file.with_name(f"{name}{suffix}")
        try:
            if place.is_file() and (spec := read_draft(place).spec).name == name:
                return spec
        except InvalidSpec:
            continue
    return None


def _fault(
    features: FeaturesSection, name: str, other: PathSpec | None, known: Iterable[PathSpec]
) -> tuple[str, str] | None:
    """(problem, remedy), or None."""
    if other is None:
        names = [spec.name for spec in known if _refreshes(spec)]
        return "is no spec of this folder", nearest(name, names) if names else f"write {name}.yaml, on feature-refresh@1"
    if not _refreshes(other):
        return f"is on {other.golden_path}, which refreshes features for no other", "name a spec on feature-refresh@1"
    theirs = other.features
    if theirs and (theirs.repo, theirs.service) != (features.repo, features.service):
        said = f"refreshes {theirs.service} of {theirs.repo}, and this spec uses {features.service} of {features.repo}"
        return said, "name the refresh of that service, or use the same"
    return None


def _refreshes(spec: PathSpec) -> bool:
    return spec.golden_path in PATHS and PATHS[spec.golden_path].refreshes
