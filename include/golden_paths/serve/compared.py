"""A row beside the typical one, and the mixes of both that an explanation asks the model about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_paths.serve.model import ServedModel, answering
from golden_paths.serve.scored import Score, score

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Compared:
    """`columns` are the model's, each of shape (2,): the typical row's value and the row's."""

    def __init__(self, model: ServedModel, columns: list[Array]) -> None:
        self.model, self.columns = model, columns

    @property
    def differs(self) -> Array:
        """Where the two differ, shape (features,). A missing value is like another missing one."""
        import numpy as np
        import pandas as pd

        return np.array([not pd.isna(pair).all() and bool(pair[0] != pair[1]) for pair in self.columns])

    def score(self, prediction: Any) -> Score:
        """The number that stands for `prediction`, which is the model's answer to the row."""
        with answering():
            return score(self.model, prediction, self.model.laid_out([pair[1:] for pair in self.columns]))

    def numbers(self, number: Score, taken: Array) -> Array:
        """The number for each mix, shape (mixes,). `taken`, shape (mixes, features): where the row's value is taken."""
        with answering():
            mixes = zip(self.columns, taken.T.astype(int), strict=True)
            return number.of(self.model.laid_out([pair[index] for pair, index in mixes])).astype(float)
