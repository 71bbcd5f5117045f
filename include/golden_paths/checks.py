"""What a spec refers to, checked without running any of it: path, files, functions, services, columns, metrics.

Every file is read as text or bytes; Python is parsed, never imported. Results are kept by the file's identity and time,
because five hundred specs may name the same repository.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from golden_paths import (
    code_files,
    gate_checks,
    metric_checks,
    monitor_checks,
    named_files,
    online_stores,
    path_checks,
    pod_checks,
    policy,
    refresh_checks,
    regular_file,
    schedule,
    score_checks,
)
from golden_paths.named_files import TIMESTAMP, nearest, say
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import Document, Key

MAX_READ = 8 * 1024 * 1024  # bytes of a feature repository's Python files
MAX_CONFIG = 64 * 1024
CUT = "..."
FEAST_PROJECT = re.compile(r"^project:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)
FEAST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")


def check(spec: PathSpec, document: Document, project: Project) -> None:
    """Add to the document's problems everything that a spec of a valid shape still gets wrong."""
    path_checks.check(spec, document)
    _schedule(spec, document)
    _features(spec, document, project)
    _training_set(spec, document, project)
    _train(spec, document, project)
    metric_checks.check(spec, document)
    score_checks.check(spec, document, project)
    gate_checks.check(spec, document, project)
    monitor_checks.check(spec, document, project)
    refresh_checks.check(spec, document, project)
    pod_checks.check(spec, document, project)
    policy.check(spec, document, project)


def _schedule(spec: PathSpec, document: Document) -> None:
    if spec.schedule and (fault := schedule.fault(spec.schedule)):
        problem, remedy = fault
        if spec.schedule.startswith("@"):
            remedy = nearest(spec.schedule, schedule.PRESETS)
        say(document, ("schedule",), problem, remedy)


def _features(spec: PathSpec, document: Document, project: Project) -> None:
    if not (section := spec.features) or not (
        repo := named_files.place(section.repo, ("features", "repo"), document, project, Path.is_dir)
    ):
        return
    if not (repo / "feature_store.yaml").is_file():
        say(
            document, ("features", "repo"), "has no feature_store.yaml", "name the folder of a Feast feature repository"
        )
        return
    _feast_project(repo, document)
    if spec.deploy and spec.deploy.to == "kubernetes" and (fault := online_stores.fault_of(repo / "feature_store.yaml")):
        say(document, ("features", "repo"), *fault)
    found = _services(repo, section.service)
    if section.service not in found and "*" not in found:
        problem, remedy = f"is no feature service of {section.repo}", nearest(section.service, tuple(sorted(found)))
        if CUT in found:
            problem, remedy = f"was not found in the first files of {section.repo}", "define it in one at its top"
        say(document, ("features", "service"), problem, remedy)


def _feast_project(repo: Path, document: Document) -> None:
    """Feast's own refusal comes in a traceback, and the name is most often that of the model, which holds a '-'."""
    try:
        text = regular_file.read(repo / "feature_store.yaml", MAX_CONFIG).decode(errors="replace")
    except OSError as error:
        say(document, ("features", "repo"), f"has a feature_store.yaml that cannot be read: {error.strerror}", "mend it")
        return
    if (named := FEAST_PROJECT.search(text)) and not FEAST_NAME.fullmatch(named[1]):
        problem = f"has project '{named[1]}' in feature_store.yaml, and Feast takes letters, digits and '_' alone"
        fit = re.sub(r"[^A-Za-z0-9]+", "_", named[1]).strip("_")
        say(document, ("features", "repo"), problem, f"write project: {fit}")


def _training_set(spec: PathSpec, document: Document, project: Project) -> None:
    key: Key = ("training_set", "entities")
    if not (section := spec.training_set) or not (
        file := named_files.place(section.entities, key, document, project, Path.is_file)
    ):
        return
    if not (names := named_files.rows_with_time(file, key, document, meaning="at which a row's label was known")):
        return
    if section.label == TIMESTAMP:
        say(document, ("training_set", "label"), "is the rows' time", "name the column that the model predicts")
    elif section.label not in names:
        say(document, ("training_set", "label"), f"is no column of {section.entities}", nearest(section.label, names))


def _train(spec: PathSpec, document: Document, project: Project) -> None:
    if not (section := spec.train):
        return
    key: Key = ("train", "notebook" if section.notebook else "code")
    name, _, function = (section.notebook or section.code or "").partition(":")
    if not (file := named_files.place(name, key, document, project, Path.is_file)):
        return
    try:
        if section.notebook:
            if fault := _notebook(file, named_files.stamp(file)):
                say(document, key, *fault)
        elif function not in (functions := _functions(file, named_files.stamp(file))):
            say(document, key, f"has no function '{function}'", nearest(function, functions))
    except SyntaxError as error:
        line = f" at line {error.lineno}" if error.lineno else ""
        say(document, key, f"is not Python: {error.msg}{line}", "mend the file")
    except OSError as error:
        say(document, key, f"cannot be read ({error.strerror})", "make it smaller, or check its permissions")




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
            stamp = named_files.stamp(file)
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
