"""Which features give the label away alone, as a copy of it does, or what was written down after it was known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.contract import kinds
from golden_paths.contract.violation import Violation

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array: TypeAlias = np.ndarray[Any, Any]
    # Values to learn from, what is known of them (rows, columns), values to judge -> what is thought of those.
    Way: TypeAlias = Callable[[Array, Array, Array], Array]

LIMIT = 0.995
LEAST_ROWS = 50
MOST_ROWS = 20_000  # more tell no more, and cost seconds
ENOUGH_TO_RANK = 1_000
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
    """Mean AUC over the folds, of several classes each against the rest, by a line, the nearest rows or a tree.

    Where two classes overlap a little, a line ranks rows as the feature itself does, and the others learn noise. Of few
    rows that is luck too often: of 60, an honest feature with an AUC of 0.98 would be told in 23 of 100 cases.
    """
    import numpy as np

    classes = np.eye(int(label.max()) + 1)[label]
    classes = classes[:, classes.any(axis=0)]
    # A tree may take off one class a level.
    ways = [_nearest, _tree(max(DEPTH, classes.shape[1]))]
    if len(ranks) >= ENOUGH_TO_RANK:
        ways.insert(0, _line)
    return _first(_auc(way, ranks, classes) for way in ways)


def _auc(way: Way, ranks: Array, classes: Array) -> float:
    """0 as soon as it cannot reach the limit. `classes`: 1 where a row is of the class, shape (rows, classes)."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    found, left = 0.0, float(FOLDS)
    for learn, judge in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(ranks, classes.argmax(axis=1)):
        of_each = slice(1, None) if classes.shape[1] == 2 else slice(None)  # of two, both have the same
        chances = way(ranks[learn], classes[learn], ranks[judge])
        found += roc_auc_score(classes[judge, of_each], chances[:, of_each])
        left -= 1
        if found + left < LIMIT * FOLDS:
            return 0.0
    return found / FOLDS


def _by_number(ranks: Array, column: pd.Series, label: Array) -> float:
    """R2 over all rows, each predicted by what has not seen it: a straight line, the nearest rows or a tree.

    Of few rows a tree makes too coarse steps to tell a copy of the label, or the label in another unit.
    """
    ways = [(_nearest, ranks), (_tree(DEPTH), ranks)]
    if (numbers := _scaled(column)) is not None:
        ways.insert(0, (_line, numbers))
    return _first(_r2(way, values, label[:, None]) for way, values in ways)


def _first(scores: Iterator[float]) -> float:
    """The first that reaches the limit; 0 when none does."""
    return next((score for score in scores if score >= LIMIT), 0.0)


def _r2(way: Way, values: Array, label: Array) -> float:
    """0 as soon as it cannot reach the limit."""
    from sklearn.model_selection import KFold

    lost, spread = 0.0, float(((label - label.mean()) ** 2).sum())
    for learn, judge in KFold(FOLDS, shuffle=True, random_state=0).split(values):
        lost += float(((label[judge] - way(values[learn], label[learn], values[judge])) ** 2).sum())
        if lost > (1 - LIMIT) * spread:
            return 0.0
    return 1 - lost / spread


def _tree(depth: int) -> Way:
    def predicted(learn: Array, known: Array, judge: Array) -> Array:
        from sklearn.tree import DecisionTreeRegressor

        tree = DecisionTreeRegressor(max_depth=depth, random_state=0).fit(learn[:, None], known)
        found: Array = tree.predict(judge[:, None]).reshape(len(judge), -1)
        return found

    return predicted


def _nearest(learn: Array, known: Array, judge: Array) -> Array:
    """Between the mean of the next lower value and that of the next higher.

    In few rows a tree's steps are in the wrong place for one row in twenty, be the classes ever so far apart.
    """
    import numpy as np

    values, places = np.unique(learn, return_inverse=True)
    sizes = np.bincount(places)
    return np.column_stack(
        [np.interp(judge, values, np.bincount(places, weights=column) / sizes) for column in known.T]
    )


def _line(learn: Array, known: Array, judge: Array) -> Array:
    from sklearn.linear_model import LinearRegression

    found: Array = LinearRegression().fit(learn[:, None], known).predict(judge[:, None])
    return found


def _scaled(column: pd.Series) -> Array | None:
    """A number's values around 0; the mean where there is none. None: it is no number, or too large a one."""
    import numpy as np

    if kinds.kind_of(column) not in ("number", "integer"):
        return None
    values = kinds.column(column, "number").values.to_numpy(dtype="float64", na_value=np.nan)
    values = np.where(np.isfinite(values) & (np.abs(values) < 1e100), values, np.nan)
    middle, width = np.nanmean(values), np.nanstd(values)
    return None if not width > 0 else np.nan_to_num((values - middle) / width)
