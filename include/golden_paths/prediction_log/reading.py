"""Rows of a log, read file by file: what lies in memory is bounded, whatever the log holds."""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from golden_paths.errors import StepFailed
from golden_paths.prediction_log import compaction, names, unified
from golden_paths.prediction_log.store import Store

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MOST = 1_000_000
NEEDED = {"time", "model", "version", "digest", "prediction"}
LARGEST = 2**30  # bytes of a file, unpacked: a body has 64 MiB at most
SLACK = 1.25  # that many times the rows of a sample are held while it is drawn
AGAIN = 0.2  # seconds; a store that shows a file before all of it is there has it then
log = logging.getLogger(__name__)


def read(
    store: Store,
    model: str,
    start: datetime,
    end: datetime,
    *,
    version: str | None = None,
    digest: str | None = None,
    columns: Sequence[str] | None = None,
    most: int = MOST,
) -> pd.DataFrame:
    """Rows answered in [start, end), in the order of time; `columns` as in the files, absent: all that any file has.

    Of more than `most` rows an even sample, the same at every reading of the same files; `attrs["rows"]` says how many
    there are in all. A file that is none of ours is passed over with a warning. Raises `StepFailed`, worth a retry, when the
    store cannot be read.
    """
    wanted = _Wanted(model, _zoned(start), _zoned(end), version, digest)
    sample = _Sample(most)
    for _, name, table in _tables(store, wanted, columns):
        sample.add(name, table)
    frame = unified.frame(sample.tables(), columns)
    frame = frame.sort_values("time", kind="stable", ignore_index=True)
    frame = frame if columns is None else frame[list(columns)]
    frame.attrs["rows"] = sample.rows
    return frame


def counts(store: Store, model: str, start: datetime, end: datetime) -> dict[tuple[datetime, str], int]:
    """Rows answered in [start, end) by hour (UTC) and version. Of each file one column is read."""
    wanted, found = _Wanted(model, _zoned(start), _zoned(end), None, None), dict[tuple[datetime, str], int]()
    for begin, _, table in _tables(store, wanted, ["version"]):
        for version in table["version"].value_counts().to_pylist():
            place = (begin, str(version["values"]))
            found[place] = found.get(place, 0) + int(version["counts"])
    return found


class _Wanted:
    """Which rows."""

    def __init__(self, model: str, start: datetime, end: datetime, version: str | None, digest: str | None) -> None:
        self.model, self.start, self.end, self.version, self.digest = model, start, end, version, digest

    def of(self, table: pa.Table) -> pa.Table:
        """Those of a file that are."""
        import pyarrow as pa
        import pyarrow.compute as pc

        moment = table["time"].cast(pa.timestamp("us", tz="UTC"))
        kept = pc.and_(
            pc.greater_equal(moment, pa.scalar(self.start, moment.type)), pc.less(moment, pa.scalar(self.end, moment.type))
        )
        for name, value in (("model", self.model), ("version", self.version), ("digest", self.digest)):
            if value is not None:
                kept = pc.and_(kept, pc.equal(table[name].cast(pa.string()), value))
        return table.set_column(table.column_names.index("time"), "time", moment).filter(kept)


def _files(store: Store, wanted: _Wanted) -> Iterator[tuple[datetime, str]]:
    """The hour and the name of each file that may have such rows."""
    try:
        for begin, folder in names.hours(store, wanted.model, wanted.start, wanted.end):
            for name in compaction.in_order(store.list(folder)):
                by = names.version_of(name)
                if by is not None and wanted.version in (None, by):
                    yield begin, f"{folder}/{name}"
    except OSError as error:
        raise _unreadable(error) from error


def _tables(store: Store, wanted: _Wanted, columns: Sequence[str] | None) -> Iterator[tuple[datetime, str, pa.Table]]:
    """The hour, the name and the wanted rows of each file, but of those that another one replaces."""
    live, of = compaction.Live(), ""
    for begin, name in _files(store, wanted):
        folder, _, last = name.rpartition("/")
        if folder != of:
            live, of = compaction.Live(), folder
        if last in live.replaced:
            continue
        table = _table(store, name, wanted, columns)
        if table is not None and live.takes(last, table):
            yield begin, name, table


def _table(store: Store, name: str, wanted: _Wanted, columns: Sequence[str] | None) -> pa.Table | None:
    """The rows of one file that are wanted; None of one that is none of ours."""
    import pyarrow as pa

    for attempt in range(2):
        try:
            return _kept(store.read(name), wanted, columns)
        except FileNotFoundError:  # retention was here
            return None
        except (pa.ArrowException, ValueError, KeyError, OSError) as error:
            if isinstance(error, OSError) and not isinstance(error, pa.ArrowException):
                raise _unreadable(error) from error
            if attempt:
                log.warning("prediction log: %s is passed over: %s", name, str(error)[:200])
            else:
                time.sleep(AGAIN)
    return None


def _kept(content: bytes, wanted: _Wanted, columns: Sequence[str] | None) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        held = file.schema_arrow.names
        if lacking := NEEDED.difference(held):
            raise ValueError(f"it has no {', '.join(sorted(lacking))}")
        if sum(file.metadata.row_group(at).total_byte_size for at in range(file.num_row_groups)) > LARGEST:
            raise ValueError("it is larger than any server writes")
        asked = None if columns is None else [name for name in held if name in NEEDED.union(columns)]
        found = wanted.of(file.read(columns=asked, use_threads=False))
    except OSError as error:  # pyarrow's word for a file that is cut short
        raise ValueError(str(error)) from error
    return found if columns is None else found.select([name for name in held if name in {*columns, "time"}])


class _Sample:
    """An even sample of all rows that are added: each has a random place, the same at every reading, and the first ones stay."""

    def __init__(self, most: int) -> None:
        self.rows = 0
        self._most, self._below = most, 1.0
        self._kept: list[tuple[Any, Any]] = []  # tables, and the places of their rows

    def add(self, name: str, table: pa.Table) -> None:
        """Take a file's rows."""
        import numpy as np

        self.rows += len(table)
        self._take(table, np.random.default_rng(zlib.crc32(name.encode())).random(len(table)))
        if self._size > self._most * SLACK:
            self._trim()

    def tables(self) -> list[pa.Table]:
        """The rows that stay."""
        if self._size > self._most:
            self._trim()
        return [table for table, _ in self._kept]

    @property
    def _size(self) -> int:
        return sum(len(table) for table, _ in self._kept)

    def _trim(self) -> None:
        import numpy as np

        places = np.concatenate([those for _, those in self._kept])
        self._below = float(np.partition(places, self._most)[self._most])
        kept, self._kept = self._kept, []
        for table, those in kept:
            self._take(table, those)

    def _take(self, table: pa.Table, places: Any) -> None:
        import pyarrow as pa

        taken = places < self._below
        if taken.any():
            self._kept.append((table if taken.all() else table.filter(pa.array(taken)), places[taken]))


def _zoned(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment


def _unreadable(error: OSError) -> StepFailed:
    return StepFailed(
        f"the prediction log cannot be read: {error}", remedy="see prediction_log in include/platform.yaml", retry=True
    )
