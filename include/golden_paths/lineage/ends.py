"""Ends of runs that Marquez has.

A START that Marquez is given behind its run's end leaves the run RUNNING there: so the end is sent once more behind it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from golden_paths.lineage import log, sent
from golden_paths.lineage.log import Place

GRACE = 5.0  # seconds by which a file system's clock may be off


class Ends:
    """Looks for the ends of runs. `ahead` are those not sent yet, as the log was when this began."""

    def __init__(self, folder: Path, ahead: Mapping[str, Place]) -> None:
        self._folder, self._begun = folder, time.time()
        self._ahead = ahead
        self._before: dict[str, Place] | None = None

    def sent_of(self, run: str) -> Place | None:
        """Where the end of a run stands that was sent; by a live process, it may be a moment ago."""
        if (end := self._ahead.get(run)) is None:
            if self._before is None:  # a look at the whole log, for those replays that need one
                self._before = dict(_ends(log.files(self._folder)))
            end = self._before.get(run) or dict(_ends(self._grown())).get(run)
        return end if end and sent.offset_of(end.file) >= end.end else None

    def _grown(self) -> Iterator[Path]:
        return (file for file in log.files(self._folder) if file.stat().st_mtime >= self._begun - GRACE)


def _ends(files: Iterable[Path]) -> Iterator[tuple[str, Place]]:
    for file in files:
        for place, event in log.of_file(file):
            if log.is_last(event):
                yield log.run_of(event), place
