"""What may run at the same time, where tests run two at a time (`make test`).

The groups of pytest-xdist (`--dist loadgroup`) are no way to say so: its release 3.8 writes them into a field that pytest 9.2 no
longer reads, and then hands out test by test (its issue 1386).
"""

from __future__ import annotations

import functools
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent


@functools.cache
def group_of(file: str) -> str:
    """Those of a cluster run after each other (policies are the whole cluster's), those that start all servers of this machine
    too, and others by file. `file` is relative to the project's root, as in the name of a test.
    """
    path = TESTS.parent / file
    if "mark.kubernetes" in path.read_text():
        return "cluster"
    return "machine" if path.is_relative_to(TESTS / "end_to_end") else file


class ByServers(LoadScopeScheduling):
    """Hands whole groups to workers, in which the tests of a file stay together and in order."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.split("::", 1)[0])
