"""Calls that may hang, for so long and no longer. Timeouts of sockets are for each read: a server that drips passes them all."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Bounded:
    """One call at a time: while one that was given up has not ended, no other begins, so that none pile up."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def call(self, what: Callable[[], None], seconds: float) -> None:
        """Run it, and raise what it raises; `TimeoutError` when that takes longer, and its end is not waited for."""
        if self._thread is not None and self._thread.is_alive():
            raise TimeoutError("the call before has not ended")
        raised: list[BaseException] = []

        def run() -> None:
            try:
                what()
            except BaseException as error:
                raised.append(error)

        self._thread = threading.Thread(target=run, name="lineage-post", daemon=True)
        self._thread.start()
        self._thread.join(seconds)
        if self._thread.is_alive():
            raise TimeoutError(f"no end within {seconds:g} s")
        if raised:
            raise raised[0]
