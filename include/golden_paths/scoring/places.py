"""Where scores go."""

from __future__ import annotations

from pathlib import Path

from golden_paths.data_sections import ScoreSection
from golden_paths.errors import StepFailed
from golden_paths.project import Project
from golden_paths.spec import PathSpec


def output(spec: PathSpec, project: Project) -> Path:
    """The spec's folder, links resolved. `StepFailed` when it has left the project since the spec was checked."""
    if not (named := spec.need(ScoreSection).output):
        return project.state / "scores" / spec.name
    folder = project.path(named).resolve()
    if not folder.is_relative_to(project.root):
        raise StepFailed(
            f"score.output {named} leaves the project through a symbolic link", remedy="name a folder below the project's"
        )
    return folder


def named(spec: PathSpec) -> str:
    """How plans call it."""
    return spec.need(ScoreSection).output or f"scores/{spec.name} in the project's state"
