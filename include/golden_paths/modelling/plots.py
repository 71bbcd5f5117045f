"""Plots of an outcome, as PNG files. Parent side: they see arrays alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths.modelling.metrics import MULTICLASS, REGRESSION, Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Drawing = Callable[["Axes"], None]


def draw(outcome: Outcome, folder: Path) -> dict[str, Path]:
    """Write the plots that fit the kind of model; title -> file. ROC, calibration and confusion, or residuals."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    outcome, drawn = outcome.only(outcome.answered), {}
    if not len(outcome.truth):
        return {}
    for title, drawing in _drawings(outcome):
        figure = Figure(figsize=(5.2, 4.4), layout="constrained")  # no pyplot: it keeps figures in the worker's memory
        FigureCanvasAgg(figure)
        axes = figure.add_subplot(title=title)
        drawing(axes)
        drawn[title] = folder / f"{title.lower().replace(' ', '_')}.png"
        figure.savefig(drawn[title], dpi=110, metadata={"Software": None})
    return drawn


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
    """(class, is it that class, its probability), for classes that both occur and do not; of two, the second alone."""
    assert outcome.classes is not None
    assert outcome.probabilities is not None
    for place, name in enumerate(outcome.classes):
        truth = outcome.truth == name
        if (outcome.kind == MULTICLASS or place == 1) and 0 < truth.sum() < len(truth):
            yield str(name), truth, outcome.probabilities[:, place]


def _roc(axes: Axes, outcome: Outcome) -> None:
    from sklearn.metrics import auc, roc_curve

    for name, truth, probability in _one_vs_rest(outcome):
        wrong, right, _ = roc_curve(truth, probability)
        axes.plot(wrong, right, label=f"{name} (area {auc(wrong, right):.3f})")
    _finish(axes, "false positive rate", "true positive rate")


def _calibration(axes: Axes, outcome: Outcome) -> None:
    from sklearn.calibration import calibration_curve

    for name, truth, probability in _one_vs_rest(outcome):
        bins = min(10, max(2, len(truth) // 15))
        observed, predicted = calibration_curve(truth, probability, n_bins=bins, strategy="quantile")
        axes.plot(predicted, observed, marker="o", label=name)
    _finish(axes, "predicted probability", "observed share")


def _finish(axes: Axes, across: str, up: str) -> None:
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--")
    axes.set(xlabel=across, ylabel=up)
    axes.legend()


def _confusion(axes: Axes, outcome: Outcome) -> None:
    from sklearn.metrics import ConfusionMatrixDisplay

    ConfusionMatrixDisplay.from_predictions(
        outcome.truth, outcome.predictions, labels=outcome.classes, ax=axes, colorbar=False, cmap="Blues"
    )


def _residuals(axes: Axes, outcome: Outcome) -> None:
    axes.scatter(outcome.predictions, outcome.truth - outcome.predictions, s=12, alpha=0.6)
    axes.axhline(0, color="grey", linewidth=0.8, linestyle="--")
    axes.set(xlabel="predicted", ylabel="true - predicted")


def _against_truth(axes: Axes, outcome: Outcome) -> None:
    low, high = float(outcome.truth.min()), float(outcome.truth.max())
    axes.scatter(outcome.predictions, outcome.truth, s=12, alpha=0.6)
    axes.plot([low, high], [low, high], color="grey", linewidth=0.8, linestyle="--")
    axes.set(xlabel="predicted", ylabel="true")
