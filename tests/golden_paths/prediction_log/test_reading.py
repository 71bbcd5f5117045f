"""Rows of a log, whatever lies in its folder."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from golden_paths.errors import StepFailed
from golden_paths.prediction_log import reading
from golden_paths.prediction_log.folder_store import FolderStore
from prediction_logs import answered, form, write

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(str(tmp_path))


def ages(frame: pd.DataFrame) -> list[float]:
    return list(frame["feature.age"]) if len(frame) else []


def read(store: FolderStore, **more: object) -> pd.DataFrame:
    return reading.read(store, "risk", NOON - DAY, NOON + DAY, **more)  # type: ignore[arg-type]


def test_every_row_comes_back_in_the_order_of_time_with_all_its_columns(store: FolderStore) -> None:
    write(store, answered(NOON + timedelta(minutes=2), [70.0], request="b", patient=7), answered(NOON, [40.0, None], request="a"))
    frame = read(store)
    assert list(frame.columns) == [
        "time",
        "request_id",
        "model",
        "version",
        "digest",
        "prediction",
        "score",
        "entity.patient",
        "feature.age",
        "feature.sex",
        "feature.ward",
    ]
    assert list(frame["time"]) == [pd.Timestamp(NOON)] * 2 + [pd.Timestamp(NOON + timedelta(minutes=2))]
    assert str(frame["time"].dtype) == "datetime64[us, UTC]"
    assert (list(frame["request_id"]), frame.attrs["rows"]) == (["a", "a", "b"], 3)
    assert (frame["entity.patient"].isna().tolist(), frame["entity.patient"][2]) == ([True, True, False], 7)
    assert (ages(frame)[0], pd.isna(ages(frame)[1]), list(frame["prediction"])) == (40.0, True, [False, False, True])
    assert list(frame["score"]) == [0.75] * 3


def test_a_window_has_its_start_and_not_its_end(store: FolderStore) -> None:
    moments = [NOON + timedelta(hours=hour) for hour in range(4)]
    write(store, *(answered(moment, [float(number)]) for number, moment in enumerate(moments)))
    assert ages(reading.read(store, "risk", moments[1], moments[3])) == [1.0, 2.0]
    assert ages(reading.read(store, "risk", moments[1], moments[1])) == []


@pytest.mark.parametrize("day", [datetime(2026, 10, 25), datetime(2026, 3, 29)], ids=["an hour twice", "an hour left out"])
def test_a_day_of_a_zone_has_its_hours_when_the_clock_changes(store: FolderStore, day: datetime) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start, end = day.replace(tzinfo=berlin), (day + DAY).replace(tzinfo=berlin)
    first, hours = start.astimezone(UTC), int((end.astimezone(UTC) - start.astimezone(UTC)) / timedelta(hours=1))
    write(store, *(answered(first + timedelta(hours=hour), [float(hour)]) for hour in range(-2, hours + 2)))
    assert (hours in (23, 25), ages(reading.read(store, "risk", start, end))) == (True, [float(one) for one in range(hours)])


def test_a_time_without_a_zone_is_refused(store: FolderStore) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        reading.read(store, "risk", datetime(2026, 1, 1), NOON)


def test_versions_and_digests_are_told_apart(store: FolderStore) -> None:
    for version in ("1", "2", "11"):
        write(store, answered(NOON, [float(version)]), of=form(version))
    assert ages(read(store, version="1")) == [1.0]
    assert ages(read(store, digest="d11")) == [11.0]
    assert ages(read(store, version="2", digest="d1")) == []


def test_columns_that_are_asked_for_are_there_even_when_no_file_has_them(store: FolderStore) -> None:
    columns = ["prediction", "feature.age", "feature.weight"]
    assert list(read(store, columns=columns).columns) == columns
    write(store, answered(NOON, [40.0]))
    frame = read(store, columns=columns)
    assert (list(frame.columns), ages(frame), frame["feature.weight"].isna().all()) == (columns, [40.0], True)


def test_another_model_is_none_of_ours(store: FolderStore) -> None:
    write(store, answered(NOON, [40.0]))
    [name] = write(FolderStore(str(store.root / "other")), answered(NOON, [50.0]))
    assert ages(reading.read(store, "risks", NOON - DAY, NOON + DAY)) == []
    store.write(name.replace("/1-", "/1-x-"), (store.root / "other" / name).read_bytes())
    assert sorted(ages(read(store))) == [40.0, 50.0]


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ([1, 2], [0.5], [1.0, 2.0, 0.5]),
        ([1], [None], [1.0, None]),
        ([1], ["north"], ["1", "north"]),
        ([True], [2], [1.0, 2.0]),
        ([True], ["x"], ["true", "x"]),
        ([None], [None], [None, None]),
        (["a"], [None], ["a", None]),
    ],
    ids=str,
)
def test_files_whose_types_differ_are_one_frame(
    store: FolderStore, one: list[object], two: list[object], expected: list[object]
) -> None:
    name = "risk/date=2026-11-27/hour=12/1-pod-a-{}.parquet"
    for number, values in enumerate((one, two)):
        frame = pd.DataFrame({"prediction": pd.Series(values, dtype=object).infer_objects()})
        frame = frame.assign(time=pd.Timestamp(NOON + timedelta(minutes=number)), model="risk", version="1", digest="d1")
        stream = BytesIO()
        frame.to_parquet(stream)
        store.write(name.format(number), stream.getvalue())
    found = list(read(store)["prediction"])
    assert [None if pd.isna(value) else value for value in found] == expected


def odd(store: FolderStore) -> dict[str, bytes]:
    whole = (store.root / write(store, answered(NOON, [40.0]))[0]).read_bytes()
    foreign = BytesIO()
    pd.DataFrame({"a": [1]}).to_parquet(foreign)
    garbage = b"PAR1" + b"x" * 50 + b"PAR1"
    return {"torn": whole[: len(whole) // 2], "empty": b"", "no parquet": garbage, "foreign": foreign.getvalue()}


@pytest.mark.parametrize("case", ["torn", "empty", "no parquet", "foreign"])
def test_a_file_that_is_none_of_ours_is_passed_over_with_a_warning(
    store: FolderStore, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    name = "risk/date=2026-11-27/hour=12/1-pod-a-9.parquet"
    store.write(name, odd(store)[case])
    with caplog.at_level(logging.WARNING):
        assert ages(read(store)) == [40.0]
        assert reading.counts(store, "risk", NOON - DAY, NOON + DAY) == {(NOON, "1"): 1}
    assert f"prediction log: {name} is passed over: " in caplog.messages[0]


def test_a_file_that_would_fill_the_memory_is_passed_over(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    write(store, answered(NOON, [40.0]))
    write(store, answered(NOON, [float(number) for number in range(20_000)]), of=form("2"))
    monkeypatch.setattr(reading, "LARGEST", 50_000)
    assert ages(read(store)) == [40.0]


def test_folders_and_files_that_are_called_otherwise_are_passed_over(store: FolderStore) -> None:
    write(store, answered(NOON, [40.0]))
    for name in ("notes.txt", "date=2026-11-27/x", "date=2026-13-45/hour=01/1-a.parquet", "date=2026-11-27/hour=99/1-a.parquet"):
        store.write(f"risk/{name}", b"?")
    assert ages(read(store)) == [40.0]


def test_of_more_rows_than_are_wanted_an_even_sample_is_read_and_the_same_each_time(store: FolderStore) -> None:
    for file in range(40):
        at = NOON + timedelta(minutes=file)
        write(store, *(answered(at, [float(file)] * 50) for _ in range(2)))
    frame = read(store, most=400)
    assert (len(frame), frame.attrs["rows"], frame["time"].is_monotonic_increasing) == (400, 4000, True)
    by_file = frame["feature.age"].value_counts()
    assert (len(by_file) >= 38, by_file.max() <= 25) == (True, True)  # 10 of each file, binomial
    assert read(store, most=400).equals(frame)


def test_a_store_that_cannot_be_read_is_an_error_that_may_pass(store: FolderStore) -> None:
    (store.root / "risk").write_text("no folder")
    with pytest.raises(StepFailed, match="the prediction log cannot be read: ") as caught:
        read(store)
    assert caught.value.retry


def test_rows_are_counted_by_hour_and_version(store: FolderStore) -> None:
    write(store, answered(NOON, [1.0, 2.0]), answered(NOON + timedelta(minutes=59), [3.0]), answered(NOON + DAY / 24, [4.0]))
    write(store, answered(NOON, [5.0]), of=form("2"))
    later = NOON + timedelta(hours=1)
    assert reading.counts(store, "risk", NOON - DAY, NOON + DAY) == {(NOON, "1"): 3, (NOON, "2"): 1, (later, "1"): 1}
    assert reading.counts(store, "risk", NOON + timedelta(minutes=30), later) == {(NOON, "1"): 1}
