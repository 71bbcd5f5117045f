"""What follows from a look: nothing, one run of the path, a call for people, or the end of a version. Pure.

All is decided from the model's history, so it holds across restarts, and a DAG that was paused for a while loses nothing. A retry
decides the same: the run that is asked for is named after the look that first asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from golden_paths.history import Change, Entry
from golden_paths.monitor_artifacts import Renewal
from golden_paths.monitor_sections import RetrainSection
from golden_paths.values import duration_text

Expiry = Literal["recertify", "withdraw", "keep"]
RECERTIFY = "recertify"  # what its DAG is called, after the model's name and a dot
UNDERWAY = ("queued", "running", "restarting")
BY_HAND = "run the path by hand when the cause is mended: a new champion ends this"
LATE = timedelta(days=1)  # a look at an older window is told, and starts nothing
LONGEST = 1000  # characters of a reason: MLflow's tags hold 5000, and twenty columns may alarm at once


@dataclass(frozen=True)
class Situation:
    """What a decision is made from. `alarms`: cause -> words; `calm`: causes that could be judged, and are no alarm.

    `state_of` tells the state of a run of a DAG in Airflow's words, None when there is no such run. `started` is when the
    version's life began, for `max_age`.
    """

    model: str
    version: str
    digest: str
    alarms: Mapping[str, str]
    calm: frozenset[str]
    entries: Sequence[Entry]
    look: str  # id of the run that looked
    by: str
    now: datetime
    started: datetime | None = None
    max_age: timedelta | None = None
    expiry: Expiry = "keep"
    state_of: Callable[[str, str], str | None] = lambda dag, run: None


@dataclass(frozen=True)
class Decision:
    """What to do, and what to note in the history before it is done."""

    renewal: Renewal
    notes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class _Chain:
    """What the history says of renewals: the last one, and what came after it."""

    renewed: list[Entry] = field(default_factory=list)
    since: list[Entry] = field(default_factory=list)  # after the last renewal
    open: Entry | None = None  # the last renewal or escalation, when nothing has ended it

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> _Chain:
        renewed = [one for one in entries if one.what == "renewed"]
        since = list(entries[entries.index(renewed[-1]) + 1 :]) if renewed else []
        return cls(renewed, since, _open(entries))

    @property
    def last(self) -> Entry | None:
        """The last renewal that is not settled: nobody else has changed what serves since, and it was not calm since."""
        if not self.renewed or any(one.what == "calm" for one in self.since):
            return None
        others = [one for one in self.since if one.what in ("promoted", "rolled back") and one.run != self.renewed[-1].run]
        return None if others else self.renewed[-1]

    @property
    def has_promoted(self) -> bool:
        """Whether the last renewal made a champion."""
        return any(one.what == "promoted" and one.run == self.renewed[-1].run for one in self.since)


def _open(entries: Sequence[Entry]) -> Entry | None:
    """An escalation is ended by another champion or by calm; a renewal by calm."""
    found: Entry | None = None
    for one in entries:
        if one.what in ("renewed", "escalated"):
            found = one
        elif one.what == "calm" or (found and found.what == "escalated" and one.what in ("promoted", "rolled back")):
            found = None
    return found


def decide(section: RetrainSection | None, now: Situation) -> Decision:
    """What follows. Expiry comes first: the policy's word on it holds whatever else is going on."""
    if (old := expired(now)) is not None:
        return old
    chain = _Chain.of(now.entries)
    may: tuple[str, ...] = section.on if section else ()
    wanted = {cause: words for cause, words in now.alarms.items() if cause in may}
    if section is None or not wanted:
        return _calm(now, chain)
    if chain.open and chain.open.what == "escalated":
        is_retry = chain.open.run == now.look  # killed before people were told
        return _escalated(now, wanted, chain.open.why, is_new=False, is_news=is_retry)
    if (waiting := _not_cured(section, now, chain, wanted)) is not None:
        return waiting
    return _retrain(section, now, chain, wanted)


def _not_cured(section: RetrainSection, now: Situation, chain: _Chain, wanted: Mapping[str, str]) -> Decision | None:
    """What the last renewal has come to, when the alarm is still there."""
    if (last := chain.last) is None:
        return None
    if last.run == _run_of(now):  # a retry of the look that asked: it says the same, and its run is there once
        return Decision(_renewal(now, "retrain", wanted, run=last.run))
    if chain.has_promoted:
        again = (causes_of(last) & set(wanted)) - {"age"}
        made = f"version {now.version}, which {last.run} made for the same reason, alarms as well"
        return _escalated(now, wanted, made) if again else None
    state = now.state_of(now.model, last.run)
    if state is None:  # killed between the note and the trigger, or removed: asked for again, by the same name
        return Decision(_renewal(now, "retrain", wanted, run=last.run))
    if state in UNDERWAY:
        return Decision(_renewal(now, "wait", wanted, why=f"{last.run} is {state}"))
    if now.now < last.at + section.cool_down:
        return Decision(_renewal(now, "wait", wanted, why=f"{last.run} ended as {state}; cooling down"))
    return _escalated(now, wanted, f"{last.run} ended as {state}, and no new champion came of it")


def _retrain(section: RetrainSection, now: Situation, chain: _Chain, wanted: Mapping[str, str]) -> Decision:
    if chain.renewed and now.now < (until := chain.renewed[-1].at + section.cool_down):
        return Decision(_renewal(now, "wait", wanted, why=f"cooling down until {until.isoformat(timespec='seconds')}"))
    budget = section.at_most
    used = [one for one in chain.renewed if one.at > now.now - budget.within]
    if len(used) >= budget.count:
        return _escalated(now, wanted, f"retrain.at_most {budget} is used up")
    run = _run_of(now)
    note = Change("renewed", now.version, now.digest, run, now.by, why=_reason(wanted))
    return Decision(_renewal(now, "retrain", wanted, run=run), (note,))


def _escalated(
    now: Situation, wanted: Mapping[str, str], why: str, *, is_new: bool = True, is_news: bool = True
) -> Decision:
    """Nothing more is started. Noted once, and told once; said at every look until it ends."""
    reason = why if not is_new else f"{_reason(wanted)}; {why}; {BY_HAND}"
    note = Change("escalated", now.version, now.digest, now.look, now.by, why=reason)
    made = _renewal(now, "escalate", wanted).model_copy(update={"reason": reason, "is_news": is_news})
    return Decision(made, (note,) if is_new else ())


def _calm(now: Situation, chain: _Chain) -> Decision:
    """What was an alarm is none any more, in a window that could be judged."""
    pending = chain.open
    if pending is None or not causes_of(pending) <= now.calm | {"age"} or now.state_of(now.model, pending.run) in UNDERWAY:
        return Decision(_renewal(now, "nothing", now.alarms))
    note = Change("calm", now.version, now.digest, now.look, now.by, why=f"no alarm any more: {', '.join(causes_of(pending))}")
    return Decision(_renewal(now, "nothing", now.alarms), (note,))


def expired(now: Situation) -> Decision | None:
    """What becomes of a version that is older than it may be, whatever the look was at; None of one that is not."""
    if now.max_age is None or now.started is None or now.now < now.started + now.max_age or now.expiry == "keep":
        return None
    said = {"age": f"older than max_age {duration_text(now.max_age)}"}
    run = f"recertify__v{now.version}__{now.started:%Y%m%dT%H%M%S}"
    if now.expiry == "withdraw":
        return Decision(_renewal(now, "withdraw", said))
    run, state = _asked_last(now, run)
    if state is None:
        return Decision(_renewal(now, "recertify", said, run=run))
    if state in UNDERWAY:
        return Decision(_renewal(now, "wait", said, why=f"{run} is {state}"))
    return Decision(_renewal(now, "withdraw", said, why=f"{run} ended as {state}"))


def _asked_last(now: Situation, run: str) -> tuple[str, str | None]:
    """The last of the runs that ask people. One that ended well certified nothing, or the version would be younger by now:
    somebody marked it, or another version served just then. So people are asked again.
    """
    name, number = run, 1
    while (state := now.state_of(f"{now.model}.{RECERTIFY}", name)) == "success":
        number += 1
        name = f"{run}__{number}"
    return name, state


def _run_of(now: Situation) -> str:
    return f"renewal__{now.look}"


def causes_of(entry: Entry) -> set[str]:
    """The causes that an entry's reason begins with, as in 'drift, age: ...'."""
    return set(entry.why.partition(":")[0].split(", "))


def _reason(wanted: Mapping[str, str]) -> str:
    return f"{', '.join(wanted)}: {'; '.join(wanted.values())}"[:LONGEST]


def _renewal(
    now: Situation,
    action: Literal["nothing", "wait", "retrain", "escalate", "recertify", "withdraw"],
    causes: Mapping[str, str],
    *,
    run: str = "",
    why: str = "",
) -> Renewal:
    reason = "; ".join(part for part in (_reason(causes) if causes else "", why) if part)
    return Renewal(model=now.model, version=now.version, action=action, causes=tuple(causes), reason=reason, run=run)
