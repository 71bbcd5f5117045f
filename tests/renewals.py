"""A model with its history and the runs that Airflow knows: each look decides, and what it decides is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from golden_paths.history import Change, Entry
from golden_paths.monitor_artifacts import Renewal
from golden_paths.monitor_sections import RetrainSection
from golden_paths.monitoring import renewal
from golden_paths.monitoring.renewal import Expiry, Situation

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECTION = RetrainSection.model_validate({"cool_down": "24h", "at_most": "3 per 30d"})
DRIFT = {"drift": "bmi differs"}


@dataclass
class Model:
    """A model with its history and the runs that Airflow knows: each look decides, and what it decides is done."""

    entries: list[Entry] = field(default_factory=list)
    runs: dict[tuple[str, str], str] = field(default_factory=dict)
    version: str = "1"
    now: datetime = START
    looks: int = 0
    section: RetrainSection | None = SECTION
    expiry: Expiry = "keep"
    max_age: timedelta | None = None
    started: datetime = START

    def look(self, alarms: Mapping[str, str] = DRIFT, *, calm: tuple[str, ...] = (), later: timedelta = HOUR) -> Renewal:
        self.now += later
        self.looks += 1
        return self.again(alarms, calm=calm)

    def again(self, alarms: Mapping[str, str] = DRIFT, *, calm: tuple[str, ...] = (), is_killed: bool = False) -> Renewal:
        """The same look once more: what a retry does. Killed, it has noted what it wanted and triggered nothing."""
        decision = renewal.decide(self.section, self.situation(alarms, calm))
        for change in decision.notes:
            self.note(change)
        made = decision.renewal
        dag = f"thing.{renewal.RECERTIFY}" if made.action == "recertify" else "thing"
        if made.run and not is_killed:
            self.runs.setdefault((dag, made.run), "queued")
        return made

    def situation(self, alarms: Mapping[str, str], calm: tuple[str, ...]) -> Situation:
        return Situation(
            model="thing",
            version=self.version,
            digest=f"digest-{self.version}",
            alarms=alarms,
            calm=frozenset(calm),
            entries=tuple(self.entries),
            look=f"look-{self.looks}",
            by="Airflow",
            now=self.now,
            started=self.started,
            max_age=self.max_age,
            expiry=self.expiry,
            state_of=lambda dag, run: self.runs.get((dag, run)),
        )

    def note(self, change: Change) -> None:
        known = [one for one in self.entries if (one.what, one.run) == (change.what, change.run)]
        if not known:  # as history.add has it: a retry adds nothing
            facts = {**change.__dict__, "number": len(self.entries) + 1, "at": self.now, "model": "thing"}
            self.entries.append(Entry(**facts, gates="", before=""))

    def ends(self, made: Renewal, state: str = "success") -> None:
        """The run ends; a success makes a champion."""
        self.runs["thing", made.run] = state
        if state == "success":
            self.promote(made.run)

    def promote(self, run: str) -> None:
        self.version = str(int(self.version) + 1)
        self.note(Change("promoted", self.version, f"digest-{self.version}", run, "Airflow"))
