"""What the report says of groups of people: a table and a plot for each sensitive column. Parent side."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from golden_paths.modelling import plots
from golden_paths.modelling.bias import GroupRate, Verdict

SHOWN = 30  # groups in a plot


def tables(found: Sequence[Verdict]) -> str:
    """HTML: a verdict and the groups behind it, for each."""
    if not found:
        return ""
    return "<h2>Groups of people</h2>" + "".join(map(_table, found))


def draw(found: Sequence[Verdict], folder: Path) -> dict[str, Path]:
    """A plot for each: every group's rate with its interval; title -> file."""
    drawn: dict[str, Path] = {}
    for one in found:
        groups = [group for group in one.groups if group.rate is not None][:SHOWN]
        if groups:
            title = f"{one.measure.replace('_', ' ').capitalize()} by {one.column}"
            drawn[title] = plots.bars(
                folder / f"bias_{len(drawn) + 1}.png",
                title,
                [group.name for group in groups],
                [(group.rate or 0.0, group.low or 0.0, group.high or 0.0) for group in groups],
            )
    return drawn


def _table(one: Verdict) -> str:
    rows = "".join(map(_row, one.groups))
    state = "passed" if one.passed else "failed"
    return (
        f'<p class="verdict {state}">{html.escape(one.words)}</p><table><tr><th>{html.escape(one.column)}</th><th>rows</th>'
        f"<th>counted</th><th>rate</th><th>interval</th></tr>{rows}</table>"
    )


def _row(group: GroupRate) -> str:
    rate = "" if group.rate is None else f"{group.rate:.3g}"
    interval = "" if group.low is None or group.high is None else f"{group.low:.3g} to {group.high:.3g}"
    cells = "".join(f'<td class="n">{value}</td>' for value in (group.rows, group.counted, rate, interval))
    return f"<tr><td>{html.escape(group.name)}</td>{cells}</tr>"
