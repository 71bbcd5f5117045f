"""What is too old goes, in whole hours."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from golden_paths.prediction_log import reading, retention
from golden_paths.prediction_log.folder_store import FolderStore
from prediction_logs import answered, write

NOON = datetime(2026, 11, 27, 12, 30, tzinfo=UTC)
HOURS = [*range(30), 60]


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    made = FolderStore(str(tmp_path))
    write(made, *(answered(NOON - timedelta(hours=hours), [float(hours)]) for hours in HOURS))
    return made


def left(store: FolderStore) -> list[float]:
    found = reading.read(store, "risk", NOON - timedelta(days=9), NOON + timedelta(days=1))
    return sorted(found["feature.age"])


def test_hours_that_ended_before_go_and_the_hour_that_is_cut_stays(store: FolderStore) -> None:
    assert retention.tidy(store, "risk", timedelta(hours=24), now=NOON) == 6
    assert left(store) == [float(hours) for hours in range(25)]
    assert store.list("risk") == ["date=2026-11-26/", "date=2026-11-27/"]


def test_again_nothing_goes(store: FolderStore) -> None:
    retention.tidy(store, "risk", timedelta(hours=24), now=NOON)
    assert retention.tidy(store, "risk", timedelta(hours=24), now=NOON) == 0


def test_of_a_model_without_a_log_nothing_goes(store: FolderStore) -> None:
    assert retention.tidy(store, "other", timedelta(hours=1), now=NOON) == 0


def test_what_is_not_ours_stays(store: FolderStore) -> None:
    store.write("risk/date=2020-01-01/notes.txt", b"mine")
    retention.tidy(store, "risk", timedelta(hours=24), now=NOON)
    assert store.read("risk/date=2020-01-01/notes.txt") == b"mine"


def test_several_at_once_do_no_harm(store: FolderStore) -> None:
    faults: list[BaseException] = []

    def tidy() -> None:
        try:
            retention.tidy(store, "risk", timedelta(hours=2), now=NOON)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=tidy) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (faults, left(store)) == ([], [0.0, 1.0, 2.0])
