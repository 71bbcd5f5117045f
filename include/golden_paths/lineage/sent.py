"""How much of a log's file has reached Marquez: a number of bytes in a file beside it, which its holder alone may raise."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".sent"
WIDTH = 20  # digits: written in place, so that no moment is without a number
LOOK = 0.01  # seconds between two looks at a mark that another has


class Busy(Exception):
    """Another process sends this file's events at this moment."""


class Sent:
    """The mark of one file, held."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def offset(self) -> int:
        """Bytes of the log's file that were confirmed or refused. What is cut short counts as nothing."""
        text = os.pread(self._descriptor, WIDTH, 0).decode()
        return int(text) if len(text) == WIDTH and text.isdigit() else 0

    def advance(self, offset: int) -> None:
        """Everything before `offset` is there."""
        os.pwrite(self._descriptor, f"{offset:0{WIDTH}d}".encode(), 0)


@contextmanager
def held(file: Path, *, within: float = 0.0) -> Iterator[Sent]:
    """The mark of a log's file. Raises `Busy` when another has it for so many seconds; a process that was killed holds none."""
    descriptor = os.open(file.with_suffix(SUFFIX), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _lock(descriptor, file, time.monotonic() + within)
        yield Sent(descriptor)
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child that was forked meanwhile has the descriptor, too
        os.close(descriptor)


def _lock(descriptor: int, file: Path, until: float) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise Busy(f"another process is sending {file.name}") from error
        time.sleep(LOOK)


def offset_of(file: Path) -> int:
    """The mark, without holding it: for a look at what is missing."""
    try:
        text = file.with_suffix(SUFFIX).read_text()
    except OSError:
        return 0
    return int(text) if len(text) == WIDTH and text.isdigit() else 0
