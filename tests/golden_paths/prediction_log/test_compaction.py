"""Small files of an hour that is over become one, and no row is lost or there twice, whatever is killed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from golden_paths.prediction_log import compaction, reading
from golden_paths.prediction_log.folder_store import FolderStore
from prediction_logs import answered, form, write

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=3)  # the hour of noon ended two hours ago
AFTER = LATER + compaction.GRACE + timedelta(minutes=1)
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


def late(store: FolderStore, *numbers: int) -> None:
    for number in numbers:
        write(store, answered(NOON + timedelta(minutes=50), [float(number)], request=f"r{number}"))


def settled(store: FolderStore) -> list[str]:
    """What a few looks leave."""
    for now in (LATER, AFTER, AFTER + compaction.GRACE + timedelta(minutes=1)):
        compaction.compact(store, "risk", now=now)
    return store.list(FOLDER)


def test_each_version_has_one_file_and_every_row_is_there_once(store: FolderStore) -> None:
    before = reading.read(store, "risk", NOON, LATER)
    assert compaction.compact(store, "risk", now=LATER) == 2
    assert rows(store) == ALL
    soon = LATER + compaction.GRACE - timedelta(seconds=1)
    assert compaction.compact(store, "risk", now=soon) == 0  # somebody may read what was replaced
    assert compaction.compact(store, "risk", now=AFTER) == FILES
    assert [name.partition("-")[0] for name in store.list(FOLDER)] == ["1", "2"]
    after = reading.read(store, "risk", NOON, LATER)
    assert rows(store) == ALL
    assert after.equals(before) and list(after.dtypes) == list(before.dtypes)
    assert reading.counts(store, "risk", NOON, LATER) == {(NOON, "1"): 30, (NOON, "2"): 10}
    assert len(reading.read(store, "risk", NOON, LATER, version="2", digest="d2", columns=["prediction"])) == 10
    assert len(reading.read(store, "risk", NOON, NOON + timedelta(minutes=1))) == 4


def test_again_nothing_is_done(store: FolderStore) -> None:
    kept = settled(store)
    assert compaction.compact(store, "risk", now=AFTER) == 0
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
        settled(Killed(str(store.root), at, done=done))
    assert rows(store) == ALL
    compaction.compact(store, "risk", now=AFTER)
    assert rows(store) == ALL
    assert len(settled(store)) == 2
    assert rows(store) == ALL


def test_what_comes_late_is_read_beside_and_put_together_when_there_is_enough(store: FolderStore) -> None:
    settled(store)
    late(store, *range(100, 104))
    assert len(settled(store)) == 6
    assert rows(store) == [*ALL, 100.0, 101.0, 102.0, 103.0]
    late(store, *range(104, 108))
    assert len(settled(store)) == 2
    assert rows(store) == [*ALL, *(float(number) for number in range(100, 108))]


class Meanwhile(FolderStore):
    """Before the first write, something else happens."""

    def __init__(self, root: str, happens: Callable[[], object]) -> None:
        super().__init__(root)
        self._happens: list[Callable[[], object]] = [happens]

    def write(self, name: str, content: bytes) -> None:
        while self._happens:
            self._happens.pop()()
        super().write(name, content)


@pytest.mark.parametrize("more", [(), (100,), (100, 101, 102)], ids=["the same files", "one more", "three more"])
@pytest.mark.parametrize("seconds", [0, 1])
def test_of_two_looks_at_once_every_row_is_there_once(store: FolderStore, more: tuple[int, ...], seconds: int) -> None:
    def the_other() -> None:
        late(store, *more)
        compaction.compact(store, "risk", now=LATER + timedelta(seconds=seconds))

    every = [*ALL, *map(float, more)]
    compaction.compact(Meanwhile(str(store.root), the_other), "risk", now=LATER)
    assert rows(store) == every
    after = AFTER + timedelta(seconds=seconds)
    compaction.compact(store, "risk", now=after)
    assert rows(store) == every
    assert compaction.compact(store, "risk", now=after) == 0
    assert len(store.list(FOLDER)) == 2


def test_who_listed_the_files_before_they_were_replaced_may_still_read_them(store: FolderStore) -> None:
    listed = store.list(FOLDER)
    compaction.compact(store, "risk", now=LATER)
    assert all(store.read(f"{FOLDER}/{name}") for name in listed)


def test_files_that_another_look_has_deleted_meanwhile_are_left_to_it(store: FolderStore) -> None:
    class Slow(FolderStore):
        def read(self, name: str) -> bytes:
            settled(store)
            return super().read(name)

    assert compaction.compact(Slow(str(store.root)), "risk", now=LATER) == 0
    assert rows(store) == ALL and len(store.list(FOLDER)) == 2


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
