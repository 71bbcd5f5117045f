"""Importances as a table and a plot, each with its interval. Parent side: they see arrays alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from golden_paths.modelling import importance, plots
from golden_paths.modelling.finding import Table
from golden_paths.modelling.importance import Importance, Rule

TITLE, FILE = "Importance of the features", "importance.png"
PLOTTED, LISTED = 15, 50


def table(found: Importance, rival: Importance | None, rule: Rule) -> Table:
    """Both measures of each feature, the largest importance first; beside a champion, what it has."""
    interval = f"{rule.confidence:.0%} interval"
    head = ("feature", f"permuting costs ({found.unit})", interval, "mean |SHAP|", interval)
    rows = []
    for one in _sized(found, rule)[:LISTED]:
        cells = [one.name, f"{one.cost[0]:.3g}", _interval(one.cost), f"{one.shap[0]:.3g}", _interval(one.shap)]
        if rival:
            theirs = rival.values[rival.features.index(one.name)] if one.name in rival.features else None
            cells.append("no feature of it" if theirs is None else f"{theirs:.3g}")
        rows.append(tuple(cells))
    return Table(title=TITLE, head=(*head, "the champion's cost") if rival else head, rows=tuple(rows))


@dataclass(frozen=True)
class _Sized:
    """One feature: (value, low, high) of what permuting it costs, and of its SHAP values' mean size."""

    name: str
    cost: tuple[float, float, float]
    shap: tuple[float, float, float]


def _sized(found: Importance, rule: Rule) -> list[_Sized]:
    """The largest importance first."""
    import numpy as np

    measured: list[list[tuple[float, float, float]]] = []
    for measure in (found, importance.by_shap(found)):
        drawn = importance.draws(measure.influence, rule.seed)
        values = [float(value) for value in measure.values]
        measured.append([(v, *importance.bounds(v, drawn[:, at], rule.confidence)) for at, v in enumerate(values)])
    largest = np.argsort(-found.values, kind="stable")
    return [_Sized(found.features[at], measured[0][at], measured[1][at]) for at in largest]


def _interval(size: tuple[float, float, float]) -> str:
    return f"{size[1]:.3g} to {size[2]:.3g}"


def plot(found: Importance, rule: Rule, folder: Path) -> Path:
    """Draw the largest importances into `folder`."""
    largest = _sized(found, rule)[:PLOTTED][::-1]  # the first bar is drawn lowest
    title = f"Cost of permuting ({found.unit})"
    return plots.bars(folder / FILE, title, [one.name for one in largest], [one.cost for one in largest])
