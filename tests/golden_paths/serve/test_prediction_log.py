"""The log's queue and thread: nothing is waited for, nothing is lost silently."""

from __future__ import annotations

import errno
import json
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from golden_paths.prediction_log import reading
from golden_paths.prediction_log.batch import Form
from golden_paths.serve import log_queue, log_writer
from golden_paths.serve.log_metrics import LogMetrics
from golden_paths.serve.log_queue import LogQueue
from golden_paths.serve.log_writer import LogWriter
from prediction_logs import Broken, form

ONE = log_queue.weight(1, 3, 100)  # of one row, as `Log.put` makes it
EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Log:
    """A log with a store that can be made to fail."""

    def __init__(self, root: Path, *, seconds: float = 0.05, form: Callable[[], Form] = form) -> None:
        self.store, self.queue, self.registry = Broken(str(root)), LogQueue(), CollectorRegistry()
        metrics = LogMetrics(self.registry, lambda: self.queue.rows)
        self.queue.dropped = metrics.dropped
        self.writer = LogWriter(self.queue, metrics, opened=lambda: self.store, form=form, seconds=seconds)

    def put(self, rows: int = 1, *, size: int = 100) -> None:
        columns: dict[str, list[Any]] = {"age": [40.0] * rows, "sex": [1] * rows, "ward": ["north"] * rows}
        self.queue.put(b"r", None, columns, {"predictions": [True] * rows}, size)

    def metric(self, name: str) -> float:
        lines = (line.rsplit(" ", 1) for line in generate_latest(self.registry).decode().splitlines() if line[0] != "#")
        return next(float(value) for found, value in lines if found == f"golden_paths_log_{name}")

    def dropped(self, reason: str) -> float:
        return self.metric(f'dropped_rows_total{{reason="{reason}"}}')

    def rows(self) -> int:
        return len(reading.read(self.store, "risk", *EVER))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path)
    made.writer.start()
    yield made
    made.store.fault = None
    if made.store.blocked:
        made.store.blocked.set()
    made.writer.end(10)


def until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def test_rows_are_written_after_a_while_and_counted(log: Log) -> None:
    log.put(3)
    until(lambda: log.metric("rows_total") == 3)
    assert (log.rows(), log.metric("queued_rows"), log.metric("last_error_timestamp_seconds")) == (3, 0, 0)


def test_a_store_that_fails_is_tried_again_and_nothing_is_lost(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_writer, "FIRST_PAUSE", 0.01)
    log.store.fault = OSError(errno.ENOSPC, "No space left on device")
    log.put(2)
    until(lambda: log.store.tries >= 3)
    log.put(1)
    assert (log.metric("rows_total"), log.metric("last_error_timestamp_seconds") > 0) == (0, True)
    log.store.fault = None
    until(lambda: log.metric("rows_total") == 3)
    assert (log.rows(), [log.dropped(reason) for reason in ("queue_full", "store_fails")]) == (3, [0, 0])


def test_pauses_between_attempts_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, now = Log(tmp_path), [0.0]
    monkeypatch.setattr(log_writer.time, "monotonic", lambda: now[0])
    log.store.fault = OSError("away")
    log.put()
    tried = []
    for now[0] in range(200):
        before = log.store.tries
        log.writer._turn()
        tried += [now[0]] if log.store.tries > before else []
    assert tried == [0, 1, 3, 7, 15, 31, 63, 123, 183]


def test_of_what_a_failing_store_does_not_take_the_oldest_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(tmp_path)
    monkeypatch.setattr(log_writer, "MOST_BYTES", 12_000)  # three files, more or less
    log.store.fault = OSError("away")
    for _ in range(9):
        log.put(10)
        log.writer._turn()
    waiting = sum(file.rows for file in log.writer._files)
    assert (0 < waiting < 90, log.dropped("store_fails"), log.writer._bytes <= 12_000) == (True, 90 - waiting, True)
    log.store.fault = None
    log.writer.soon()
    log.writer._turn()
    assert (log.rows(), log.metric("rows_total"), log.writer._bytes) == (waiting, waiting, 0)


def test_a_store_that_answers_nothing_fills_the_queue_which_then_drops_and_counts(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_queue, "MOST", 10 * ONE)
    log.store.blocked = threading.Event()
    log.put(1)
    until(lambda: log.store.tries == 1)
    began = time.perf_counter()
    for _ in range(25):
        log.put(1)
    assert (time.perf_counter() - began < 1, log.dropped("queue_full"), log.metric("queued_rows")) == (True, 15, 10)
    log.store.blocked.set()
    until(lambda: log.metric("rows_total") == 11)


def test_a_request_that_is_larger_than_the_queue_is_taken_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_queue, "MOST", 2 * ONE)
    log = Log(tmp_path)
    log.put(50, size=50_000)
    log.put(1)
    assert (log.queue.rows, log.dropped("queue_full")) == (50, 1)
    log.queue.take(1)
    log.put(1)
    assert (log.queue.rows, log.dropped("queue_full")) == (1, 1)


def test_a_single_request_wakes_nobody_and_a_fifth_of_the_queue_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_queue, "MOST", 100 * ONE)
    log = Log(tmp_path)
    woken = []
    for _ in range(25):
        log.put()
        woken.append(log.queue.wake.is_set())
    assert (woken.index(True), all(woken[21:])) == (21, True)


def test_rows_that_make_no_file_are_counted_and_the_next_ones_are_written(log: Log) -> None:
    log.queue.put(b"r", None, {"age": [1.0]}, {"predictions": [True]}, 10)  # without two of the features
    until(lambda: log.dropped("unwritable") == 1)
    log.put(2)
    until(lambda: log.metric("rows_total") == 2)
    assert log.rows() == 2


def test_a_row_that_makes_no_file_takes_no_other_with_it(tmp_path: Path) -> None:
    log = Log(tmp_path)
    for number in range(100):
        if number == 37:
            log.queue.put(b"r", None, {"age": [1.0]}, {"predictions": [True]}, 10)
        log.put()
    log.writer.start()
    log.writer.end(10)
    assert (log.dropped("unwritable"), log.rows()) == (1, 100)


def test_half_of_a_surrogate_pair_is_written_as_a_question_mark(tmp_path: Path) -> None:
    """Python's json reads it, orjson and parquet do not."""
    log = Log(tmp_path)
    columns: dict[str, list[Any]] = {"age": [1.0], "sex": [1], "ward": [json.loads('"\\ud800 north"')]}
    log.queue.put(b"r", None, columns, {"predictions": [True]}, 10)
    log.put()
    log.writer.start()
    log.writer.end(10)
    found = reading.read(log.store, "risk", *EVER)
    assert (log.dropped("unwritable"), sorted(found["feature.ward"])) == (0, ["? north", "north"])


def test_the_end_writes_what_there_is_at_once(tmp_path: Path) -> None:
    log = Log(tmp_path, seconds=3600)
    log.writer.start()
    for _ in range(3):
        log.put(2)
    log.writer.end(30)
    assert (log.rows(), log.metric("rows_total"), log.dropped("ended")) == (6, 6, 0)


def test_the_end_tries_a_store_that_comes_back(tmp_path: Path) -> None:
    log = Log(tmp_path, seconds=3600)
    log.writer.start()
    log.store.fault = OSError("away")
    log.put(2)
    threading.Timer(0.5, lambda: setattr(log.store, "fault", None)).start()
    log.writer.end(30)
    assert (log.rows(), log.dropped("ended")) == (2, 0)


def test_the_end_does_not_wait_longer_than_it_may_and_tells_what_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = Log(tmp_path, seconds=3600)
    log.store.blocked = threading.Event()
    log.writer.start()
    log.put(2)
    began = time.monotonic()
    log.writer.end(0.3)
    assert (time.monotonic() - began < 5, log.dropped("ended")) == (True, 2)
    assert "prediction log: 2 rows are lost: they could not be written within 0.3 s" in caplog.messages
    log.store.blocked.set()


@pytest.mark.parametrize(("rows", "features"), [(1, 3), (1, 100), (1000, 10), (20_000, 3)])
def test_what_waits_weighs_about_as_much_as_is_guessed(rows: int, features: int) -> None:
    names = [f"f{number}" for number in range(features)]
    times = max(1, 2000 // rows)
    body = json.dumps({"inputs": {name: [0.123456] * rows for name in names}})
    tracemalloc.start()
    held = [(json.loads(body)["inputs"], {"predictions": [number + 0.5 for number in range(rows)]}) for _ in range(times)]
    taken = tracemalloc.get_traced_memory()[0] / times
    tracemalloc.stop()
    assert 0.5 < log_queue.weight(rows, features, len(body)) / taken < 3, held[0][0].keys()


@pytest.mark.parametrize("answer", [{}, {"predictions": None}], ids=str)
def test_an_answer_that_cannot_be_kept_is_counted_and_raises_nothing(tmp_path: Path, answer: dict[str, Any]) -> None:
    log = Log(tmp_path)
    log.queue.put(b"r", None, {}, answer, 10)
    assert (log.dropped("unwritable"), log.queue.rows) == (1, 0)
