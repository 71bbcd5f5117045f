"""Small files of an hour that is over become one, and no row is lost or there twice, whatever is killed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from golden_paths.prediction_log import compaction, reading
from golden_paths.prediction_log.folder_store import FolderStore
from prediction_logs import answered, form, write

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=3)  # the hour of noon ended two hours ago
FOLDER = "risk/date=2026-11-27/hour=12"
FILES = 40


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    made = FolderStore(str(tmp_path))
    for number in range(FILES):
        at = NOON + timedelta(seconds=15 * number)
        write(made, answered(at, [float(number)], request=f"r{number}"), of=form("1" if number % 4 else "2"))
    return made


def rows(store: FolderStore) -> list[float]:
    return sorted(reading.read(store, "risk", NOON - timedelta(hours=9), LATER)["feature.age"])


ALL = [float(number) for number in range(FILES)]


def test_each_version_has_one_file_and_every_row_is_there_once(store: FolderStore) -> None:
    before = reading.read(store, "risk", NOON, LATER)
    assert compaction.compact(store, "risk", now=LATER) == FILES
    assert [name.partition("-")[0] for name in store.list(FOLDER)] == ["1", "2"]
    after = reading.read(store, "risk", NOON, LATER)
    assert rows(store) == ALL
    assert after.equals(before) and list(after.dtypes) == list(before.dtypes)
    assert reading.counts(store, "risk", NOON, LATER) == {(NOON, "1"): 30, (NOON, "2"): 10}
    assert len(reading.read(store, "risk", NOON, LATER, version="2", digest="d2", columns=["prediction"])) == 10
    assert len(reading.read(store, "risk", NOON, NOON + timedelta(minutes=1))) == 4


def test_again_nothing_is_done(store: FolderStore) -> None:
    compaction.compact(store, "risk", now=LATER)
    kept = store.list(FOLDER)
    assert compaction.compact(store, "risk", now=LATER) == 0
    assert store.list(FOLDER) == kept


def test_an_hour_that_is_hardly_over_and_a_few_files_stay_as_they_are(store: FolderStore, tmp_path: Path) -> None:
    assert compaction.compact(store, "risk", now=LATER - timedelta(seconds=1)) == 0
    few = FolderStore(str(tmp_path / "few"))
    for number in range(compaction.FEW - 1):
        write(few, answered(NOON, [1.0], request=f"r{number}"))
    assert compaction.compact(few, "risk", now=LATER) == 0


class Killed(FolderStore):
    """Dies at the `at`-th write or delete, before or after it was done."""

    def __init__(self, root: str, at: int, *, done: bool) -> None:
        super().__init__(root)
        self.left, self.done = at, done

    def _deed(self, deed: object, *given: object) -> None:
        self.left -= 1
        if self.left or self.done:
            deed(*given)  # type: ignore[operator]
        if not self.left:
            raise KeyboardInterrupt

    def write(self, name: str, content: bytes) -> None:
        self._deed(super().write, name, content)

    def delete(self, name: str) -> None:
        self._deed(super().delete, name)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 20, 31, 32, 33, 42])
def test_killed_anywhere_every_row_is_there_once_and_the_next_one_finishes(store: FolderStore, at: int, done: bool) -> None:
    with pytest.raises(KeyboardInterrupt):
        compaction.compact(Killed(str(store.root), at, done=done), "risk", now=LATER)
    assert rows(store) == ALL
    compaction.compact(store, "risk", now=LATER)
    assert rows(store) == ALL
    assert len(store.list(FOLDER)) == 2


def test_what_comes_late_is_read_beside_and_put_together_when_there_is_enough(store: FolderStore) -> None:
    compaction.compact(store, "risk", now=LATER)
    for number in range(100, 104):
        write(store, answered(NOON + timedelta(minutes=50), [float(number)], request=f"r{number}"))
    compaction.compact(store, "risk", now=LATER)
    assert (rows(store), len(store.list(FOLDER))) == ([*ALL, 100.0, 101.0, 102.0, 103.0], 6)
    for number in range(104, 108):
        write(store, answered(NOON + timedelta(minutes=51), [float(number)], request=f"r{number}"))
    compaction.compact(store, "risk", now=LATER)
    assert (rows(store), len(store.list(FOLDER))) == ([*ALL, *(float(number) for number in range(100, 108))], 2)


def test_a_torn_or_foreign_file_stays_where_it_is(store: FolderStore) -> None:
    store.write(f"{FOLDER}/1-torn.parquet", b"PAR1 half")
    store.write(f"{FOLDER}/notes.txt", b"mine")
    compaction.compact(store, "risk", now=LATER)
    assert {"1-torn.parquet", "notes.txt"} <= set(store.list(FOLDER))
    assert rows(store) == ALL


def test_large_files_are_left_alone(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "LARGEST", 5000)
    assert compaction.compact(store, "risk", now=LATER) == 0
    assert rows(store) == ALL
