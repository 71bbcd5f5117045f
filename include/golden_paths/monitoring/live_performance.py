"""How good the answers were, once labels have arrived."""

from __future__ import annotations

from collections.abc import Mapping

from golden_paths.modelling import intervals, metrics
from golden_paths.modelling.finding import Finding, Ruling
from golden_paths.modelling.metrics import Outcome
from golden_paths.values import Bound

TITLE = "Performance on labels that have arrived"
WAITS = "too few labels"


def finding(outcome: Outcome, bounds: Mapping[str, Bound], at_least: int) -> Finding:
    """One ruling for each bound. It is an alarm when the whole 95 % interval misses the bound: a point alone may be noise."""
    rows = len(outcome.truth)
    if rows < at_least:
        words = f"performance: {rows} answers have a label by now, {at_least} are needed"
        return Finding(title=TITLE, rulings=(_told(words, "performance", WAITS),))
    found, spread = metrics.compute(outcome), intervals.intervals(outcome, list(bounds))
    return Finding(title=TITLE, rulings=tuple(_ruling(name, bound, found, spread, rows) for name, bound in bounds.items()))


def _ruling(
    name: str, bound: Bound, found: Mapping[str, float], spread: Mapping[str, tuple[float, float]], rows: int
) -> Ruling:
    gate = f"performance.{name}"
    if name not in found or name not in spread:
        return _told(f"{name} cannot be computed of these {rows} answers", gate, "cannot be computed")
    value, (low, high) = found[name], spread[name]
    is_missed = not bound.holds(low) and not bound.holds(high)
    state = "" if bound.holds(value) else "missed" if is_missed else "missed, which may be noise"
    told = f"{name} of {rows} answers with a label: {value:.4g} [{low:.3g} to {high:.3g}], bound {bound}"
    return Ruling(
        gate=gate,
        passed=not is_missed,
        expected=str(bound),
        words=f"{told}{f': {state}' if state else ''}",
        state=state,
        value=value,
        low=low,
        high=high,
    )


def _told(words: str, gate: str, state: str) -> Ruling:
    return Ruling(gate=gate, passed=True, expected="", words=words, state=state)
