"""The road that a spec names: whether there is one, and whether the spec's sections and steps are those of this road."""

from __future__ import annotations

from golden_paths.named_files import nearest, say
from golden_paths.paths import SECTIONS, Path
from golden_paths.registry import PATHS
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import Document


def check(spec: PathSpec, document: Document) -> None:
    """Add what is wrong."""
    if path := PATHS.get(spec.golden_path):
        _sections(spec, path, document)
        _steps(spec, path, document)
        return
    name, _, version = spec.golden_path.partition("@")
    versions = [str(path.version) for path in PATHS.values() if path.name == name]
    if versions:
        problem = f"has no version '{version}'" if version else "names no version"
        say(document, ("golden_path",), problem, f"write {name}@{versions[-1]}")
    else:
        say(document, ("golden_path",), "is not a golden path", nearest(spec.golden_path, tuple(PATHS)))


def _sections(spec: PathSpec, path: Path, document: Document) -> None:
    for section in SECTIONS:
        is_there = getattr(spec, section) is not None
        if section in path.sections and not is_there:
            line = document.lines[("golden_path",)]
            document.complain(line, (section,), None, f"is missing, and {path.id} needs it", "add the section")
        elif is_there and section not in (*path.sections, *path.may_have):
            others = [one.id for one in PATHS.values() if section in (*one.sections, *one.may_have)]
            elsewhere = f", or write golden_path: {' or '.join(others)}" if others else ""
            document.complain_at((section,), f"is no section of {path.id}", f"remove it{elsewhere}")


def _steps(spec: PathSpec, path: Path, document: Document) -> None:
    for name in spec.steps or {}:
        if name not in path.steps:
            document.complain_at(("steps", name), f"is no step of {path.id}", f"remove it; it has {', '.join(path.steps)}")
