"""What bias found, as a finding: a ruling, a table and a plot for each sensitive column. Parent side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from golden_paths.modelling import plots
from golden_paths.modelling.bias import GroupRate, Verdict
from golden_paths.modelling.finding import Finding, Ruling, Table

SHOWN = 30  # groups in a plot
HEAD = ("rows", "counted", "rate", "interval")


def finding(found: Sequence[Verdict], folder: Path) -> list[Finding]:
    """One finding, with its plots in `folder`; none when nothing was looked at."""
    if not found:
        return []
    return [
        Finding(
            title="Groups of people",
            rulings=tuple(map(_ruling, found)),
            tables=tuple(map(_table, found)),
            plots=_drawn(found, folder),
        )
    ]


def _ruling(one: Verdict) -> Ruling:
    return Ruling(
        gate=f"bias.{one.measure}",
        passed=one.passed,
        expected=f"<= {one.at_most:g} with its whole interval",
        words=one.words,
        state=one.state,
        column=one.column,
        value=one.value,
        low=one.low,
        high=one.high,
    )


def _drawn(found: Sequence[Verdict], folder: Path) -> dict[str, str]:
    """Every group's rate with its interval; title -> file."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, str] = {}
    for one in found:
        groups = [group for group in one.groups if group.rate is not None][:SHOWN]
        if groups:
            title = f"{one.measure.replace('_', ' ').capitalize()} by {one.column}"
            drawn[title] = plots.bars(
                folder / f"bias_{len(drawn) + 1}.png",
                title,
                [group.name for group in groups],
                [(group.rate or 0.0, group.low or 0.0, group.high or 0.0) for group in groups],
            ).name
    return drawn


def _table(one: Verdict) -> Table:
    return Table(title="", head=(one.column, *HEAD), rows=tuple(map(_row, one.groups)))


def _row(group: GroupRate) -> tuple[str, ...]:
    rate = "" if group.rate is None else f"{group.rate:.3g}"
    interval = "" if group.low is None or group.high is None else f"{group.low:.3g} to {group.high:.3g}"
    return (group.name, str(group.rows), str(group.counted), rate, interval)
