"""A regression that does as it is told: it is logged with the model, and misbehaves where it serves."""

from __future__ import annotations

import os
import time
from typing import Any

from sklearn.linear_model import LinearRegression

SERVING = 1  # the process id of a container's command: where it is fitted, it behaves


class Odd(LinearRegression):  # type: ignore[misc]
    """`mode` says how, `after` how many predictions it answers well before."""

    def __init__(self, mode: str = "", after: int = 0, seconds: float = 0.0) -> None:
        super().__init__()
        self.mode, self.after, self.seconds = mode, after, seconds

    def predict(self, X: Any) -> Any:
        """As LinearRegression, but for `mode`."""
        Odd.asked = getattr(Odd, "asked", 0) + 1
        if os.getpid() != SERVING or Odd.asked <= self.after:
            return super().predict(X)
        self._misbehave(Odd.asked)
        return super().predict(X) + (self.mode == "wrong")

    def _misbehave(self, asked: int) -> None:
        if self.mode == "crash":
            os._exit(7)
        if self.mode == "hang":
            time.sleep(3600)
        if self.mode == "memory":
            Odd.held = b"x" * (4 << 30)
        if self.mode == "fail" and asked % 5 == 0:
            raise RuntimeError("every fifth")  # a ValueError would be the fault of who asks: 422
        if self.mode == "slow" or (self.mode == "pause" and asked == self.after + 1):
            time.sleep(self.seconds)
