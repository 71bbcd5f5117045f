"""Whether the kernel ended a process of this container for taking too much memory.

A step's code runs in a child: the kernel may end that alone, and then the container does not end as OOMKilled.
"""

from __future__ import annotations

import re
from pathlib import Path

PLACES = (Path("/sys/fs/cgroup/memory.events"), Path("/sys/fs/cgroup/memory/memory.oom_control"))  # version 2, version 1
KILLED = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


def was_short(places: tuple[Path, ...] = PLACES) -> bool:
    """Whether the container's cgroup counts a kill."""
    for place in places:
        try:
            found = KILLED.search(place.read_text())
        except OSError:
            continue
        if found:
            return int(found[1]) > 0
    return False
