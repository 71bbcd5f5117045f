"""File -> LoadedSpec, or every problem of it. One pure function for the command line, the loader and the worker."""

from __future__ import annotations

import difflib
import os
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from golden_paths import checks
from golden_paths.digests import of_bytes
from golden_paths.errors import InvalidSpec, SpecProblem
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import Document, dotted, parse, read_text, shorten

# What pydantic calls it -> how we say it: (problem, remedy).
SAID = {
    "string_type": ("is not text", 'put it in quotes, as in "{text}"'),
    "int_type": ("is not a whole number", "write digits alone, without quotes"),
    "float_type": ("is not a number", "write a number, without quotes"),
    "bool_type": ("is not true or false", "write true or false"),
    "dict_type": ("is not a mapping of keys to values", "write its keys on lines of their own, indented below it"),
    "model_type": ("is not a section", "write its keys on lines of their own, indented below it"),
    "list_type": ("is not a list", "write its items on lines of their own, each after '- '"),
    "string_too_short": ("is empty", "say it in a few words"),
    "string_too_long": ("is too long", "say it in fewer words"),
}


@dataclass(frozen=True)
class LoadedSpec:
    """A spec that was read and checked. `digest` is the SHA-256 of its file."""

    spec: PathSpec
    digest: str
    text: str
    file: Path
    project: Project


def spec_files(folder: Path) -> list[Path]:
    """Every *.yaml and *.yml directly in `folder`, sorted, less those that its .airflowignore (glob syntax) leaves out."""
    ignore = folder / ".airflowignore"
    lines = ignore.read_text().splitlines() if ignore.is_file() else []
    patterns = [line.split("#")[0].strip() for line in lines]
    # Names, not paths: every task start lists the folder, and with 500 specs sorting paths alone takes 5 ms.
    names = sorted(name for name in os.listdir(folder) if name.endswith((".yaml", ".yml")))
    return [folder / name for name in names if not any(pattern and fnmatch(name, pattern) for pattern in patterns)]


def read_folder(folder: Path) -> tuple[list[LoadedSpec], list[tuple[Path, InvalidSpec]]]:
    """Every spec of a folder: the good ones, and the broken ones with what is wrong."""
    good: list[LoadedSpec] = []
    broken: list[tuple[Path, InvalidSpec]] = []
    for file in spec_files(folder):
        try:
            good.append(read_spec(file))
        except InvalidSpec as error:
            broken.append((file, error))
    clashes = check_names(good)
    broken.extend(clashes.items())
    return [loaded for loaded in good if loaded.file not in clashes], sorted(broken, key=lambda pair: pair[0])


def check_names(specs: list[LoadedSpec]) -> dict[Path, InvalidSpec]:
    """Two specs with one name: which of them would win depends on luck, so neither does."""
    named: dict[str, list[LoadedSpec]] = {}
    for loaded in specs:
        named.setdefault(loaded.spec.name, []).append(loaded)
    clashes = {}
    for name, group in named.items():
        for loaded in group if len(group) > 1 else ():
            others = ", ".join(other.file.name for other in group if other is not loaded)
            line = parse(loaded.text, loaded.file.name).lines.get(("name",), 0)
            problem = SpecProblem(
                loaded.file.name, line, "name", name, f"is also the name of {others}", "rename one of them"
            )
            clashes[loaded.file] = InvalidSpec([problem])
    return clashes


def read_spec(path: Path, project: Project | None = None) -> LoadedSpec:
    """Read and check one spec. Raises `InvalidSpec` with everything that is wrong; runs nothing that the spec names."""
    text = read_text(path, path.name)
    document = parse(text, path.name)
    project = project or Project.of(path)
    spec = validate(document)
    checks.check(spec, document, project)
    if document.problems:
        raise InvalidSpec(document.problems)
    return LoadedSpec(spec, of_bytes(text.encode()), text, path, project)


def validate(document: Document) -> PathSpec:
    """The document as a PathSpec; raises `InvalidSpec` with every problem of its shape."""
    try:
        return PathSpec.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=True):
            _explain(dict(detail), document)
        raise InvalidSpec(document.problems) from error


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
    shown = None if detail["type"] in ("missing", "extra_forbidden") or text is None else shorten(text)
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
        return problem, remedy.format(text=text)
    return f"is refused: {detail['msg'][0].lower()}{detail['msg'][1:]}", f"it is for: {_description(place)}"


def nearest(word: str, known: typing.Iterable[str]) -> str:
    """A remedy: the nearest known name, or all of them."""
    names = list(known)
    if close := difflib.get_close_matches(word, names, n=1, cutoff=0.5):
        return f"did you mean '{close[0]}'?"
    return f"known are {', '.join(names)}" if names else "there are none"


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
