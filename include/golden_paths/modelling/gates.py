"""The gates of evaluation: bounds on metrics, and the champion on the same rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from golden_paths.gate_sections import EvaluateSection
from golden_paths.modelling.finding import Finding, Ruling, Table
from golden_paths.modelling.metrics import loss
from golden_paths.record import Check
from golden_paths.values import Bound

if TYPE_CHECKING:
    from golden_paths.modelling.sides import Sides

Lost = tuple[float, float, float]  # value and interval


def lines(
    section: EvaluateSection,
    measured: Mapping[str, float],
    champion: Mapping[str, float] | None,
    version: str = "",
    intervals: Mapping[str, tuple[float, float]] | None = None,
    lost: Lost | None = None,
) -> list[str]:
    """What was measured, a line for each metric that the spec names; and the comparison that decides, with its interval."""
    found = []
    for name, bound in section.metrics.items():
        value = f"{measured[name]:.6g}" if name in measured else "cannot be computed"
        theirs = f", champion version {version} {champion[name]:.6g}" if champion and name in champion else ""
        spread = f" [{intervals[name][0]:.3g} to {intervals[name][1]:.3g}]" if intervals and name in intervals else ""
        found.append(f"{name} {value}{spread} (bound {bound}{theirs})")
    if (rule := section.champion) and lost:
        noise = ", which may be noise" if lost[0] > rule.may_lose >= lost[1] else ""
        found.append(f"{rule.metric} worse than the champion's by {lost[0]:.3g}{_shown(lost)}, may lose {rule.may_lose:g}{noise}")
    return found


@dataclass(frozen=True)
class Gate:
    """One bound, or the champion: the check that is noted, and in words why it says no; empty when it was passed."""

    metric: str
    check: Check
    why: str


def judged(
    section: EvaluateSection,
    measured: Mapping[str, float],
    champion: Mapping[str, float] | None,
    version: str = "",
    *,
    unanswered: int = 0,
    lost: Lost | None = None,
) -> list[Gate]:
    """Every gate, each with what was measured and what was asked for.

    `champion` None: there is none yet, and nothing to compare with. `unanswered`: rows for which the model gave NaN.
    `lost`: by how much the model is worse than the champion, with an interval; worse counts when all of that is too much.
    """
    found = [_bound(name, bound, measured.get(name), unanswered) for name, bound in section.metrics.items()]
    if (rule := section.champion) and champion is not None:
        theirs = f"{champion[rule.metric]:.6g}" if rule.metric in champion else "cannot be computed"
        expected = f"version {version} has {theirs}, may lose {rule.may_lose:g}"
        why = _against(rule.metric, rule.may_lose, measured, champion, version, lost)
        found.append(_gate(f"champion.{rule.metric}", rule.metric, measured.get(rule.metric), expected, why))
    return found


def whys(found: Sequence[Gate]) -> list[str]:
    """What those say that say no; empty when all were passed."""
    return [gate.why for gate in found if gate.why]


def _bound(name: str, bound: Bound, value: float | None, unanswered: int) -> Gate:
    why = ""
    if value is None:
        silent = f" ({unanswered} of them got no answer, NaN)" if unanswered else ""
        why = f"{name} cannot be computed on the held-out rows{silent}, must be {bound}"
    elif not bound.holds(value):
        why = f"{name} is {value:.6g}, must be {bound}"
    return _gate(name, name, value, str(bound), why)


def _gate(name: str, metric: str, value: float | None, expected: str, why: str) -> Gate:
    shown = "cannot be computed" if value is None else f"{value:.6g}"
    check = Check(name=name, passed=not why, subject="model", expected=expected, found=shown, is_gate=True)
    return Gate(metric, check, why)


def finding(
    section: EvaluateSection,
    sides: Sides,
    spread: Mapping[str, tuple[float, float]],
    found: Sequence[Gate],
) -> Finding:
    """Bounds and champion in the form of all examinations, for the card."""
    measured, champion, rows = sides.ours, sides.theirs, []
    for name in dict.fromkeys([*measured, *section.metrics]):
        low, high = spread.get(name, (None, None))
        interval = "" if low is None else f"{low:.4g} to {high:.4g}"
        theirs = "" if champion is None else _number(champion.get(name))
        rows.append((name, _number(measured.get(name)), interval, theirs, str(section.metrics.get(name, ""))))
    rival = "champion" if champion is None else f"champion, version {sides.version}"
    head = ("metric", "this version", "95 %", rival, "bound")
    rulings = tuple(_ruling(gate, sides.ours, spread) for gate in found)
    return Finding(title="Metrics", rulings=rulings, tables=(Table(title="", head=head, rows=tuple(rows)),))


def _ruling(gate: Gate, measured: Mapping[str, float], spread: Mapping[str, tuple[float, float]]) -> Ruling:
    check, metric = gate.check, gate.metric
    low, high = spread.get(check.name, (None, None))
    must = "must be" if check.name == metric else "where"
    words = gate.why or f"{metric} is {check.found}, {must} {check.expected}"
    value = measured.get(metric)
    return Ruling(
        gate=check.name, passed=check.passed, expected=check.expected, words=words, value=value, low=low, high=high
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _against(
    metric: str,
    may_lose: float,
    measured: Mapping[str, float],
    champion: Mapping[str, float],
    version: str,
    lost: Lost | None,
) -> str:
    ours, theirs = measured.get(metric), champion.get(metric)
    if ours is None or theirs is None:
        return f"{metric} cannot be compared with champion version {version}: it cannot be computed on the held-out rows"
    worse = loss(metric, champion=theirs, challenger=ours)
    if worse > may_lose and (lost is None or lost[1] > may_lose):
        rival = f"champion version {version} has {theirs:.6g} on the same rows"
        return f"{metric} is {ours:.6g}, {rival}: worse by {worse:.6g}{_shown(lost)}, may lose {may_lose:g}"
    return ""


def _shown(lost: Lost | None) -> str:
    return f" ({lost[1]:.3g} to {lost[2]:.3g})" if lost else ""
