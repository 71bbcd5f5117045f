"""Where scores go."""

from __future__ import annotations

from pathlib import Path

from golden_paths.clients import Clients
from golden_paths.data_sections import ScoreSection
from golden_paths.errors import StepFailed
from golden_paths.project import Project
from golden_paths.scoring.folder import Folder
from golden_paths.scoring.output import Output
from golden_paths.spec import PathSpec


def output(spec: PathSpec, project: Project, clients: Clients) -> Output:
    """The spec's table or folder. `StepFailed` when it has no database, or its folder is no longer the project's."""
    table = spec.need(ScoreSection).table
    return clients.score_table(table) if table else Folder(folder(spec, project))


def folder(spec: PathSpec, project: Project) -> Path:
    """Links resolved. `StepFailed` when it has left the project since the spec was checked."""
    if not (name := spec.need(ScoreSection).output):
        return project.state / "scores" / spec.name
    found = project.path(name).resolve()
    if not found.is_relative_to(project.root):
        raise StepFailed(
            f"score.output {name} leaves the project through a symbolic link", remedy="name a folder below the project's"
        )
    return found


def named(spec: PathSpec) -> str:
    """How plans call it."""
    section = spec.need(ScoreSection)
    if section.table:
        return f"table {section.table} in the database of scores"
    return section.output or f"scores/{spec.name} in the project's state"
