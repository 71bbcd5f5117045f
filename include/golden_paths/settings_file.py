"""A file of the platform team's, read as a section: every problem with its place."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from golden_paths.errors import InvalidSpec, SpecProblem
from golden_paths.project import Project
from golden_paths.section import Section
from golden_paths.spec_text import read_text
from golden_paths.yaml_source import Document, dotted, parse

S = TypeVar("S", bound=Section)


def read(project: Project, name: str, kind: type[S]) -> S:
    """The project's file `name`; defaults where there is none. Raises `InvalidSpec`: no spec can be held to it then."""
    file = project.path(name)
    try:
        stamp = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return kind()
    return cast("S", _read(file, name, kind, stamp.st_mtime_ns, stamp.st_size))


@lru_cache(maxsize=32)
def _read(file: Path, name: str, kind: type[Section], _: int, __: int) -> Section:
    document = parse(read_text(file, name), name)
    try:
        found = kind.model_validate(document.data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise InvalidSpec([_problem(name, dict(detail), document) for detail in details]) from error
    if document.problems:
        raise document.refusal()
    return found


def _problem(name: str, detail: dict[str, Any], document: Document) -> SpecProblem:
    place = tuple(part for part in detail["loc"] if part != "[key]")
    while place and place not in document.lines:
        place = place[:-1]
    problem, _, remedy = str((detail.get("ctx") or {}).get("error", "")).partition("|")
    if detail["type"] == "extra_forbidden":
        problem, remedy = "is not a key that is known here", "see the README"
    line = document.lines.get(place, 1)
    shown = None if detail["type"] == "extra_forbidden" else document.texts.get(place)
    said = f"is refused: {detail['msg'][0].lower()}{detail['msg'][1:]}"
    return SpecProblem(name, line, dotted(place), shown, problem or said, remedy or "see the README")
