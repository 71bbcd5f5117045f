"""Broken rules as checks, in the log and in an error: the log alone names rows, the others go where everybody may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from golden_paths.contract.violation import Violation
from golden_paths.record import Check
from golden_paths.step import StepContext

SAID = 5  # violations that an error names; the log has all


def noted(
    context: StepContext, name: str, found: Sequence[Violation], *, subject: str, expected: str, rows: int, called: str
) -> list[Violation]:
    """As checks: one for each violation, or one that was passed. `called` is how the log names what they are of."""
    for one in found:
        context.log(f"{called}: {one}")
        context.check(
            Check(
                name=f"{name}.{one.rule}",
                passed=False,
                subject=subject,
                expected=one.expected,
                found=_found(one, rows),
                column=one.column,
                is_gate=True,
            )
        )
    if not found:
        context.check(Check(name=name, passed=True, subject=subject, expected=expected, found="kept", is_gate=True))
    return list(found)


def brief(found: Sequence[tuple[Violation, int]]) -> str:
    """The first few, each with the rows that it is of: without what single rows hold, and whose they are."""
    more = f"; and {len(found) - SAID} more, see the log" if len(found) > SAID else ""
    return f"{'; '.join(str(replace(one, found=_found(one, rows), sample=())) for one, rows in found[:SAID])}{more}"


def _found(one: Violation, rows: int) -> str:
    return f"{one.rows} of {rows} rows" if one.sample else one.found
