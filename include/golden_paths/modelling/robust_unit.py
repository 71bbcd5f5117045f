"""The ruling on changed units: one numeric feature at a time a thousand times larger or smaller, as metres in millimetres.

No model can tell a unit from its values alone, so it need not. What is asked is that the error does not go unnoticed where
it costs much: the data contract of the training set must refuse the feature in the other unit (its range, or that its
numbers are whole), or the model must refuse it, or else little may be lost. So the remedy is a range in the contract. It
is asked of a feature whose every row is in the other unit; a few such rows among many are for the contract alone.

A range that holds 0 cannot tell numbers that are too small. Where the contract has such a range, that half is shown and
decides nothing: what can be lost then is what the feature tells, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from golden_paths.contract import checking
from golden_paths.contract.model import Contract
from golden_paths.gate_sections import RobustnessSection
from golden_paths.modelling import robust_loss, strange_rows
from golden_paths.modelling.finding import Ruling
from golden_paths.modelling.metrics import Outcome
from golden_paths.modelling.robust_loss import Scale
from golden_paths.modelling.robust_rulings import BEYOND, NOTHING, TOO_LITTLE, WITHIN, column_of, nothing

if TYPE_CHECKING:
    import pandas as pd

NOTICES = ("type", "range", "allowed")  # the contract's rules that tell a unit; not those of the column's rows together
LOOKED_AT = 3  # the largest losses get an interval, which costs 0.3 s; one alone where it is too large anyway
NAMED = 5
NO_RANGE = "no range can"


@dataclass(frozen=True)
class Changed:
    """One feature in another unit: the share of the gain that it costs, None without answers, and who notices it."""

    question: str  # unit:up:NAME
    cost: float | None
    noticed: str  # the contract's rule, that the model refuses, that no range can, or nothing

    @property
    def column(self) -> str:
        """The feature."""
        return column_of(self.question)

    def times(self, factor: float) -> str:
        """x1000 or /1000."""
        return f"{'x' if self.question.startswith('unit:up:') else '/'}{factor:g}"


def costs(
    section: RobustnessSection,
    plain: Outcome,
    outcomes: Mapping[str, Outcome],
    refused: Mapping[str, str],
    scale: Scale,
    notices: Callable[[str, float], str],
) -> list[Changed]:
    """Every feature and direction, the dearest unnoticed first. `notices` is asked with a feature and its factor."""
    found = []
    for question in [name for name in (*outcomes, *refused) if name.startswith("unit:")]:
        if question in refused or not outcomes[question].answered.all():
            found.append(Changed(question, None, "the model refuses"))
            continue
        cost = robust_loss.share(scale, plain, outcomes[question])
        factor = section.factor if question.startswith("unit:up:") else 1 / section.factor
        found.append(Changed(question, cost, notices(column_of(question), factor)))
    return sorted(
        found, key=lambda one: (bool(one.noticed), -(one.cost if one.cost is not None else 0.0), one.question)
    )


def rule(
    section: RobustnessSection,
    plain: Outcome,
    outcomes: Mapping[str, Outcome],
    scale: Scale | None,
    found: list[Changed],
) -> Ruling:
    """`plain` are the answers to the same rows in their own unit."""
    gate, expected = "robustness.unit", f"noticed, or <= {section.unit:.4g} of the gain with its whole interval"
    if scale is None or scale.gain <= 0:
        words = f"with one feature in another unit: {nothing(scale)}"
        return Ruling(gate=gate, passed=False, expected=expected, state=NOTHING, words=words)
    unnoticed = [one for one in found if not one.noticed]
    if not unnoticed:
        words = (
            "no feature in another unit would go unnoticed" if found else "no feature is a number, so none has a unit"
        )
        return Ruling(
            gate=gate, passed=True, expected=expected, state="noticed" if found else "no numbers", words=words
        )
    looked_at = LOOKED_AT if (unnoticed[0].cost or 0.0) <= section.unit else 1
    measured = [(one, robust_loss.lost(scale, plain, outcomes[one.question])) for one in unnoticed[:looked_at]]
    known = [(one, loss) for one, loss in measured if loss is not None]
    if len(known) < len(measured):
        words = f"with one feature in another unit {scale.metric} cannot be computed"
        return Ruling(gate=gate, passed=False, expected=expected, words=words)
    worst, loss = max(known, key=lambda pair: pair[1].high)
    state = WITHIN if loss.high <= section.unit else BEYOND if loss.low > section.unit else TOO_LITTLE
    what = f"{worst.column} in another unit ({worst.times(section.factor)}), which nothing notices,"
    words = f"{what} costs {loss} of {scale.metric}, at most {section.unit:.0%} may be: {state}"
    words += "" if state == WITHIN else _remedy(section, worst, unnoticed)
    interval = {"value": loss.value, "low": loss.low, "high": loss.high}
    return Ruling(
        gate=gate, passed=state == WITHIN, expected=expected, words=words, state=state, column=worst.column, **interval
    )


def _remedy(section: RobustnessSection, worst: Changed, unnoticed: list[Changed]) -> str:
    dear = dict.fromkeys(one.column for one in unnoticed if one.cost is not None and one.cost > section.unit)
    others = [name for name in dear if name != worst.column]
    also = f" (and those of {', '.join(others[:NAMED])}{', ...' if len(others) > NAMED else ''})" if others else ""
    return f"; give its range{also} in training_set.contract"


def noticed(contract: Contract | None, rows: pd.DataFrame, column: str, factor: float) -> str:
    """Who refuses `rows`, shape (rows, features), with `column` in another unit; empty when nobody does, who could."""
    if contract is None or column not in contract.columns:
        return ""
    alone: Any = Contract(columns={column: contract.columns[column]})
    changed = strange_rows.in_unit(rows, column, factor)[[column]]
    found = checking.check(changed, alone, keys=(), timestamp="", label="", as_of=datetime.now(UTC))
    if refused := [one.rule for one in found if one.rule in NOTICES]:
        return f"the contract's {refused[0]}"
    rules = contract.columns[column]
    holds_zero = rules.min is not None and rules.max is not None and rules.min <= 0 <= rules.max
    return NO_RANGE if factor < 1 and holds_zero else ""
