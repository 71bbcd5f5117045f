"""Which files of a folder .airflowignore leaves out, as Airflow itself reads it (airflow/_shared/module_loading).

Written again because the command line must agree with Airflow without paying for its import; a test holds the two
together. Patterns are gitignore's, or regular expressions where [core] dag_ignore_file_syntax says so.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

NAME = ".airflowignore"
VARIABLE = "AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX"


def ignored(folder: Path, top: Path, syntax: str | None = None) -> Callable[[str], bool]:
    """Whether a name in `folder` is left out by the .airflowignore of a folder from `top` down to it.

    `syntax` is "glob" or "regexp"; absent: as Airflow's environment variable has it.
    """
    above = [parent for parent in folder.parents if parent == top or top in parent.parents]
    chain = [*reversed(above), folder]
    homes = [home for home in chain if (home / NAME).is_file()]
    rules = [(home, line) for home in homes for line in _lines(home / NAME)]
    if not rules:
        return lambda _: False
    regexp = (syntax or os.environ.get(VARIABLE)) == "regexp"
    # Airflow matches a regular expression with the path from the bundle's folder: the project's, or dags/ in it.
    bundle = chain[0] if len(chain) == 1 or chain[0] in homes else chain[1]
    return _regexps(folder, bundle, rules) if regexp else _globs(folder, rules)


def _lines(file: Path) -> Iterator[str]:
    for line in file.read_text(errors="replace").split("\n"):
        if pattern := re.sub(r"\s*#.*", "", line):
            yield pattern


def _regexps(folder: Path, base: Path, rules: list[tuple[Path, str]]) -> Callable[[str], bool]:
    patterns = []
    for _, line in rules:
        try:
            patterns.append(re.compile(line))
        except re.error:  # Airflow logs it and goes on
            continue
    return lambda name: any(pattern.search(str((folder / name).relative_to(base))) for pattern in patterns)


def _globs(folder: Path, rules: list[tuple[Path, str]]) -> Callable[[str], bool]:
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # Airflow's own, under its present name

    compiled = []
    for home, line in rules:
        with contextlib.suppress(ValueError):  # "!" alone: Airflow stops at it, and tells
            compiled.append((home, line, GitIgnoreSpecPattern(line)))

    def left_out(name: str) -> bool:
        """The last pattern that matches decides: with '!' it takes the name in again."""
        path, found = folder / name, False
        for home, line, pattern in compiled:
            if line.lstrip("!").rstrip().endswith("/") and not path.is_dir():
                continue
            anchored = "/" in line.rstrip("/")
            relative = path.relative_to(home).as_posix() if anchored else name
            if pattern.include is not None and pattern.match_file(relative) is not None:
                found = pattern.include
        return found

    return left_out
