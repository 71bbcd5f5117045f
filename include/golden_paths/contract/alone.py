"""Which features give the label away alone, as a copy of it does, or what was written down after it was known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from golden_paths.contract import kinds
from golden_paths.contract.violation import Violation

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, Any]

LIMIT = 0.995
LEAST_ROWS = 50
MOST_ROWS = 20_000  # more tell no more, and cost seconds
MOST_CLASSES = 100  # the most frequent
FOLDS = 5
DEPTH = 8  # a text's categories come in no order that would help: 2^8 intervals of them tell apart what a few cannot
FEW_VALUES = 20  # a number to predict has more; as for the split


def leaks(frame: pd.DataFrame, *, features: Sequence[str], label: str) -> Iterator[Violation]:
    """A violation for each feature that predicts the label nearly perfectly on rows that were not learnt from.

    Held-out rows judge: what is different in each row, as an id is, fits the rows learnt from and tells nothing.
    Nothing is said of fewer than 50 rows with a label.
    """
    is_class, places = _judged(frame[label])
    if len(places) < LEAST_ROWS:
        return
    found = frame[label].iloc[places]
    wanted = kinds.codes(found) if is_class else kinds.column(found, "number").values.to_numpy(dtype="float64")
    name = "AUC" if is_class else "R2"
    for feature in features:
        column = frame[feature].iloc[places]
        ranks = kinds.codes(column)
        if ranks.min() == ranks.max():  # constant
            continue
        score = _by_class(ranks, wanted) if is_class else _by_number(ranks, column, wanted)
        if score >= LIMIT:
            expected = f"no feature that predicts the label alone ({name} below {LIMIT})"
            yield Violation("leak", feature, expected, f"{name} {score:.4f} on rows held out", len(places))


def _judged(found: pd.Series) -> tuple[bool, Array]:
    """Whether the label is a class, and the rows to judge by: with a label, of a class that each fold can hold."""
    import numpy as np

    codes = kinds.codes(found)
    is_class = codes.max(initial=-1) < FEW_VALUES or kinds.kind_of(found) not in ("number", "integer")
    usable = codes >= 0
    if not is_class:
        usable &= np.isfinite(kinds.column(found, "number").values.to_numpy(dtype="float64", na_value=np.nan))
    places = np.flatnonzero(usable)
    if len(places) > MOST_ROWS:
        places = np.sort(np.random.default_rng(0).choice(places, MOST_ROWS, replace=False))
    if not is_class:
        return False, places
    counts = np.bincount(codes[places])
    common = [code for code in np.argsort(-counts, kind="stable")[:MOST_CLASSES] if counts[code] >= FOLDS]
    return True, places[np.isin(codes[places], common)] if len(common) > 1 else places[:0]


def _by_class(ranks: Array, label: Array) -> float:
    """Mean AUC over the folds; of several classes, each against the rest. 0 as soon as it cannot reach the limit."""
    import numpy as np
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold
    from sklearn.tree import DecisionTreeClassifier

    depth = max(DEPTH, len(np.unique(label)))  # a tree may take off one class a level
    scores = []
    for learn, judge in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(ranks, label):
        tree = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(ranks[learn, None], label[learn])
        chances = tree.predict_proba(ranks[judge, None])
        several = chances.shape[1] > 2
        scores.append(roc_auc_score(label[judge], chances if several else chances[:, 1], multi_class="ovr"))
        if sum(scores) + FOLDS - len(scores) < LIMIT * FOLDS:
            return 0.0
    return float(np.mean(scores))


def _by_number(ranks: Array, column: pd.Series, label: Array) -> float:
    """R2 over all rows, each predicted by what has not seen it: the better of a tree and a straight line.

    Of few rows a tree makes too coarse steps to tell a copy of the label, or the label in another unit.
    """
    from sklearn.linear_model import LinearRegression
    from sklearn.tree import DecisionTreeRegressor

    score = _r2(DecisionTreeRegressor(max_depth=DEPTH, random_state=0), ranks[:, None], label)
    numbers = _scaled(column)
    return score if numbers is None else max(score, _r2(LinearRegression(), numbers[:, None], label))


def _r2(model: Any, values: Array, label: Array) -> float:
    """0 as soon as it cannot reach the limit."""
    from sklearn.model_selection import KFold

    lost, spread = 0.0, float(((label - label.mean()) ** 2).sum())
    for learn, judge in KFold(FOLDS, shuffle=True, random_state=0).split(values):
        missed = label[judge] - model.fit(values[learn], label[learn]).predict(values[judge])
        lost += float((missed**2).sum())
        if lost > (1 - LIMIT) * spread:
            return 0.0
    return 1 - lost / spread


def _scaled(column: pd.Series) -> Array | None:
    """A number's values around 0; the mean where there is none. None: it is no number, or too large a one."""
    import numpy as np

    if kinds.kind_of(column) not in ("number", "integer"):
        return None
    values = kinds.column(column, "number").values.to_numpy(dtype="float64", na_value=np.nan)
    values = np.where(np.isfinite(values) & (np.abs(values) < 1e100), values, np.nan)
    middle, width = np.nanmean(values), np.nanstd(values)
    return None if not width > 0 else np.nan_to_num((values - middle) / width)
