"""Questions to systems that may be down: an answer, or why there is none. A system that was away is not asked again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from golden_paths.cluster.answers import Refused
from golden_paths.errors import GoldenPathsError, StepFailed

SECRET = re.compile(r"://[^/@\s]+@")  # login and password of an address
T = TypeVar("T")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """`why` says why there is no value."""

    value: T | None = None
    why: str = ""


class Asked:
    """One system. After it was away each further question is answered with the reason, at once."""

    def __init__(self) -> None:
        self._away = ""

    def ask(self, question: Callable[[], T | None], *, missing: str) -> Answer[T]:
        """The answer; `missing` is why there is none when the system knows of nothing."""
        if self._away:
            return Answer(why=self._away)
        try:
            value = question()
        except (GoldenPathsError, Refused, OSError) as error:
            why = error.problem if isinstance(error, StepFailed) else f"{type(error).__name__}: {error}"
            why = SECRET.sub("://", why)
            if isinstance(error, StepFailed) and error.retry:
                self._away = why
            return Answer(why=why)
        return Answer(value, "" if value is not None else missing)
