"""Models that need not be asked twice: their prediction is, by their own code, the class of the highest probability.

A forest takes as long for `predict` as for `predict_proba`. For any other model both are asked: its prediction may be
something else (an SVM's is not that of its probabilities).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_paths import answers

if TYPE_CHECKING:
    import numpy as np

TIE = 1e-9  # closer than this, rounding decides: the model itself is asked about these rows


def is_enough(estimator: Any) -> bool:
    """Whether it is one of scikit-learn's forests or boosted trees, or a pipeline that ends with one, `predict` unchanged."""
    from sklearn.ensemble import (
        ExtraTreesClassifier,
        GradientBoostingClassifier,
        HistGradientBoostingClassifier,
        RandomForestClassifier,
    )
    from sklearn.pipeline import Pipeline

    last = estimator.steps[-1][1] if type(estimator) is Pipeline else estimator
    kinds = (ExtraTreesClassifier, GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier)
    return type(last) in kinds


def predictions(estimator: Any, table: Any, chances: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What `predict` answers to `table`, from its probabilities, shape (rows, classes)."""
    import numpy as np

    classes = answers.natural(np.asarray(estimator.classes_))
    found: np.ndarray[Any, Any] = classes[chances.argmax(axis=1)]
    highest = np.sort(chances, axis=1)[:, -2:]
    close = np.flatnonzero(highest[:, -1] - highest[:, 0] < TIE) if chances.shape[1] > 1 else np.array([], dtype=int)
    if len(close):
        part = table.iloc[close] if hasattr(table, "iloc") else table[close]
        found[close] = answers.of_predict(estimator.predict(part), len(close))
    return found
