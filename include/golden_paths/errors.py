"""What can go wrong, as data: every error names the place, the problem and the remedy, and its text follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class GoldenPathsError(Exception):
    """Base of every error that this package raises on purpose."""


@dataclass(frozen=True, order=True)
class SpecProblem:
    """One thing that is wrong in one spec.

    `line` counts from 1; 0 means the file as a whole. `key` is dotted (`train.params.C`), `value` is as written.
    """

    file: str
    line: int
    key: str
    value: str | None
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        subject = " ".join(part for part in (self.key, None if self.value is None else f"'{self.value}'") if part)
        text = f"{place}: {subject + ' ' if subject else ''}{self.problem}; {self.remedy}"
        # A file's name may hold bytes that are no UTF-8: neither a terminal nor Airflow's database takes them.
        return text.encode(errors="backslashreplace").decode()


class InvalidSpec(GoldenPathsError):
    """A spec cannot become a plan. Carries every problem that was found, not only the first.

    `claims` is what the spec would have for itself alone, broken as it is: key -> (value, line).
    """

    def __init__(self, problems: Sequence[SpecProblem], claims: Mapping[str, tuple[str, int]] | None = None) -> None:
        self.claims = dict(claims or {})
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line, problem.key)))
        super().__init__("\n".join(map(str, self.problems)))


class StepFailed(GoldenPathsError):
    """A step could not do its work. `retry` says whether running it again unchanged may help."""

    def __init__(self, problem: str, *, remedy: str, retry: bool = False) -> None:
        self.problem, self.remedy, self.retry = problem, remedy, retry
        super().__init__(f"{problem}; {remedy}")


class GateFailed(StepFailed):
    """A gate said no: the path ends here, and what serves goes on serving."""


class NotApproved(GateFailed):
    """Nobody who may has said yes to this version, or somebody has said no."""


class CodeFailed(StepFailed):
    """The scientist's own code (feature repository, fit function, notebook) failed, in a process of its own."""


class DigestMismatch(StepFailed):
    """Bytes are not those that were registered. Nothing was loaded."""

    def __init__(self, what: str, *, expected: str, found: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(
            f"{what} has digest {found}, registered is {expected}",
            remedy="it was changed after it was registered: run the path again to make a new version",
        )
