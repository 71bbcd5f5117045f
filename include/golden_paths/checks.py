"""What a spec refers to, checked without running any of it: path, files, functions, services, columns, metrics.

Every file is read as text or bytes; Python is parsed, never imported. Results are kept by the file's identity and time,
because five hundred specs may name the same repository.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from golden_paths import columns
from golden_paths.modelling.metrics import METRICS
from golden_paths.project import Project
from golden_paths.registry import PATHS
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import Document, Key

CRON = re.compile(r"\S+(?:\s+\S+){4,5}")
PRESETS = ("@once", "@continuous", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly")
DURATION = re.compile(r"[1-9][0-9]*[smhdw]")
MAX_SOURCE = 1024 * 1024


def check(spec: PathSpec, document: Document, project: Project) -> None:
    """Add to the document's problems everything that a spec of a valid shape still gets wrong."""
    _path(spec, document)
    _schedule(spec, document)
    _features(spec, document, project)
    _training_set(spec, document, project)
    _train(spec, document, project)
    _metrics(spec, document)


def _nearest(word: str, known: tuple[str, ...]) -> str:
    from golden_paths.load import nearest

    return nearest(word, known)


def _say(document: Document, path: Key, problem: str, remedy: str) -> None:
    document.complain(document.lines.get(path, 1), path, document.texts.get(path), problem, remedy)


def _path(spec: PathSpec, document: Document) -> None:
    if path := PATHS.get(spec.golden_path):
        for section in path.sections:
            if getattr(spec, section) is None:
                line = document.lines[("golden_path",)]
                document.complain(line, (section,), None, f"is missing, and {path.id} needs it", "add the section")
        return
    name, _, version = spec.golden_path.partition("@")
    versions = [str(path.version) for path in PATHS.values() if path.name == name]
    if versions:
        problem = f"has no version '{version}'" if version else "names no version"
        _say(document, ("golden_path",), problem, f"write {name}@{versions[-1]}")
    else:
        _say(document, ("golden_path",), "is not a golden path", _nearest(spec.golden_path, tuple(PATHS)))


def _schedule(spec: PathSpec, document: Document) -> None:
    schedule = spec.schedule
    if schedule is None or schedule in PRESETS or DURATION.fullmatch(schedule):
        return
    if CRON.fullmatch(schedule):
        from croniter import croniter

        if croniter.is_valid(schedule):
            return
    remedy = (
        _nearest(schedule, PRESETS)
        if schedule.startswith("@")
        else "write five cron fields, a preset such as @weekly, or 6h"
    )
    _say(document, ("schedule",), "is no schedule", remedy)


def _features(spec: PathSpec, document: Document, project: Project) -> None:
    if not (section := spec.features) or not (
        repo := _place(section.repo, ("features", "repo"), document, project, Path.is_dir)
    ):
        return
    if not (repo / "feature_store.yaml").is_file():
        _say(
            document, ("features", "repo"), "has no feature_store.yaml", "name the folder of a Feast feature repository"
        )
        return
    services = tuple(sorted({name for file in sorted(repo.rglob("*.py")) for name in _services(file, _stamp(file))}))
    if section.service not in services and "*" not in services:
        _say(
            document,
            ("features", "service"),
            f"is no feature service of {section.repo}",
            _nearest(section.service, services),
        )


def _training_set(spec: PathSpec, document: Document, project: Project) -> None:
    key: Key = ("training_set", "entities")
    if not (section := spec.training_set) or not (
        file := _place(section.entities, key, document, project, Path.is_file)
    ):
        return
    try:
        names = _columns(file, _stamp(file))
    except (OSError, ValueError) as error:
        _say(document, key, f"is no parquet file: {error}", "write it with DataFrame.to_parquet")
        return
    if section.label not in names:
        _say(document, ("training_set", "label"), f"is no column of {section.entities}", _nearest(section.label, names))


def _train(spec: PathSpec, document: Document, project: Project) -> None:
    if not (section := spec.train):
        return
    if section.notebook:
        key: Key = ("train", "notebook")
        if (file := _place(section.notebook, key, document, project, Path.is_file)) and (
            fault := _notebook(file, _stamp(file))
        ):
            _say(document, key, *fault)
    elif section.code:
        key = ("train", "code")
        name, _, function = section.code.partition(":")
        if not (file := _place(name, key, document, project, Path.is_file)):
            return
        try:
            functions = _functions(file, _stamp(file))
        except SyntaxError as error:
            _say(document, key, f"is not Python: {error.msg} at line {error.lineno}", "mend the file")
            return
        if function not in functions:
            _say(document, key, f"has no function '{function}'", _nearest(function, functions))


def _metrics(spec: PathSpec, document: Document) -> None:
    if not (section := spec.evaluate):
        return
    for name in section.metrics:
        if name not in METRICS:
            line = document.lines[("evaluate", "metrics", name)]
            remedy = _nearest(name, tuple(METRICS))
            document.complain(line, ("evaluate", "metrics", name), None, "is not a metric that is known", remedy)
    if section.champion and section.champion.metric not in section.metrics:
        remedy = _nearest(section.champion.metric, tuple(section.metrics))
        _say(document, ("evaluate", "champion", "metric"), "is not among evaluate.metrics", remedy)


def _place(name: str, key: Key, document: Document, project: Project, is_there: Callable[[Path], bool]) -> Path | None:
    """The place that a spec names, when it is there and, links resolved, still inside the project."""
    place = project.path(name)
    if not place.resolve().is_relative_to(project.root):
        _say(
            document,
            key,
            "leaves the project through a symbolic link",
            "name a file that lies below the project's folder",
        )
    elif not is_there(place):
        line, kind = document.lines[key], "folder" if is_there is Path.is_dir else "file"
        document.complain(line, key, name, f"is not there: no {kind} {name} in the project", _neighbour(place))
    else:
        return place
    return None


def _neighbour(place: Path) -> str:
    folder = place.parent
    if not folder.is_dir():
        return f"there is no folder {folder.name} either: check the path, which starts at the project's folder"
    names = tuple(sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith((".", "__"))))
    return _nearest(place.name, names[:500])


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4096)
def _columns(file: Path, _: tuple[int, int]) -> tuple[str, ...]:
    return columns.of_parquet(file)


def _parse(file: Path) -> ast.Module:
    if file.stat().st_size > MAX_SOURCE:
        raise SyntaxError("the file is larger than 1 MiB")
    try:
        return ast.parse(file.read_bytes())
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error)) from error


@lru_cache(maxsize=4096)
def _functions(file: Path, _: tuple[int, int]) -> tuple[str, ...]:
    return tuple(node.name for node in _parse(file).body if isinstance(node, ast.FunctionDef))


@lru_cache(maxsize=4096)
def _services(file: Path, _: tuple[int, int]) -> tuple[str, ...]:
    """Names of the FeatureService(...) calls in a file; '*' stands for one whose name is not a literal."""
    try:
        tree = _parse(file)
    except SyntaxError:
        return ()
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "FeatureService":
            names = [keyword.value for keyword in node.keywords if keyword.arg == "name"] + node.args[:1]
            literal = names and isinstance(names[0], ast.Constant)
            found.append(str(names[0].value) if literal and isinstance(names[0], ast.Constant) else "*")
    return tuple(found)


@lru_cache(maxsize=4096)
def _notebook(file: Path, _: tuple[int, int]) -> tuple[str, str] | None:
    """(problem, remedy) of a notebook, or None."""
    try:
        cells = json.loads(file.read_bytes())["cells"]
        tags = [tag for cell in cells for tag in cell.get("metadata", {}).get("tags", ())]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "is no notebook", "save it from Jupyter, as format 4"
    if "parameters" not in tags:
        return "has no cell tagged 'parameters'", "tag the cell that holds the parameters' defaults"
    return None
