"""What a spec refers to, checked without running any of it: path, files, functions, services, columns, metrics.

Every file is read as text or bytes; Python is parsed, never imported. Results are kept by the file's identity and time,
because five hundred specs may name the same repository.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from golden_paths import (
    code_files,
    columns,
    gate_checks,
    metric_checks,
    monitor_checks,
    online_stores,
    path_checks,
    pod_checks,
    policy,
    refresh_checks,
    regular_file,
    schedule,
)
from golden_paths.monitor_sections import PerformanceSection
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import Document, Key

MAX_READ = 8 * 1024 * 1024  # bytes of a feature repository's Python files
MAX_CONFIG = 64 * 1024
CUT = "..."
TIMESTAMP = "event_timestamp"
FEAST_PROJECT = re.compile(r"^project:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)
FEAST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")


def check(spec: PathSpec, document: Document, project: Project) -> None:
    """Add to the document's problems everything that a spec of a valid shape still gets wrong."""
    path_checks.check(spec, document)
    _schedule(spec, document)
    _features(spec, document, project)
    _training_set(spec, document, project)
    _labels(spec, document, project)
    _train(spec, document, project)
    metric_checks.check(spec, document)
    gate_checks.check(spec, document, project)
    monitor_checks.check(spec, document)
    refresh_checks.check(spec, document, project)
    pod_checks.check(spec, document, project)
    policy.check(spec, document, project)


def _nearest(word: str, known: tuple[str, ...]) -> str:
    from golden_paths.load import nearest

    return nearest(word, known)


def _say(document: Document, path: Key, problem: str, remedy: str) -> None:
    document.complain(document.lines.get(path, 1), path, document.texts.get(path), problem, remedy)


def _schedule(spec: PathSpec, document: Document) -> None:
    if spec.schedule and (fault := schedule.fault(spec.schedule)):
        problem, remedy = fault
        if spec.schedule.startswith("@"):
            remedy = _nearest(spec.schedule, schedule.PRESETS)
        _say(document, ("schedule",), problem, remedy)


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
    _feast_project(repo, document)
    if spec.deploy and spec.deploy.to == "kubernetes" and (fault := online_stores.fault_of(repo / "feature_store.yaml")):
        _say(document, ("features", "repo"), *fault)
    found = _services(repo, section.service)
    if section.service not in found and "*" not in found:
        problem, remedy = f"is no feature service of {section.repo}", _nearest(section.service, tuple(sorted(found)))
        if CUT in found:
            problem, remedy = f"was not found in the first files of {section.repo}", "define it in one at its top"
        _say(document, ("features", "service"), problem, remedy)


def _feast_project(repo: Path, document: Document) -> None:
    """Feast's own refusal comes in a traceback, and the name is most often that of the model, which holds a '-'."""
    try:
        text = regular_file.read(repo / "feature_store.yaml", MAX_CONFIG).decode(errors="replace")
    except OSError as error:
        _say(document, ("features", "repo"), f"has a feature_store.yaml that cannot be read: {error.strerror}", "mend it")
        return
    if (named := FEAST_PROJECT.search(text)) and not FEAST_NAME.fullmatch(named[1]):
        problem = f"has project '{named[1]}' in feature_store.yaml, and Feast takes letters, digits and '_' alone"
        fit = re.sub(r"[^A-Za-z0-9]+", "_", named[1]).strip("_")
        _say(document, ("features", "repo"), problem, f"write project: {fit}")


def _training_set(spec: PathSpec, document: Document, project: Project) -> None:
    key: Key = ("training_set", "entities")
    if not (section := spec.training_set) or (names := _entity_columns(section.entities, key, document, project)) is None:
        return
    if section.label == TIMESTAMP:
        _say(document, ("training_set", "label"), "is the rows' time", "name the column that the model predicts")
    elif section.label not in names:
        _say(document, ("training_set", "label"), f"is no column of {section.entities}", _nearest(section.label, names))


def _labels(spec: PathSpec, document: Document, project: Project) -> None:
    asked, key = spec.monitor.performance if spec.monitor else None, ("monitor", "performance", "labels")
    if not spec.training_set or not isinstance(asked, PerformanceSection) or not asked.labels:
        return
    names = _entity_columns(asked.labels, key, document, project)
    if names is not None and (label := spec.training_set.label) not in names:
        _say(document, key, f"has no column {label}, the label", _nearest(label, names))


def _entity_columns(name: str, key: Key, document: Document, project: Project) -> tuple[str, ...] | None:
    """Of a parquet file that the spec names; None when it cannot be read."""
    if not (file := _place(name, key, document, project, Path.is_file)):
        return None
    try:
        names = _columns(file, _stamp(file))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        _say(document, key, f"is no parquet file: {reason}", "write it with DataFrame.to_parquet")
        return None
    if TIMESTAMP not in names:
        _say(document, key, f"has no column {TIMESTAMP}", "add it: the time, in UTC, at which a row's label was known")
    return names


def _train(spec: PathSpec, document: Document, project: Project) -> None:
    if not (section := spec.train):
        return
    key: Key = ("train", "notebook" if section.notebook else "code")
    name, _, function = (section.notebook or section.code or "").partition(":")
    if not (file := _place(name, key, document, project, Path.is_file)):
        return
    try:
        if section.notebook:
            if fault := _notebook(file, _stamp(file)):
                _say(document, key, *fault)
        elif function not in (functions := _functions(file, _stamp(file))):
            _say(document, key, f"has no function '{function}'", _nearest(function, functions))
    except SyntaxError as error:
        line = f" at line {error.lineno}" if error.lineno else ""
        _say(document, key, f"is not Python: {error.msg}{line}", "mend the file")
    except OSError as error:
        _say(document, key, f"cannot be read ({error.strerror})", "make it smaller, or check its permissions")


def _place(name: str, key: Key, document: Document, project: Project, is_there: Callable[[Path], bool]) -> Path | None:
    """The place that a spec names, when it is there and, links resolved, still inside the project."""
    place, kind = project.path(name), "folder" if is_there is Path.is_dir else "file"
    try:
        inside = place.resolve().is_relative_to(project.root)
        if inside and is_there(place):
            return place
        elsewhere = os.path.lexists(place)
        remedy = _neighbour(place) if inside and not elsewhere else ""
    except (OSError, RuntimeError) as error:  # a name that is too long, no right to look, a loop of links
        reason = getattr(error, "strerror", None) or "a loop of symbolic links"
        _say(document, key, f"cannot be read ({reason})", "check its place and permissions")
        return None
    if not inside:
        problem, remedy = (
            "leaves the project through a symbolic link",
            "name a file that lies below the project's folder",
        )
        _say(document, key, problem, remedy)
    elif elsewhere:
        _say(document, key, f"is no {kind}", f"name a {kind} of the project")
    else:
        document.complain(document.lines[key], key, name, f"is not there: no {kind} {name} in the project", remedy)
    return None


def _neighbour(place: Path) -> str:
    folder = place.parent
    if not folder.is_dir():
        return f"there is no folder {folder.name} either: check the path, which starts at the project's folder"
    entries = itertools.islice(folder.iterdir(), 500)
    return _nearest(
        place.name, tuple(sorted(entry.name for entry in entries if not entry.name.startswith((".", "__"))))
    )


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4096)
def _columns(file: Path, _: tuple[int, int]) -> tuple[str, ...]:
    return columns.of_parquet(file)


@lru_cache(maxsize=4096)
def _functions(file: Path, _: tuple[int, int]) -> tuple[str, ...]:
    return code_files.functions(regular_file.read(file, code_files.MAX_SOURCE))


def _services(repo: Path, wanted: str) -> set[str]:
    """Names of the repository's feature services, as far as `wanted`; CUT is among them when not all files were read."""
    found: set[str] = set()
    unread, unparsed = MAX_READ, code_files.PARSED
    for file in code_files.python_files(repo):
        if file is None or unread < 0:
            return found | {CUT}
        try:
            stamp = _stamp(file)
            names = _services_in(file, stamp, parsed=stamp[1] <= unparsed)
        except OSError:  # gone, no regular file or too large: Feast says so when it comes to it
            continue
        unread -= stamp[1]
        if names is not None:
            unparsed -= stamp[1]
            found.update(names)
        if wanted in found:
            break
    return found


@lru_cache(maxsize=4096)
def _services_in(file: Path, _: tuple[int, int], *, parsed: bool) -> tuple[str, ...] | None:
    return code_files.services(regular_file.read(file, code_files.MAX_SOURCE), parsed=parsed)


@lru_cache(maxsize=4096)
def _notebook(file: Path, _: tuple[int, int]) -> tuple[str, str] | None:
    return code_files.notebook_fault(regular_file.read(file, code_files.MAX_NOTEBOOK))
