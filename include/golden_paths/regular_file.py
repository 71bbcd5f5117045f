"""Reads a regular file, never more of it than asked, and never waits.

What a spec's folder or a spec names may be anything: opening a FIFO would hang the process that parses DAG files, a
device may never end.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def opened(path: Path) -> BinaryIO:
    """The file, open for reading. Raises `OSError` when it is not there, may not be read or is no regular file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file")
    return os.fdopen(descriptor, "rb")


def read(path: Path, limit: int) -> bytes:
    """The file's bytes. Raises `OSError` as `opened` does, and when there are more than `limit`."""
    with opened(path) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit // 1024} KiB")
    return content
