"""What a spec says, held to its path: a path that is there, every section that it needs, and none that it does not take."""

from __future__ import annotations

from golden_paths.paths import Path
from golden_paths.registry import PATHS
from golden_paths.spec import SECTIONS, PathSpec
from golden_paths.yaml_source import Document


def check(spec: PathSpec, document: Document) -> None:
    """Add what is wrong: what would be read and then used by nobody is refused, lest its author relies on it."""
    if not (path := PATHS.get(spec.golden_path)):
        _unknown(spec, document)
        return
    line = document.lines[("golden_path",)]
    for section in path.sections:
        if getattr(spec, section) is None:
            document.complain(line, (section,), None, f"is missing, and {path.id} needs it", "add the section")
    for section in SECTIONS:
        if getattr(spec, section) is not None and not path.takes(section):
            document.complain_at((section,), f"is a section that {path.id} does not have", _remedy(path))
    for step in spec.steps or {}:
        if step not in path.steps:
            remedy = f"remove it: its steps are {', '.join(path.steps)}"
            document.complain_at(("steps", step), f"is no step of {path.id}", remedy)


def _remedy(path: Path) -> str:
    return f"remove it: {path.id} has {', '.join((*path.sections, *path.may_have))}"


def _unknown(spec: PathSpec, document: Document) -> None:
    name, _, version = spec.golden_path.partition("@")
    versions = [str(path.version) for path in PATHS.values() if path.name == name]
    if versions:
        problem = f"has no version '{version}'" if version else "names no version"
        document.complain_at(("golden_path",), problem, f"write {name}@{versions[-1]}")
    else:
        from golden_paths.load import nearest

        document.complain_at(("golden_path",), "is not a golden path", nearest(spec.golden_path, PATHS))
