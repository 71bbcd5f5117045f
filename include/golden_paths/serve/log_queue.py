"""What requests hand over to the prediction log, bounded. Handing over is a few list operations, whatever the rows."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from golden_paths.prediction_log.batch import Answered

MOST_ROWS = 50_000
MOST_BYTES = 8 * 1024 * 1024  # of request bodies; as Python's objects they are some eight times that
SOON = 0.2  # part of either, at which the log's thread is woken rather than at the next flush


class LogQueue:
    """Filled by the event loop, emptied by the log's thread. Each side counts what it did; the difference is what waits."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.dropped: Callable[[int, str], None] = lambda rows, reason: None
        self._answers: deque[tuple[Answered, int]] = deque()
        self._rows_in = self._rows_out = self._bytes_in = self._bytes_out = 0

    @property
    def rows(self) -> int:
        """How many wait."""
        return self._rows_in - self._rows_out

    def put(
        self,
        request: bytes,
        entities: Sequence[Mapping[str, Any]] | None,
        columns: Mapping[str, Sequence[Any]],
        answer: Mapping[str, Any],
        size: int,
    ) -> None:
        """Hand over one request's rows, whose body had `size` bytes; or drop them, when there is no room."""
        count = len(answer["predictions"])
        rows, held = self._rows_in - self._rows_out, self._bytes_in - self._bytes_out
        if rows and (rows + count > MOST_ROWS or held + size > MOST_BYTES):  # one alone is taken: it is in memory already
            self.dropped(count, "queue_full")
            return
        self._rows_in += count
        self._bytes_in += size
        self._answers.append((Answered(time.time(), request.decode("ascii"), entities, columns, answer), size))
        if rows > MOST_ROWS * SOON or held > MOST_BYTES * SOON:
            self.wake.set()

    def take(self, most: int) -> list[Answered]:
        """Those that wait, in order, until they have `most` rows or more."""
        taken, rows = [], 0
        while rows < most and self._answers:
            answered, size = self._answers.popleft()
            taken.append(answered)
            rows += answered.rows
            self._rows_out += answered.rows
            self._bytes_out += size
        return taken
