"""The report of evaluation can be read, whatever the model: many classes, long names, rows without an answer."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from golden_paths.modelling import gates, metrics, plots, report
from golden_paths.modelling.judged import Examined
from golden_paths.modelling.metrics import Outcome
from golden_paths.modelling.sides import Sides
from golden_paths.spec import EvaluateSection, PathSpec

RNG = np.random.default_rng(1)
ROWS = 200


def classifier(classes: int) -> Outcome:
    names = np.array([f"a class with a long name, number {place:02d}" for place in range(classes)])
    truth = RNG.integers(0, classes, ROWS)
    chances = RNG.dirichlet(np.ones(classes), ROWS)
    return Outcome("binary" if classes == 2 else "multiclass", names[truth], names[chances.argmax(1)], names, chances)


def numbers(unanswered: int) -> Outcome:
    truth = RNG.normal(size=ROWS)
    return Outcome("regression", truth, np.where(np.arange(ROWS) < unanswered, np.nan, truth + 0.1))


def drawn(monkeypatch: pytest.MonkeyPatch, outcome: Outcome, folder: Path) -> dict[str, Any]:
    """title -> axes of each plot."""
    seen: dict[str, Any] = {}
    real = Figure.savefig

    def kept(figure: Figure, *arguments: Any, **named: Any) -> None:
        seen[figure.axes[0].get_title()] = figure.axes[0]
        real(figure, *arguments, **named)

    monkeypatch.setattr(Figure, "savefig", kept)
    plots.draw(outcome, folder)
    return seen


def test_of_many_classes_the_most_frequent_have_curves_and_the_legend_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = drawn(monkeypatch, classifier(25), tmp_path)
    for title in ("ROC", "Calibration"):
        assert len(seen[title].lines) == plots.CURVES + 1  # and the diagonal
        assert seen[title].get_legend().get_title().get_text() == "the 8 most frequent of 25 classes"
    assert len(seen["Confusion matrix"].texts) == 0  # no room for a count in each cell


@pytest.mark.parametrize("classes", [2, 6, 25])
def test_the_labels_of_a_confusion_matrix_do_not_overlap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, classes: int
) -> None:
    axes = drawn(monkeypatch, classifier(classes), tmp_path)["Confusion matrix"]
    for labels, side in ((axes.get_xticklabels(), "x"), (axes.get_yticklabels(), "y")):
        boxes = [label.get_window_extent() for label in labels]
        edges = sorted((box.x0, box.x1) if side == "x" else (box.y0, box.y1) for box in boxes)
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(edges))


@pytest.mark.parametrize("unanswered", [3, ROWS])
def test_rows_without_an_answer_are_counted_and_a_bound_that_cannot_be_judged_is_missed(
    tmp_path: Path, unanswered: int
) -> None:
    outcome, bounds = numbers(unanswered), {"rmse": "<= 1"}
    spec = PathSpec.model_validate(
        {
            "golden_path": "online-model@1",
            "name": "dose",
            "owner": "ward",
            "description": "A dose.",
            "evaluate": {"metrics": bounds},
        }
    )
    measured = metrics.compute(outcome)
    reasons = gates.whys(gates.judged(spec.need(EvaluateSection), measured, None, unanswered=unanswered))
    sides = Sides(Examined(outcome, None), measured)
    page = report.write(report.Judgement(spec, "m", "t", sides, reasons), tmp_path).read_text()
    assert f"200 held-out rows ({unanswered} without an answer, not drawn)" in page
    assert '<td>rmse</td><td class="n"></td><td class="missed">&lt;= 1, missed</td>' in page
    assert page.count("<img") == (2 if unanswered < ROWS else 0)
