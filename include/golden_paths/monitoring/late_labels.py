"""Labels that arrive after the answers: which answer each is the truth of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from golden_paths.prediction_log.hashing import canonical

if TYPE_CHECKING:
    import pandas as pd

TIMESTAMP = "event_timestamp"
TRUTH = "truth"
KEY, LABELLED = "__key", "__labelled"
OF_ANSWERS = ("time", "request_id", "model", "version", "digest", "prediction", "score", TRUTH)  # whatever labels call theirs


def joined(
    answers: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    keys: Sequence[str],
    label: str,
    within: timedelta,
    until: datetime,
) -> pd.DataFrame:
    """The answers that a label belongs to, with it as `truth` and the labels' other columns, but for those that answers have.

    A label, known at its `event_timestamp` (UTC where it has no zone), belongs to the last answer for the same keys before that
    moment, at most `within` back. Told twice, or corrected, the later one counts, and each answer counts once. Labels of after
    `until` are not there yet. `answers` has `time` and the keys by their names.
    """
    import pandas as pd

    times = pd.to_datetime(labels[TIMESTAMP], utc=True)
    labels = labels.drop(columns=[name for name in OF_ANSWERS if name in labels.columns and name not in (label, *keys)])
    known = labels[labels[label].notna() & times.notna() & (times <= pd.Timestamp(until))]
    known = known.assign(**{LABELLED: times[known.index].astype("datetime64[us, UTC]"), KEY: _key(known, keys)})
    known = known.rename(columns={label: TRUTH}).drop(columns=[*keys, TIMESTAMP])
    said = answers.assign(**{KEY: _key(answers, keys), "time": answers["time"].astype("datetime64[us, UTC]")})
    said = said.drop(columns=[name for name in known.columns if name in said.columns and name != KEY])
    found = pd.merge_asof(
        known.sort_values(LABELLED, kind="stable"),
        said.sort_values("time", kind="stable"),
        left_on=LABELLED,
        right_on="time",
        by=KEY,
        direction="backward",
        tolerance=pd.Timedelta(within),
    )
    found = found[found["time"].notna()].drop_duplicates([KEY, "time"], keep="last")
    return found.drop(columns=[KEY, LABELLED]).reset_index(drop=True)


def _key(frame: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """Both sides may hold a key as 7, 7.0 or '7'."""
    made = frame[keys[0]].map(canonical).astype(object)  # of no rows at all, too
    for name in keys[1:]:
        made = made + "\x1f" + frame[name].map(canonical)
    return made
