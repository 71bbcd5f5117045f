"""The event log: every event is a line of JSON in a file that one process alone writes, before it is sent anywhere."""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from golden_paths.project import Project

VARIABLE = "GOLDEN_PATHS_LINEAGE_LOG"
SUFFIX = ".ndjson"
LAST = ("COMPLETE", "FAIL", "ABORT")
Event = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where an event stands: its bytes in a file of the log."""

    file: Path
    start: int
    end: int


def folder_of(project: Project) -> Path:
    """The log's folder: $GOLDEN_PATHS_LINEAGE_LOG, from the project's folder on, or lineage/ of the project's state."""
    return project.root / (os.environ.get(VARIABLE) or project.state / "lineage")


class Writer:
    """The one file of this process. A fork gets a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._pid = folder, 0
        self._file = folder

    def append(self, event: str) -> Place:
        """Write one event, which is one line of JSON. Raises `OSError` when it cannot be kept."""
        line = event.encode() + b"\n"
        if self._pid != os.getpid():
            self._file, self._pid = self._folder / _new_name(), os.getpid()
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab", buffering=0) as stream:  # a buffer would be written once more when it is closed
            start = stream.tell()
            try:
                _write(stream, line)
            except OSError:  # a disk that is full keeps half a line: what follows must stand on its own
                self._pid = 0  # should it stay: another file
                os.ftruncate(stream.fileno(), start)
                self._pid = os.getpid()
                raise
        return Place(self._file, start, start + len(line))


def _write(stream: FileIO, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[stream.write(rest) :]


def files(folder: Path) -> list[Path]:
    """The log's files, by the time at which they were begun."""
    return sorted(folder.glob(f"*/*{SUFFIX}"), key=lambda file: (file.parent.name, file.name))


def read(folder: Path) -> Iterator[Event]:
    """Every event of the log, file by file; within a file in the order of writing. A line cut short is left out."""
    for file in files(folder):
        for _, event in of_file(file):
            yield event


def of_file(file: Path, start: int = 0) -> Iterator[tuple[Place, Event]]:
    """The events of one file from a position on, each with its place."""
    with file.open("rb") as stream:
        stream.seek(start)
        for line in stream:
            place = Place(file, start, start + len(line))
            start = place.end
            try:
                event = json.loads(line)
            except ValueError:  # cut short, by a process that was killed or a disk that was full
                continue
            if isinstance(event, dict):
                yield place, event


def is_last(event: Event) -> bool:
    """Whether nothing of its run comes after it."""
    return event.get("eventType") in LAST


def run_of(event: Event) -> str:
    """The id of its run."""
    return str((event.get("run") or {}).get("runId", ""))


def line(place: Place) -> bytes:
    """An event's bytes."""
    with place.file.open("rb") as stream:
        stream.seek(place.start)
        return stream.read(place.end - place.start).strip()


def _new_name() -> str:
    """A folder a day; the file's name sorts by time, and no two processes of any machine choose the same."""
    now = datetime.now(UTC)
    return f"{now:%Y-%m-%d}/{now:%H%M%S.%f}-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}{SUFFIX}"
