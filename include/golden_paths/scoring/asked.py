"""A model asked about many rows at once: what it answers, and why a row has no answer. Child side.

A missing value that the model does not take, one that is no finite number, and a row that the model refuses get a reason, as at
the endpoint. A row of which no feature is known is asked about where the model takes missing values: whether its key is known
to anybody, which is 404 at the endpoint, a point-in-time join does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_paths import answers
from golden_paths.errors import CodeFailed
from golden_paths.scoring import once

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from golden_paths.serve.columns import Column
    from golden_paths.serve.forms import Columns
    from golden_paths.serve.model import ServedModel

MOST_REFUSED = 1000  # rows that a model may refuse one by one before the step says that something is wrong
REASON = 200  # characters of the model's own words


@dataclass
class Answers:
    """Of the rows of one chunk: `predictions` where `reasons` is None, `chances` of each class where there are any."""

    predictions: np.ndarray[Any, Any]
    chances: np.ndarray[Any, Any] | None
    reasons: np.ndarray[Any, Any]


class Asked:
    """One model for all chunks. `place` is how messages call it, `example` a row that it answers.

    Whether it does without a value is tried by that row, for the columns that lack one: which rows come does not matter.
    """

    def __init__(self, model: ServedModel, place: str, example: Columns | None = None) -> None:
        self.model, self.place = model, place
        self._example, self._refused = example, 0
        self._tried: dict[str, Column] = {}
        self._once = model.classes is not None and once.is_enough(model.estimator)

    def about(self, frame: pd.DataFrame) -> Answers:
        """The answers to the model's columns in `frame`, any index."""
        import numpy as np

        reasons = np.full(len(frame), None, dtype=object)
        for column in self.model.columns:
            for rows, reason in self._unfit(column, frame[column.name]):
                _note(reasons, rows, reason)
        fit = np.flatnonzero(reasons == None)  # noqa: E711 - element by element
        arrays = [frame[one.name].to_numpy()[fit].astype(one.dtype, copy=False) for one in self.model.columns]
        found = Answers(np.full(len(frame), None, dtype=object), None, reasons)
        if self.model.classes is not None:
            found.chances = np.full((len(frame), len(self.model.classes)), np.nan)
        if len(fit):
            self._ask(self.model.laid_out(arrays), fit, found)
        return found

    def _unfit(self, column: Column, values: pd.Series[Any]) -> Iterator[tuple[np.ndarray[Any, Any], str]]:
        """Which values the model cannot be given, and why."""
        import numpy as np

        missing = values.isna().to_numpy()
        if missing.any() and not self._known(column).missing:
            yield missing, f"{column.name} is missing, and the model takes no missing value"
        if values.dtype.kind == "f":
            yield np.isinf(values.to_numpy()), f"{column.name} is no finite number"
            if column.kind in ("long", "integer"):
                yield (values % 1 != 0).to_numpy() & ~missing, f"{column.name} is no whole number"

    def _known(self, column: Column) -> Column:
        if column.missing or self._example is None:
            return column
        if column.name not in self._tried:
            self._tried[column.name] = self.model.tried(column, self._example)
        return self._tried[column.name]

    def _ask(self, table: Any, rows: np.ndarray[Any, Any], found: Answers) -> None:
        """Ask about these rows; when the model refuses them, about each half, down to the row that it refuses."""
        import numpy as np

        try:
            predictions, chances = self._answer(table)
        except ValueError as error:
            if len(rows) == 1:
                self._refuse(str(error))
                found.reasons[rows[0]] = f"the model refuses this row: {str(error)[:REASON]}"
                return
            half = len(rows) // 2
            self._ask(table[:half], rows[:half], found)
            self._ask(table[half:], rows[half:], found)
            return
        except Exception as error:
            problem = f"{self.place} cannot answer: {type(error).__name__}: {error}"
            raise CodeFailed(problem, remedy="see the log above") from error
        if len(rows) == len(found.reasons):
            found.predictions, found.chances = predictions, chances
        else:
            found.predictions[rows] = predictions
            if chances is not None and found.chances is not None:
                found.chances[rows] = chances
        if predictions.dtype.kind == "f" and not (sound := np.isfinite(predictions)).all():
            found.reasons[rows[~sound]] = "the model's answer is no number"

    def _refuse(self, words: str) -> None:
        self._refused += 1
        if self._refused > MOST_REFUSED:
            raise CodeFailed(
                f"{self.place} refuses more than {MOST_REFUSED} rows, the last one with: {words[:REASON]}",
                remedy="see whether the service's features are those that it was trained on",
            )

    def _answer(self, table: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
        estimator, classes, rows = self.model.estimator, self.model.classes, len(table)
        if classes is None:
            return answers.of_predict(estimator.predict(table), rows), None
        chances = answers.of_predict_proba(estimator.predict_proba(table), rows, len(classes))
        if self._once:
            return once.predictions(estimator, table, chances), chances
        return answers.of_predict(estimator.predict(table), rows), chances


def _note(reasons: np.ndarray[Any, Any], rows: np.ndarray[Any, Any], reason: str) -> None:
    if rows.any():
        reasons[rows & (reasons == None)] = reason  # noqa: E711 - element by element
