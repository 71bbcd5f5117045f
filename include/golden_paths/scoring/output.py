"""What a place of scores is, a folder or a table of a database; and which interval is next, is missing, or has no room there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from golden_paths.errors import StepFailed
from golden_paths.scoring.interval import Interval
from golden_paths.scoring.manifest import Manifest

Tell = Callable[[Interval], None]


def in_silence(one: Interval) -> None:
    """Nobody hears it."""


class Kept(Protocol):
    """Which intervals of a spec have scores."""

    def intervals(self) -> list[Interval]:
        """By their end."""

    def is_by_hand(self, one: Interval) -> bool:
        """Whether it is one that gives way to the schedule's."""

    def named(self, one: Interval) -> str:
        """How people find the interval's rows."""


class Output(Kept, Protocol):
    """The scores of one spec, interval by interval. `StepFailed` when it cannot be reached, or holds those of another spec."""

    @property
    def address(self) -> str:
        """Where it is, as lineage names it: a path, or a database's address without its sign-in."""

    def publish(self, scores: Path, manifest: Manifest, tell: Tell = in_silence) -> bool:
        """Put the file of scores in its interval's place as a whole; the same again changes nothing. Whether it changed.

        `tell` hears what gives way to it.
        """


def since(kept: Kept, end: datetime) -> Interval:
    """What a run without an interval of its own is about: the rows after the last interval before `end`; its own at a retry."""
    last = _last_until(kept, end)
    return last if last and last.end == end else Interval(last.end if last else None, end)


def gap(kept: Kept, start: datetime) -> tuple[datetime, datetime] | None:
    """The time before `start` back to the last interval that was scored; None where they touch, and before the first."""
    last = _last_until(kept, start)
    return (last.end, start) if last and last.end < start else None


def _last_until(kept: Kept, moment: datetime) -> Interval | None:
    before = [one for one in kept.intervals() if one.end <= moment]
    return before[-1] if before else None


def require_room(kept: Kept, wanted: Interval, *, by_hand: bool) -> list[Interval]:
    """Those that give way to the interval: what lies inside it, and what was scored by hand. Never is a row there twice.

    Raises `StepFailed` when another interval has some of its rows.
    """
    others = [one for one in kept.intervals() if one.overlaps(wanted) and one != wanted]
    for one in others:
        if not wanted.holds(one) and (by_hand or not kept.is_by_hand(one)):
            raise StepFailed(
                f"{kept.named(one)} has rows of {wanted} too: they would be there twice",
                remedy="remove what is there, or run for an interval beside it",
            )
    return others
