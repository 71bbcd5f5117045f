"""The rows that one file of scores is about: [start, end), in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

BEGINNING = "beginning"  # no start: all rows before the end
PREFIX = "interval="
FOLDER = re.compile(PREFIX + r"([^_]+)_([^_]+)")
FORMS = ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S.%fZ")


@dataclass(frozen=True)
class Interval:
    """`start` None: all rows before `end`."""

    start: datetime | None
    end: datetime

    @property
    def folder(self) -> str:
        """How its folder is called: interval=20260101T000000Z_20260102T000000Z."""
        return f"{PREFIX}{_text(self.start) if self.start else BEGINNING}_{_text(self.end)}"

    def __str__(self) -> str:
        start = self.start.astimezone(UTC).isoformat() if self.start else "the beginning"
        return f"{start} to {self.end.astimezone(UTC).isoformat()}"

    def overlaps(self, other: Interval) -> bool:
        """Whether a row can be in both."""
        return _first(self) < other.end and _first(other) < self.end

    def holds(self, other: Interval) -> bool:
        """Whether every row of the other is in this."""
        return _first(self) <= _first(other) and other.end <= self.end


def parsed(folder: str) -> Interval | None:
    """Back from the folder's name; None when it is none of an interval's."""
    if not (found := FOLDER.fullmatch(folder)):
        return None
    end = _moment(found[2])
    start = None if found[1] == BEGINNING else _moment(found[1])
    return None if end is None or (start is None and found[1] != BEGINNING) else Interval(start, end)


def _first(interval: Interval) -> datetime:
    return interval.start or datetime.min.replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(FORMS[bool(moment.microsecond)])


def _moment(text: str) -> datetime | None:
    for form in FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
