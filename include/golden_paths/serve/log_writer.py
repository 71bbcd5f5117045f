"""The prediction log's thread: turns what waits into files, and writes them, again and again where a store fails.

It is never woken by a single request: it looks every few seconds, sooner when a fifth of the queue is full, and at once when
the server drains. What it cannot write is kept, up to a bound, and then dropped, the oldest first. Whatever fails is counted
and told in the server's log; requests do not notice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from golden_paths.prediction_log import batch, names
from golden_paths.prediction_log.batch import Form
from golden_paths.prediction_log.store import Store
from golden_paths.serve.log_metrics import LogMetrics
from golden_paths.serve.log_queue import LogQueue

CHUNK = 5_000  # rows of a file, more or less: some 20 ms of the thread
MOST_BYTES = 16 * 1024 * 1024  # of files that wait for their store
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between attempts at a store that fails
LAST_PAUSE = 0.3  # the same while the server ends
log = logging.getLogger("uvicorn.error")


class _File(NamedTuple):
    name: str
    content: bytes
    rows: int


class LogWriter:
    """One log. `opened` gives its store and `form` the files' columns: both are asked for in the thread, when there are rows."""

    def __init__(
        self, queue: LogQueue, metrics: LogMetrics, *, opened: Callable[[], Store], form: Callable[[], Form], seconds: float
    ) -> None:
        self._queue, self._metrics, self._opened, self._form, self._seconds = queue, metrics, opened, form, seconds
        self._store: Store | None = None
        self._names: names.Namer | None = None
        self._files: deque[_File] = deque()
        self._bytes, self._pause, self._next_attempt = 0, 0.0, 0.0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def soon(self) -> None:
        """Write what there is now."""
        self._next_attempt = 0.0
        self._queue.wake.set()

    def end(self, within: float) -> None:
        """Write what there is, and wait for it; after `within` seconds the rest is dropped, and told."""
        self._ends.set()
        self.soon()
        self._thread.join(within)
        if lost := self._queue.rows + sum(file.rows for file in list(self._files)):
            self._metrics.dropped(lost, "ended")
            log.error("prediction log: %s rows are lost: they could not be written within %g s", lost, within)

    def _run(self) -> None:
        while not self._ends.is_set():
            self._queue.wake.wait(self._wait())
            self._queue.wake.clear()
            self._turn()
        while self._files or self._queue.rows:  # until it is done, or the process is
            self._next_attempt = 0.0
            self._turn()
            if self._files:
                time.sleep(LAST_PAUSE)

    def _wait(self) -> float:
        until_attempt = self._next_attempt - time.monotonic() if self._files else self._seconds
        return min(self._seconds, max(0.05, until_attempt))

    def _turn(self) -> None:
        try:
            while answers := self._queue.take(CHUNK):
                self._convert(answers)
                self._attempt()
            self._attempt()
        except Exception as error:  # the thread is never lost
            self._fault("prediction log", error)

    def _convert(self, answers: list[batch.Answered]) -> None:
        try:
            form = self._form()
        except Exception as error:
            self._unwritable(sum(one.rows for one in answers), error)
            return
        self._names = self._names or names.Namer(form.model, form.version)
        for hour, those in batch.by_hour(answers):
            self._file(form, self._names, hour, those)

    def _file(self, form: Form, called: names.Namer, hour: datetime, answers: list[batch.Answered]) -> None:
        """An answer that fits into no file is dropped, and only that: who may ask could empty the log otherwise."""
        rows = sum(one.rows for one in answers)
        try:
            content = batch.parquet(form, answers)
        except Exception as error:
            if len(answers) > 1:
                half = len(answers) // 2
                self._file(form, called, hour, answers[:half])
                self._file(form, called, hour, answers[half:])
                return
            self._unwritable(rows, error)
            return
        self._keep(_File(called.next(hour), content, rows))

    def _unwritable(self, rows: int, error: Exception) -> None:
        self._metrics.dropped(rows, "unwritable")
        self._fault(f"{rows} rows cannot be made a file", error)

    def _keep(self, file: _File) -> None:
        self._files.append(file)
        self._bytes += len(file.content)
        while self._bytes > MOST_BYTES and len(self._files) > 1:
            oldest = self._files.popleft()
            self._bytes -= len(oldest.content)
            self._metrics.dropped(oldest.rows, "store_fails")

    def _attempt(self) -> None:
        """Write files, oldest first, until one fails; then not before a pause, which doubles."""
        while self._files and time.monotonic() >= self._next_attempt:
            file = self._files[0]
            try:
                self._store = self._store or self._opened()
                self._store.write(file.name, file.content)
            except Exception as error:
                self._pause = min(max(FIRST_PAUSE, self._pause * 2), LONGEST_PAUSE)
                self._next_attempt = time.monotonic() + self._pause
                self._fault(f"{file.name} cannot be written, and is tried again in {self._pause:.0f} s", error)
                return
            self._files.popleft()
            self._bytes -= len(file.content)
            self._metrics.logged(file.rows)
            if self._pause:
                log.warning("prediction log: it is written again")
            self._pause = 0.0

    def _fault(self, what: str, error: Exception) -> None:
        self._metrics.failed()
        log.error("prediction log: %s: %s: %s", what, type(error).__name__, str(error)[:500])
