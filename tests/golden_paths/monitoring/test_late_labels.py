"""Labels that come late, twice, corrected, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from golden_paths.monitoring import late_labels

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def answers(*rows: tuple[Any, int, str]) -> pd.DataFrame:
    """(key, hours after noon, prediction)"""
    return pd.DataFrame([{"patient": key, "time": NOON + hours * HOUR, "prediction": said} for key, hours, said in rows])


def labels(*rows: tuple[Any, float, Any]) -> pd.DataFrame:
    return pd.DataFrame([{"patient": key, "event_timestamp": NOON + hours * HOUR, "sick": true} for key, hours, true in rows])


def joined(
    said: pd.DataFrame, known: pd.DataFrame, *, within: timedelta = 48 * HOUR, until: float = 100
) -> list[tuple[str, Any]]:
    found = late_labels.joined(
        said, known, keys=["patient"], label="sick", within=within, until=NOON + until * HOUR
    )
    return sorted(zip(found["prediction"], found["truth"], strict=True))


@pytest.mark.parametrize(
    ("said", "known", "found"),
    [
        pytest.param([(1, 0, "a")], [(1, 5, 1)], [("a", 1)], id="late"),
        pytest.param([(1, 0, "a")], [(1, -1, 1)], [], id="known before the answer"),
        pytest.param([(1, 0, "a")], [(1, 49, 1)], [], id="too late"),
        pytest.param([(1, 0, "a")], [(2, 5, 1)], [], id="another's"),
        pytest.param([(1, 0, "a"), (1, 3, "b")], [(1, 5, 1)], [("b", 1)], id="asked twice: the last answer before it"),
        pytest.param([(1, 0, "a"), (1, 6, "b")], [(1, 5, 1)], [("a", 1)], id="asked again after it was known"),
        pytest.param([(1, 0, "a"), (1, 6, "b")], [(1, 5, 1), (1, 9, 0)], [("a", 1), ("b", 0)], id="one label for each answer"),
        pytest.param([(1, 0, "a")], [(1, 5, 1), (1, 5, 1)], [("a", 1)], id="told twice"),
        pytest.param([(1, 0, "a")], [(1, 9, 0), (1, 5, 1)], [("a", 0)], id="corrected later"),
        pytest.param([(1, 0, "a")], [(1, 5, None)], [], id="no label in the row"),
        pytest.param([(1, 0, "a")], [(1.0, 5, 1)], [("a", 1)], id="key as a float"),
        pytest.param([("1", 0, "a")], [(1, 5, 1)], [("a", 1)], id="key as a text"),
        pytest.param([(1, 0, "a")], [(1, 0, 1)], [("a", 1)], id="in the same moment"),
    ],
)
def test_a_label_belongs_to_the_last_answer_before_it(said: list[Any], known: list[Any], found: list[Any]) -> None:
    assert joined(answers(*said), labels(*known)) == found


def test_labels_of_after_the_look_are_not_there_yet() -> None:
    assert joined(answers((1, 0, "a")), labels((1, 5, 1)), until=4) == []
    assert joined(answers((1, 0, "a")), labels((1, 5, 1)), until=5) == [("a", 1)]


def test_times_without_a_zone_are_utc_and_summer_time_moves_nothing() -> None:
    """On 29 March 2026 clocks in Berlin go from two to three: 01:30 UTC is 03:30 there."""
    night = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    said = pd.DataFrame({"patient": [1], "time": [night], "prediction": ["a"]})
    known_at = pd.to_datetime([night + HOUR]).tz_convert("Europe/Berlin")
    there = pd.DataFrame({"patient": [1], "event_timestamp": known_at, "sick": [1]})
    naive = there.assign(event_timestamp=[(night + HOUR).replace(tzinfo=None)])
    for known in (there, naive):
        assert joined(said, known, within=HOUR) == [("a", 1)]
        assert joined(said, known, within=HOUR - timedelta(seconds=1)) == []


def test_several_keys_and_the_labels_other_columns_come_along() -> None:
    said = pd.DataFrame({"shop": ["a", "a", "b"], "day": [1, 2, 1], "time": [NOON] * 3, "prediction": [1.0, 2.0, 3.0]})
    known = pd.DataFrame(
        {"day": [1, 1], "shop": ["b", "a"], "event_timestamp": [NOON + HOUR] * 2, "sales": [30.0, 10.0], "region": ["n", "s"]}
    )
    found = late_labels.joined(said, known, keys=["shop", "day"], label="sales", within=2 * HOUR, until=NOON + 2 * HOUR)
    assert list(found[["prediction", "truth", "region"]].sort_values("prediction").itertuples(index=False, name=None)) == [
        (1.0, 10.0, "s"),
        (3.0, 30.0, "n"),
    ]


def test_what_labels_call_as_the_log_does_takes_nobodys_place() -> None:
    others = {"prediction": "z", "score": 0.9, "time": "noon", "version": "9", "truth": 7}
    found = late_labels.joined(
        answers((1, 0, "a")).assign(version="1"),
        labels((1, 5, 1)).assign(**others),
        keys=["patient"],
        label="sick",
        within=48 * HOUR,
        until=NOON + 100 * HOUR,
    )
    assert found[["prediction", "version", "truth"]].to_numpy().tolist() == [["a", "1", 1]]
    assert found["time"].tolist() == [pd.Timestamp(NOON)]


def test_the_label_itself_may_be_called_score() -> None:
    known = labels((1, 5, 1)).rename(columns={"sick": "score"})
    found = late_labels.joined(
        answers((1, 0, "a")), known, keys=["patient"], label="score", within=48 * HOUR, until=NOON + 100 * HOUR
    )
    assert found[["prediction", "truth"]].to_numpy().tolist() == [["a", 1]]


def test_each_of_many_labels_counts_once() -> None:
    rng = np.random.default_rng(5)
    said = pd.DataFrame(
        {"patient": rng.integers(0, 300, 5000), "time": NOON + pd.to_timedelta(rng.integers(0, 10**6, 5000), "s")}
    ).assign(prediction=np.arange(5000))
    known = pd.DataFrame(
        {"patient": np.arange(300), "event_timestamp": NOON + pd.to_timedelta(rng.integers(0, 10**6, 300), "s"), "sick": 1}
    )
    found = late_labels.joined(
        said, known, keys=["patient"], label="sick", within=timedelta(days=20), until=NOON + timedelta(days=20)
    )
    expected = []
    for _, label in known.iterrows():
        before = said[(said["patient"] == label["patient"]) & (said["time"] <= label["event_timestamp"])]
        if len(before):
            expected.append(before.loc[before["time"].idxmax(), "prediction"])
    assert sorted(found["prediction"]) == sorted(expected)
