"""The rows to learn from: times of any usual kind are taken, and what would make a wrong join is refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from golden_paths.clients import feast_entities
from golden_paths.errors import StepFailed

MOMENT = pd.Timestamp("2026-01-01T12:00:00Z")
REMEDY = "make it with pandas.to_datetime(frame['event_timestamp'], utc=True)"
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "numbers": ({"event_timestamp": [1, 2]}, {}, f"event_timestamp of labels.parquet holds numbers, not times; {REMEDY}"),
    "a time is missing": (
        {"event_timestamp": [MOMENT, None]},
        {},
        "event_timestamp of labels.parquet is missing in 1 rows; leave those rows out",
    ),
    "no key": (
        {},
        {"keys": ["shop"]},
        "labels.parquet has no column shop; "
        "it needs the keys of the service's views, the time and the label: shop, event_timestamp, left",
    ),
    "the label is a key": (
        {},
        {"label": "customer"},
        "label customer is a key of the entity; name the column that the model predicts",
    ),
    "the label is a feature": (
        {},
        {"features": ["left"]},
        "label left is also a feature of the service: the model would be given what it is to predict; "
        "leave it out of the service, or rename one of them when they differ",
    ),
}


def write(folder: Path, **columns: Any) -> Path:
    frame = pd.DataFrame({"customer": [1, 2], "event_timestamp": [MOMENT, MOMENT], "left": [0, 1]} | columns)
    frame.to_parquet(folder / "labels.parquet")
    return folder / "labels.parquet"


def read(file: Path, **asked: Any) -> pd.DataFrame:
    return feast_entities.read(file, **({"keys": ["customer"], "label": "left", "features": ["age"]} | asked))


@pytest.mark.parametrize(
    "moment",
    ["2026-01-01 12:00:00", "2026-01-01T13:00:00+01:00", MOMENT.as_unit("ns"), MOMENT.tz_localize(None)],
    ids=["text", "text of another zone", "nanoseconds", "no zone"],
)
def test_times_become_utc_in_microseconds(tmp_path: Path, moment: object) -> None:
    found = read(write(tmp_path, event_timestamp=[moment, moment]))
    assert (str(found["event_timestamp"].dtype), list(found["event_timestamp"])) == ("datetime64[us, UTC]", [MOMENT] * 2)


@pytest.mark.parametrize("what", REFUSED)
def test_what_means_nothing_or_two_things_is_refused(tmp_path: Path, what: str) -> None:
    columns, asked, said = REFUSED[what]
    with pytest.raises(StepFailed) as caught:
        read(write(tmp_path, **columns), **asked)
    assert str(caught.value) == said


def test_repeated_rows_are_kept_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(read(write(tmp_path, customer=[1, 1]))) == 2
    assert capsys.readouterr().out.startswith("labels.parquet: 1 of 2 rows repeat the keys and time of another")
