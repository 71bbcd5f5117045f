"""Findings -> what a watch says: one line for each ruling, under the name that a spec calls its cause by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

from golden_paths.modelling.finding import Finding, Ruling
from golden_paths.monitor_artifacts import Verdict
from golden_paths.monitor_sections import Cause

# Rulings that say no more than that there was nothing to judge: no alarm, and no all-clear either.
NOT_JUDGED = {"too few rows", "too few labels", "too few answers", "too little evidence", "not judged", "cannot be computed"}
CAUSES: tuple[str, ...] = get_args(Cause)
CALLED = {"unknown_categories": "drift"}


def cause_of(gate: str) -> str:
    """bias.equal_opportunity -> bias."""
    name = gate.partition(".")[0]
    return CALLED.get(name, name)


def verdicts(findings: Iterable[Finding]) -> tuple[Verdict, ...]:
    """Alarms first, in the order of the findings."""
    found = [_verdict(ruling) for one in findings for ruling in one.rulings]
    return tuple(sorted(found, key=lambda one: not one.is_alarm))


def calm(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The causes that could be judged, and are no alarm."""
    rulings = [ruling for one in findings for ruling in one.rulings]
    alarmed = {cause_of(ruling.gate) for ruling in rulings if not ruling.passed}
    judged = {cause_of(ruling.gate) for ruling in rulings if ruling.state not in NOT_JUDGED}
    return tuple(cause for cause in CAUSES if cause in judged - alarmed)


def _verdict(ruling: Ruling) -> Verdict:
    return Verdict(cause=cause_of(ruling.gate), is_alarm=not ruling.passed, words=ruling.words)
