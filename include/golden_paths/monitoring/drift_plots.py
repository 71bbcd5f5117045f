"""One column, training beside live, as a PNG file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.monitoring.drift_counts import Counts

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

    Array: TypeAlias = np.ndarray[Any, Any]

BARS = 12  # categories; a plot with more is not read
TAIL = 0.005  # share of rows on either side that may lie beyond the plot
COLOURS = {"training": "#8a8f98", "live": "#c0392b"}


def draw(counts: Counts, title: str, file: Path) -> Path:
    """Cumulative shares of numbers, shares of categories; values of a sensitive column are not named."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 3.6))  # no pyplot: it keeps figures in the worker's memory
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(title=_plain(title))
    (_bars if counts.kind == "categories" else _curves)(axes, counts)
    if counts.ref_missing or counts.live_missing:
        gaps = counts.ref_missing / max(1, counts.ref_window), counts.live_missing / max(1, counts.window)
        axes.set_title(f"{_plain(title)}\nmissing: {gaps[0]:.1%} in training, {gaps[1]:.1%} live", fontsize="medium")
    axes.legend(frameon=False, fontsize="small")
    axes.grid(axis="y", alpha=0.3)
    figure.savefig(file, dpi=110, bbox_inches="tight", metadata={"Software": None})
    return file


def _curves(axes: Axes, counts: Counts) -> None:
    """Cumulative shares at the points. Infinite ones, and tails of half a per cent of training, lie outside."""
    import numpy as np

    points = np.array(counts.points, dtype=float)
    finite, low, high = np.isfinite(points), np.inf, -np.inf
    for name, cells in (("training", counts.ref), ("live", counts.live)):
        if not cells.sum() or not len(points):
            axes.plot([], [], color=COLOURS[name], label=f"{name} (no values)")
            continue
        upto = (cells.cumsum() / cells.sum())[1::2]
        axes.step(_shown(points[finite], counts), upto[finite], where="post", color=COLOURS[name], label=name)
        inner = points[finite & (upto >= TAIL) & (upto <= 1 - TAIL)]
        if len(inner):
            low, high = min(low, inner[0]), max(high, inner[-1])
    if low < high:
        margin = 0.03 * (high - low)
        axes.set_xlim(*_shown(np.array([low - margin, high + margin]), counts))
    axes.set_ylim(-0.03, 1.03)
    axes.set_ylabel("share of rows up to a value")
    if counts.kind == "times":
        axes.tick_params(axis="x", labelrotation=30, labelsize="small")


def _shown(points: Array, counts: Counts) -> Array:
    import numpy as np

    return (points * 1e6).astype("datetime64[us]") if counts.kind == "times" else np.asarray(points)


def _bars(axes: Axes, counts: Counts) -> None:
    import numpy as np

    order = np.argsort(-(counts.ref + counts.live), kind="stable")
    kept, rest = order[:BARS], order[BARS:]
    names = [_name(counts, number, int(cell)) for number, cell in enumerate(kept, start=1)]
    across = np.arange(len(kept) + bool(len(rest)))
    for side, (name, cells) in enumerate((("training", counts.ref), ("live", counts.live))):
        shares = cells / max(1, cells.sum())
        heights = np.append(shares[kept], shares[rest].sum()) if len(rest) else shares[kept]
        axes.bar(across + 0.4 * side - 0.2, heights, 0.4, color=COLOURS[name], label=name)
    labels = [*names, f"{len(rest):,} other{'s' if len(rest) > 1 else ''}"] if len(rest) else names
    axes.set_xticks(
        across, labels, rotation=30 if max(map(len, labels), default=0) > 5 else 0, ha="right", fontsize="small"
    )
    axes.set_ylabel("share of rows")


def _name(counts: Counts, number: int, cell: int) -> str:
    if counts.is_grouped:
        return f"group {cell + 1}"
    key = "" if counts.is_sensitive else counts.keys[cell]
    return _plain(key) if key else f"value {number}"


def _plain(text: str) -> str:
    """Without what matplotlib takes for a formula; not too long."""
    text = text if len(text) <= 24 else text[:23] + "…"
    return text.replace("$", r"\$")
