"""From a process into its log, and from there to Marquez: what Marquez does costs a task no more than `PATIENCE`.

A thread sends what the file holds and Marquez has not, in order. Whoever emits waits for it only with the last event of a
run, and not for long: what is not sent by then stays in the log, for the thread if its process lives on, or for the next
replay. The end of a whole path is such a replay: no task waits for that.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from golden_paths.lineage import delivery, log, sent
from golden_paths.lineage.delivery import Away, Backend, Refused
from golden_paths.lineage.replay import replay

PATIENCE = 0.1  # seconds that a task waits at its end, whatever becomes of its events; one takes 0.03 to 0.08
LONG = 1.5  # seconds, at the end of a whole path: on the command line, or in a process of the scheduler's that is in no haste

logger = logging.getLogger(__name__)


class Sender:
    """The event log of this process; with a backend, its events reach that too. Never raises."""

    def __init__(self, folder: Path, backend: Backend | None = None) -> None:
        self._folder, self._backend = folder, backend
        self._writer = log.Writer(folder)
        self._changed = threading.Condition()
        self._wanted: list[Callable[[], None]] = []  # not yet taken up by the thread
        self._is_sending = False
        self._pid, self._has_warned = os.getpid(), False

    def emit(self, event: str, *, patience: float = 0.0, is_path: bool = False) -> None:
        """Keep one event, and have it sent. `patience`: seconds to wait for that. `is_path`: a whole path ended with it."""
        self._after_a_fork()
        place = self._keep(event)
        if self._backend is None or delivery.is_away(self._folder):
            return
        with self._changed:
            self._wanted.append(partial(self._catch_up, place) if place else partial(self._post, event.encode()))
            if is_path:
                self._wanted.append(self._sweep)
            if not self._is_sending:
                self._begin()
            self._changed.wait_for(lambda: not self._is_sending, patience)

    def _begin(self) -> None:
        """Start the thread; the condition is held. A process that may have no more threads has its log."""
        self._is_sending = True
        try:
            threading.Thread(target=self._send, name="lineage", daemon=True).start()
        except RuntimeError as error:
            self._end()
            logger.warning("lineage is not sent: %s; it stays in the log", error)

    def _end(self) -> None:
        """The condition is held."""
        self._wanted.clear()
        self._is_sending = False
        self._changed.notify_all()

    def _keep(self, event: str) -> log.Place | None:
        try:
            return self._writer.append(event)
        except OSError as error:
            if not self._has_warned:
                logger.warning("lineage cannot be kept in %s: %s; the run goes on", self._folder, error)
            self._has_warned = True
            return None

    def _send(self) -> None:
        """The thread: all that is wanted, until nothing is or the backend is away."""
        try:
            while wanted := self._next():
                wanted()
            return
        except Away as away:
            logger.warning("lineage: %s; what is not sent stays in the log, for: golden_paths lineage replay", away)
            delivery.say_away(self._folder, True)
        except Exception:
            logger.warning("lineage could not be sent; it stays in the log", exc_info=True)
        with self._changed:
            self._end()

    def _next(self) -> Callable[[], None] | None:
        """What is wanted next. With nothing the thread is at its end, in one step: what is emitted then begins another."""
        with self._changed:
            if self._wanted:
                return self._wanted.pop(0)
            self._end()
            return None

    def _catch_up(self, place: log.Place) -> None:
        """Everything of the file that is not there, up to the event at `place`."""
        try:
            with sent.held(place.file) as mark:
                for found, _ in log.of_file(place.file, mark.offset):
                    if found.start >= place.end:
                        break
                    self._post(log.line(found))
                    mark.advance(found.end)
        except sent.Busy:  # a replay: it sends this too, now or the next time
            pass

    def _sweep(self) -> None:
        """What the path's tasks, and others, had no time for."""
        assert self._backend is not None
        outcome = replay(self._folder, self._backend, refused=lambda why: logger.warning("lineage: %s", why))
        if outcome.left:
            raise Away(outcome.reason)

    def _post(self, event: bytes) -> None:
        assert self._backend is not None
        try:
            self._backend.post(event)
        except Refused as refused:
            logger.warning("lineage: %s", refused)
        delivery.say_away(self._folder, False)

    def _after_a_fork(self) -> None:
        """A fork has neither the thread nor what its condition held."""
        if self._pid != os.getpid():
            self._changed, self._wanted, self._is_sending, self._pid = threading.Condition(), [], False, os.getpid()
