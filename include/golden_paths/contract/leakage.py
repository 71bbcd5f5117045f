"""What would make a model look better than it is: a feature that is the label, and rows that are learnt and judged by.

Whether a feature's value is from after the row's time cannot be seen here: the joined frame holds the row's time alone,
and no feature's own. The point-in-time join sees to that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from golden_paths.contract import alone, kinds
from golden_paths.contract.violation import Rows, Violation

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def leaks(
    frame: pd.DataFrame,
    *,
    features: Sequence[str],
    label: str,
    timestamp: str,
    split: str = "split",
    keys: Sequence[str],
    share: float = 0.01,
    sensitive: Collection[str] = (),
) -> list[Violation]:
    """Every feature that predicts the label alone, then what the parts of the split have in common.

    `split` is the column that says `train` or `test`; without it the parts are not compared. Test rows whose features and
    label are all in one training row are told when they are more than `share` of the test rows: a few are chance. The
    same keys and time in both parts are none.
    """
    found = list(alone.leaks(frame, features=features, label=label))
    if split in frame.columns:
        test = frame[split].isin(["test"]).to_numpy(dtype=bool)
        rows = Rows(frame, keys, sensitive)
        found += _twins(rows, test, [*features, label], share)
        found += _same_moment(rows, test, [*keys, timestamp])
    return found


def _twins(rows: Rows, test: np.ndarray[Any, Any], columns: Sequence[str], share: float) -> Iterator[Violation]:
    places = _in_both(rows.frame, test, columns)
    if len(places) > share * test.sum():
        part = len(places) / test.sum()
        expected = f"at most {share * 100:.10g}% of the test rows with the features and label of a training row"
        yield Violation("same_values", None, expected, f"{part:.2%}", len(places), rows.sample(places))


def _same_moment(rows: Rows, test: np.ndarray[Any, Any], columns: Sequence[str]) -> Iterator[Violation]:
    known = rows.frame[list(columns)].notna().all(axis="columns").to_numpy(dtype=bool)
    places = _in_both(rows.frame, test, columns)
    places = places[known[places]]
    if len(places):
        found = f"{len(places)} of {test.sum()} test rows"
        expected = f"no {' and '.join(columns)} in both parts"
        yield Violation("same_keys", None, expected, found, len(places), rows.sample(places))


def _in_both(frame: pd.DataFrame, test: np.ndarray[Any, Any], columns: Sequence[str]) -> np.ndarray[Any, Any]:
    """The test rows that have a training row with the same values; missing ones are the same.

    Column by column, only rows that still have a partner in the other part are looked at: mostly none after a few.
    """
    import numpy as np
    import pandas as pd

    if not columns or not test.any() or test.all():
        return np.array([], dtype=int)
    places, groups = np.arange(len(frame)), np.zeros(len(frame), dtype=np.int64)
    for name in columns:
        ranks = kinds.codes(frame[name])[places] + 1
        groups = pd.factorize(groups * (len(frame) + 1) + ranks)[0]
        sizes, of_test = np.bincount(groups), np.bincount(groups, weights=test[places])
        partnered = ((of_test > 0) & (of_test < sizes))[groups]
        places, groups = places[partnered], groups[partnered]
        if not len(places):
            break
    found: np.ndarray[Any, Any] = places[test[places]]
    return found
