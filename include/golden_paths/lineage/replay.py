"""Sends what Marquez has not been given: in the order in which it happened, each event once, whoever else sends beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from golden_paths.lineage import delivery, log, sent
from golden_paths.lineage.delivery import Away, Backend, Failed, Refused
from golden_paths.lineage.ends import Ends
from golden_paths.lineage.log import Place

CONNECT, ANSWER = 5.0, 30.0  # seconds: nobody waits for a replay
HELD = 60.0  # seconds that another process may take over the events of a file
DOUBTS = 10  # events in a row that Marquez fails over before it counts as away


@dataclass(frozen=True)
class Missing:
    """An event that was not sent, by where it stands: bodies stay on disk, however many there are."""

    when: str
    place: Place
    run: str
    is_last: bool


@dataclass
class Outcome:
    """What a replay did. `left` events are still missing, because of `reason`."""

    sent: int = 0
    again: int = 0  # ends of runs, sent once more behind what came late
    refused: int = 0
    left: int = 0
    reason: str = ""


def missing(folder: Path) -> list[Missing]:
    """What was not sent, in order of time; events of one file stay in the file's order."""
    found: list[Missing] = []
    for file in log.files(folder):
        if (start := sent.offset_of(file)) >= file.stat().st_size:
            continue
        latest = ""
        for place, event in log.of_file(file, start):
            latest = max(latest, str(event.get("eventTime", "")))
            found.append(Missing(latest, place, log.run_of(event), log.is_last(event)))
    return sorted(found, key=lambda one: (one.when, str(one.place.file), one.place.start))


def replay(
    folder: Path, backend: Backend, *, told: Callable[[Missing], None] = lambda _: None, refused: Callable[[str], None] = print
) -> Outcome:
    """Send all that is missing, until the backend is away. What was sent by then is not sent again."""
    ahead = missing(folder)
    under_way = _Replay(backend, Ends(folder, {one.run: one.place for one in ahead if one.is_last}), refused)
    for number, one in enumerate(ahead):
        try:
            under_way.step(one)
        except (Away, sent.Busy) as why:
            under_way.stop(len(ahead) - number, str(why))
            break
        told(one)
    else:
        under_way.stop(0, "")
    if ahead:
        delivery.say_away(folder, bool(under_way.outcome.left))
    return under_way.outcome


class _Replay:
    """One that is under way."""

    def __init__(self, backend: Backend, ends: Ends, refused: Callable[[str], None]) -> None:
        self.outcome = Outcome()
        self._backend, self._ends, self._refused = backend, ends, refused
        self._late: set[str] = set()  # runs of which something was sent that is not their end
        self._doubted: list[tuple[Missing, Failed]] = []

    def step(self, one: Missing) -> None:
        """Send one. What Marquez fails over is doubted: when it takes the next it was the event, otherwise it is Marquez."""
        try:
            is_taken = self._send(one)
        except Failed as failed:
            if len(self._doubted) == DOUBTS:
                raise
            self._doubted.append((one, failed))
            return
        if is_taken:
            self._settle()

    def stop(self, left: int, reason: str) -> None:
        """What is doubted at the end stays missing."""
        self.outcome.left = left + len(self._doubted)
        self.outcome.reason = reason or (str(self._doubted[-1][1]) if self._doubted else "")

    def _settle(self) -> None:
        for one, failed in self._doubted:
            with sent.held(one.place.file, within=HELD) as mark:
                mark.advance(max(mark.offset, one.place.end))
            self._refused(f"{failed} to this event alone: {one.place.file.name}, byte {one.place.start}")
            self.outcome.refused += 1
        self._doubted.clear()

    def _send(self, one: Missing) -> bool:
        """Whether Marquez has taken it now."""
        with sent.held(one.place.file, within=HELD) as mark:
            if mark.offset > one.place.start:  # by its own process meanwhile, or by another replay
                if one.is_last and one.run in self._late:
                    self._again(one.place)
                return False
            is_taken = self._post(one.place)
            if not one.is_last:
                self._late.add(one.run)
                if end := self._ends.sent_of(one.run):
                    self._again(end)
            mark.advance(one.place.end)  # the last thing: whoever is killed before sends it all again
        if is_taken:
            self.outcome.sent += 1
        return is_taken

    def _again(self, end: Place) -> None:
        self._post(end)
        self.outcome.again += 1

    def _post(self, place: Place) -> bool:
        try:
            self._backend.post(log.line(place), connect=CONNECT, answer=ANSWER)
        except Refused as error:
            self._refused(str(error))
            self.outcome.refused += 1
            return False
        return True
