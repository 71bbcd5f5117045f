"""Files that a spec names: whether they are there and inside the project, and the columns of a table of rows and times."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from golden_paths import columns
from golden_paths.project import Project
from golden_paths.yaml_source import Document, Key

TIMESTAMP = "event_timestamp"


def nearest(word: str, known: tuple[str, ...]) -> str:
    """A remedy: the nearest known name, or all of them."""
    from golden_paths import load  # which reads specs, and so checks them

    return load.nearest(word, known)


def say(document: Document, path: Key, problem: str, remedy: str) -> None:
    """Add a problem of a key that is written."""
    document.complain(document.lines.get(path, 1), path, document.texts.get(path), problem, remedy)


def place(name: str, key: Key, document: Document, project: Project, is_there: Callable[[Path], bool]) -> Path | None:
    """The place that a spec names, when it is there and, links resolved, still inside the project."""
    found, kind = project.path(name), "folder" if is_there is Path.is_dir else "file"
    try:
        inside = found.resolve().is_relative_to(project.root)
        if inside and is_there(found):
            return found
        elsewhere = os.path.lexists(found)
        remedy = _neighbour(found) if inside and not elsewhere else ""
    except (OSError, RuntimeError) as error:  # a name that is too long, no right to look, a loop of links
        reason = getattr(error, "strerror", None) or "a loop of symbolic links"
        say(document, key, f"cannot be read ({reason})", "check its place and permissions")
        return None
    if not inside:
        problem, remedy = (
            "leaves the project through a symbolic link",
            "name a file that lies below the project's folder",
        )
        say(document, key, problem, remedy)
    elif elsewhere:
        say(document, key, f"is no {kind}", f"name a {kind} of the project")
    else:
        document.complain(document.lines[key], key, name, f"is not there: no {kind} {name} in the project", remedy)
    return None


def _neighbour(place: Path) -> str:
    folder = place.parent
    if not folder.is_dir():
        return f"there is no folder {folder.name} either: check the path, which starts at the project's folder"
    entries = itertools.islice(folder.iterdir(), 500)
    return nearest(
        place.name, tuple(sorted(entry.name for entry in entries if not entry.name.startswith((".", "__"))))
    )


def stamp(file: Path) -> tuple[int, int]:
    """What changes when the file does."""
    status = file.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=4096)
def _columns(file: Path, _: tuple[int, int]) -> tuple[str, ...]:
    return columns.of_parquet(file)


def rows_with_time(file: Path, key: Key, document: Document, *, meaning: str) -> tuple[str, ...]:
    """The columns of a parquet file that must have a time; none when it is no parquet file."""
    try:
        names = _columns(file, stamp(file))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        say(document, key, f"is no parquet file: {reason}", "write it with DataFrame.to_parquet")
        return ()
    if TIMESTAMP not in names:
        say(document, key, f"has no column {TIMESTAMP}", f"add it: the time, in UTC, {meaning}")
    return names
