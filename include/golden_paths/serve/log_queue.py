"""What requests hand over to the prediction log, bounded. Handing over is a few list operations, whatever the rows."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from golden_paths.prediction_log.batch import Answered

MOST = 48 * 1024 * 1024  # bytes, as `weight` guesses them
SOON = 0.2  # part of it, at which the log's thread is woken rather than at the next flush
VALUE, COLUMN, OTHERS = 40, 80, 6  # bytes of a value, and of a column of one request; columns beside the features


class LogQueue:
    """Filled by the event loop, emptied by the log's thread. Each side counts what it did; the difference is what waits."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.dropped: Callable[[int, str], None] = lambda rows, reason: None
        self._answers: deque[tuple[Answered, int]] = deque()
        self._rows_in = self._rows_out = self._weight_in = self._weight_out = 0

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
        """Hand over one request's rows, whose body had `size` bytes; or drop them, when there is no room. Raises nothing."""
        try:
            self._put(Answered(time.time(), request.decode("ascii"), entities, columns, answer), size)
        except Exception:  # the answer is good, whatever is wrong with its record
            self.dropped(1, "unwritable")

    def _put(self, answered: Answered, size: int) -> None:
        rows, held = answered.rows, self._weight_in - self._weight_out
        more = weight(rows, len(answered.columns), size)
        if held and held + more > MOST:  # one alone is taken: it is in memory already
            self.dropped(rows, "queue_full")
            return
        self._rows_in += rows
        self._weight_in += more
        self._answers.append((answered, more))
        if held > MOST * SOON:
            self.wake.set()

    def take(self, most: int) -> list[Answered]:
        """Those that wait, in order, until they have `most` rows or more."""
        taken, rows = [], 0
        while rows < most and self._answers:
            answered, taken_off = self._answers.popleft()
            taken.append(answered)
            rows += answered.rows
            self._rows_out += answered.rows
            self._weight_out += taken_off
        return taken


def weight(rows: int, columns: int, size: int) -> int:
    """Bytes that a request's rows take as Python's objects, as a guess from what is known without looking at them.

    `size` is that of the body: texts are as long as they were there.
    """
    return size + (columns + OTHERS) * (rows * VALUE + COLUMN)
