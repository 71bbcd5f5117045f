"""Plots of an outcome, as PNG files. Parent side: they see arrays alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths.modelling.metrics import MULTICLASS, REGRESSION, Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVES = 8  # a plot with more is not read
COUNTS = 15  # classes up to which a cell has room for its count
Drawing = Callable[["Axes"], None]


def draw(outcome: Outcome, folder: Path) -> dict[str, Path]:
    """Write the plots that fit the kind of model; title -> file. ROC, calibration and confusion, or residuals."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    outcome, drawn = outcome.only(outcome.answered), {}
    if not len(outcome.truth):
        return {}
    for title, drawing in _drawings(outcome):
        figure = Figure(figsize=(5.2, 4.8))  # no pyplot: it keeps figures in the worker's memory
        FigureCanvasAgg(figure)
        axes = figure.add_subplot(title=title)
        drawing(axes)
        drawn[title] = folder / f"{title.lower().replace(' ', '_')}.png"
        figure.savefig(drawn[title], dpi=130, bbox_inches="tight", metadata={"Software": None})  # long labels too
    return drawn


def bars(file: Path, title: str, names: list[str], values: list[tuple[float, float, float]]) -> Path:
    """Horizontal points with their intervals, (value, low, high) by name, written to `file`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 1.2 + 0.4 * len(names)))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(title=title)
    middles = [value for value, _, _ in values]
    reach = [[max(0.0, value - low) for value, low, _ in values], [max(0.0, high - value) for value, _, high in values]]
    axes.errorbar(middles, range(len(names)), xerr=reach, fmt="o", capsize=4)
    axes.set_yticks(range(len(names)), [name.replace("$", r"\$")[:40] for name in names])
    axes.margins(y=0.2)
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(file, dpi=130, bbox_inches="tight", metadata={"Software": None})
    return file


def _drawings(outcome: Outcome) -> Iterator[tuple[str, Drawing]]:
    if outcome.kind == REGRESSION:
        yield "Residuals", lambda axes: _residuals(axes, outcome)
        yield "Predicted and true", lambda axes: _against_truth(axes, outcome)
        return
    if outcome.probabilities is not None:
        yield "ROC", lambda axes: _roc(axes, outcome)
        yield "Calibration", lambda axes: _calibration(axes, outcome)
    yield "Confusion matrix", lambda axes: _confusion(axes, outcome)


def _one_vs_rest(outcome: Outcome) -> Iterator[tuple[str, Any, Any]]:
    """(class, is it that class, its probability), for the classes drawn: of two the second alone, of many the most frequent.

    A class that does not occur, or that alone occurs, has no curve.
    """
    assert outcome.classes is not None
    assert outcome.probabilities is not None
    truths = [outcome.truth == name for name in outcome.classes]
    places = [place for place, truth in enumerate(truths) if 0 < truth.sum() < len(truth)]
    if outcome.kind != MULTICLASS:
        places = [place for place in places if place == 1]
    frequent = sorted(places, key=lambda place: -truths[place].sum())[:CURVES]
    for place in sorted(frequent):
        yield _short(outcome.classes[place]), truths[place], outcome.probabilities[:, place]


def _roc(axes: Axes, outcome: Outcome) -> None:
    from sklearn.metrics import auc, roc_curve

    for name, truth, probability in _one_vs_rest(outcome):
        wrong, right, _ = roc_curve(truth, probability)
        axes.plot(wrong, right, linewidth=1.2, label=f"{name} (area {auc(wrong, right):.3f})")
    _finish(axes, outcome, "false positive rate", "true positive rate")


def _calibration(axes: Axes, outcome: Outcome) -> None:
    from sklearn.calibration import calibration_curve

    for name, truth, probability in _one_vs_rest(outcome):
        bins = min(10, max(2, len(truth) // 15))
        observed, predicted = calibration_curve(truth, probability, n_bins=bins, strategy="quantile")
        axes.plot(predicted, observed, marker="o", markersize=4, linewidth=1.2, label=name)
    _finish(axes, outcome, "predicted probability", "observed share")


def _finish(axes: Axes, outcome: Outcome, across: str, up: str) -> None:
    """The diagonal, and a legend below the plot: inside it would cover curves."""
    assert outcome.classes is not None
    names = len(axes.lines)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--")
    axes.set(xlabel=across, ylabel=up, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    if names:
        more = f"the {names} most frequent of {len(outcome.classes)} classes" if len(outcome.classes) > CURVES else None
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.13),
            ncols=min(2, names),
            frameon=False,
            fontsize="small",
            title=more,
        )


def _confusion(axes: Axes, outcome: Outcome) -> None:
    """Counts, shaded by their share of the true class: a rare one would be pale otherwise."""
    from sklearn.metrics import confusion_matrix

    assert outcome.classes is not None
    counts = confusion_matrix(outcome.truth, outcome.predictions, labels=outcome.classes)
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if (size := len(counts)) <= COUNTS:
        for true, row in enumerate(counts.tolist()):
            for predicted, count in enumerate(row):
                colour = "white" if shares[true, predicted] > 0.5 else "black"
                axes.text(
                    predicted, true, count, ha="center", va="center", color=colour, fontsize=10 if size < 8 else 7
                )
    names, font = [_short(name) for name in outcome.classes], 10 if size < 8 else max(4, 10 - size // 5)
    upright = max(map(len, names)) * size > 30
    axes.set_yticks(range(size), names, fontsize=font)
    axes.set_xticks(range(size), names, fontsize=font, rotation=90 if upright else 0)
    axes.set(xlabel="predicted", ylabel="true")


def _short(name: object) -> str:
    text = str(name)
    return text if len(text) <= 24 else text[:23] + "…"


def _residuals(axes: Axes, outcome: Outcome) -> None:
    axes.scatter(outcome.predictions, outcome.truth - outcome.predictions, s=12, alpha=0.6)
    axes.axhline(0, color="grey", linewidth=0.8, linestyle="--")
    axes.set(xlabel="predicted", ylabel="true - predicted")


def _against_truth(axes: Axes, outcome: Outcome) -> None:
    low = min(outcome.truth.min(), outcome.predictions.min())
    high = max(outcome.truth.max(), outcome.predictions.max())
    axes.scatter(outcome.predictions, outcome.truth, s=12, alpha=0.6)
    axes.plot([low, high], [low, high], color="grey", linewidth=0.8, linestyle="--")
    axes.set(xlabel="predicted", ylabel="true")
