"""File -> LoadedSpec, or every problem of it. One pure function for the command line, the loader and the worker."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from golden_paths import checks, policy
from golden_paths.digests import of_bytes
from golden_paths.errors import InvalidSpec, SpecProblem
from golden_paths.policy import secrets
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.spec_text import read_text
from golden_paths.yaml_source import Document, dotted, parse, shorten

# What pydantic calls it -> how we say it: (problem, remedy).
SAID = {
    "string_type": ("is not text", 'put it in quotes, as in "{text}"'),
    "int_type": ("is not a whole number", "write digits alone, without quotes"),
    "float_type": ("is not a number", "write a number, without quotes"),
    "bool_type": ("is not true or false", "write true or false"),
    "dict_type": ("is not a mapping of keys to values", "write its keys on lines of their own, indented below it"),
    "model_type": ("is not a section", "write its keys on lines of their own, indented below it"),
    "tuple_type": ("is not a list", "write its items in brackets, as in [25%, 100%]"),
    "list_type": ("is not a list", "write its items on lines of their own, each after '- '"),
    "string_too_short": ("is empty", "say it in a few words"),
    "string_too_long": ("is too long", "say it in fewer words"),
    "too_long": ("holds too many", "name fewer"),
}


@dataclass(frozen=True)
class LoadedSpec:
    """A spec that was read and checked.

    `digest` is the SHA-256 of its file, `claims` what it has for itself alone: key -> (value, line).
    """

    spec: PathSpec
    digest: str
    text: str
    file: Path
    project: Project
    claims: dict[str, tuple[str, int]]


def read_spec(path: Path, project: Project | None = None) -> LoadedSpec:
    """Read and check one spec. Raises `InvalidSpec` with everything that is wrong; runs nothing that the spec names."""
    try:
        return _read(path, project or Project.of(path))
    except InvalidSpec:
        raise
    except Exception as error:  # one spec's fault must stay its own, whatever it is
        problem = f"cannot be checked: {type(error).__name__}: {error}"
        remedy = "look at what it names; if that is right, report this with the file"
        raise InvalidSpec([SpecProblem(path.name, 0, "", None, problem, remedy)]) from error


def read_draft(path: Path, project: Project | None = None) -> LoadedSpec:
    """One spec whose shape alone is checked: it may still lack what the policy asks for, and name files that are to be made."""
    at = project or Project.of(path)
    text, document = _parsed(path, at)
    return LoadedSpec(validate(document), of_bytes(text.encode()), text, path, at, document.refusal().claims)


def _parsed(path: Path, project: Project) -> tuple[str, Document]:
    text = read_text(path, path.name)
    if fault := _place_fault(path, project):
        raise InvalidSpec([SpecProblem(path.name, 0, "", None, *fault)])
    document = parse(text, path.name)
    _refuse_secrets(document)
    document.data = policy.reading.completed(document.data, policy.read(project))
    return text, document


def _read(path: Path, project: Project) -> LoadedSpec:
    text, document = _parsed(path, project)
    spec = validate(document)
    checks.check(spec, document, project)
    if spec.name not in text:
        # A worker looks for the name in the files' bytes, so as not to read five hundred of them.
        document.complain(document.lines[("name",)], ("name",), None, "is written with escapes", "write it plainly")
    if document.problems:
        raise document.refusal()
    return LoadedSpec(spec, of_bytes(text.encode()), text, path, project, document.refusal().claims)


def _refuse_secrets(document: Document) -> None:
    """Before anything else is said of the spec: other messages quote its values."""
    for place in list(secrets.found(document.texts)):
        document.texts[place] = secrets.HIDDEN
        document.complain(document.lines[place], place, None, secrets.PROBLEM, secrets.REMEDY)
    if document.problems:
        raise document.refusal()


def _place_fault(path: Path, project: Project) -> tuple[str, str] | None:
    if not project.root.is_dir():
        return "has no project: its folder is not there", "set GOLDEN_PATHS_PROJECT to the folder that holds include/"
    if path.is_symlink():
        file, homes = path.resolve(), (project.root, path.parent.resolve())
        if not any(file.is_relative_to(home) for home in homes):
            return "leaves the project through a symbolic link", "put the file itself there"
    return None


def validate(document: Document) -> PathSpec:
    """The document as a PathSpec; raises `InvalidSpec` with every problem of its shape."""
    try:
        return PathSpec.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=True):
            if document.full:  # looking for the nearest of thousands of names takes seconds
                break
            _explain(dict(detail), document)
        raise document.refusal() from error


def _explain(detail: dict[str, Any], document: Document) -> None:
    place = tuple(part for part in detail["loc"] if part != "[key]")
    # A union reports one error per member, with the member's name as last part of the place.
    while place and place not in document.lines and detail["type"] not in ("missing",):
        place = place[:-1]
    line = document.lines.get(place) or document.lines.get(place[:-1]) or 1
    text = document.texts.get(place)
    if any(problem.line == line and problem.key == dotted(place) for problem in document.problems):
        return
    problem, remedy = _words(detail, place, text)
    shown = None if detail["type"] in ("missing", "extra_forbidden") else text
    document.complain(line, place, shown, problem, remedy)


def _words(detail: dict[str, Any], place: tuple[Any, ...], text: str | None) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx") or {}
    if kind == "missing":
        return "is missing", f"add it: {_description(place)}"
    if kind == "extra_forbidden":
        return "is not a key that is known here", nearest(str(place[-1]), _keys(place[:-1]))
    if kind == "literal_error":
        return "is not one of the values it may have", f"write {context['expected']}"
    if kind == "value_error":
        problem, _, remedy = str(context["error"]).partition("|")
        return problem, remedy
    if kind == "string_pattern_mismatch":
        return "has not the form it needs", _description(place)
    if kind in SAID:
        problem, remedy = SAID[kind]
        return problem, remedy.format(text=None if text is None else shorten(text))
    return f"is refused: {detail['msg'][0].lower()}{detail['msg'][1:]}", f"it is for: {_description(place)}"


def nearest(word: str, known: typing.Iterable[str]) -> str:
    """A remedy: the nearest known name, or all of them."""
    names = list(known)
    if close := difflib.get_close_matches(word[:100], names[:500], n=1, cutoff=0.5):
        return f"did you mean '{close[0]}'?"
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"known are {', '.join(names[:20])}{more}" if names else "there are none"


def _keys(place: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(_section(place).model_fields)


def _description(place: tuple[Any, ...]) -> str:
    fields = _section(place[:-1]).model_fields
    field = fields.get(str(place[-1])) if place else None
    return (field.description if field and field.description else f"the section {dotted(place)}").rstrip(".")


def _section(place: tuple[Any, ...]) -> type[BaseModel]:
    model: type[BaseModel] = PathSpec
    for part in place:
        field = model.model_fields.get(str(part))
        model = next(_models(field.annotation), model) if field else model
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        for member in typing.get_args(annotation):
            yield from _models(member)
