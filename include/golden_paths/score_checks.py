"""What a spec of batch scoring refers to: the rows to score, and where the scores go."""

from __future__ import annotations

from pathlib import Path

from golden_paths import named_files
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import Document, Key

TAKEN = ("dags", "plugins", "operators", "tests")  # folders whose files are run, or read as specs


def check(spec: PathSpec, document: Document, project: Project) -> None:
    """Add what is wrong."""
    if not spec.score:
        return
    key: Key = ("score", "entities")
    if file := named_files.place(spec.score.entities, key, document, project, Path.is_file):
        named_files.rows_with_time(file, key, document, meaning="for which a row is to be scored")
    _output(spec.score.output, document, project)


def _output(name: str | None, document: Document, project: Project) -> None:
    """A folder that need not be there yet."""
    if name is None:
        return
    key: Key = ("score", "output")
    folder = project.path(name)
    try:
        inside, is_other = folder.resolve().is_relative_to(project.root), folder.exists() and not folder.is_dir()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "a loop of symbolic links"
        document.complain_at(key, f"cannot be read ({reason})", "name another folder of the project")
        return
    if not inside:
        document.complain_at(key, "leaves the project through a symbolic link", "name a folder below the project's folder")
    elif is_other:
        document.complain_at(key, "is no folder", "name a folder of the project; it need not be there yet")
    elif (top := Path(name).parts[0]) in TAKEN:
        problem = f"is in {top}/, whose files are read as code or specs"
        document.complain_at(key, problem, f"name another folder, as in scores/{folder.name}")
