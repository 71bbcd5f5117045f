"""Many small files of an hour that is over become one: a server writes one every 15 s, and a month of them takes long to read.

The new file says which it replaces, and readers pass those over from then on; only then are they deleted. So a row is never there
twice, and never gone, whatever is killed in between. Two at once are one too many: the watch does it, whose runs are one at a
time.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from golden_paths.prediction_log import names, unified
from golden_paths.prediction_log.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

MARK = "-compacted-"
REPLACES = b"golden_paths.replaces"  # in the file's metadata: names of files beside it
FEW = 8  # files of one version and hour that may stay as they are
SETTLED = timedelta(hours=2)  # after its end hardly anything is written to an hour any more
LARGEST = 64 * 2**20  # bytes of files that are put together


def compact(store: Store, model: str, *, now: datetime) -> int:
    """Put together what can be; returns how many files went. Raises `OSError` when the store cannot be reached."""
    done = 0
    for begin, folder in names.hours(store, model, end=now - SETTLED):
        if begin + names.HOUR + SETTLED > now:
            continue
        of_version: dict[str, list[str]] = {}
        for name in store.list(folder):
            if (version := names.version_of(name)) is not None:
                of_version.setdefault(version, []).append(name)
        for version, files in of_version.items():
            is_left = len(files) > 1 and any(MARK in name for name in files)  # by one that was killed, or it came late
            if len(files) >= FEW or is_left:
                done += _put_together(store, folder, version, files)
    return done


def in_order(files: Iterable[str]) -> list[str]:
    """Those first that may replace others."""
    return sorted(files, key=lambda name: (MARK not in name, name))


def replaced_by(table: pa.Table) -> set[str]:
    """The names that a file says it replaces."""
    return set(json.loads((table.schema.metadata or {}).get(REPLACES, b"[]")))


def _put_together(store: Store, folder: str, version: str, files: list[str]) -> int:
    """A file that cannot be read is none of ours, or torn: it stays."""
    tables: dict[str, pa.Table] = {}
    gone: set[str] = set()
    size = 0
    for name in in_order(files):
        if name in gone or size > LARGEST:
            continue
        content = store.read(f"{folder}/{name}")
        size += len(content)
        if (table := _read(content)) is not None:
            tables[name] = table
            gone |= replaced_by(table)
    live = sorted(name for name in tables if name not in gone)
    if len(live) >= FEW and size <= LARGEST:
        made = f"{version}{MARK}{hashlib.sha256(' '.join(live).encode()).hexdigest()[:12]}.parquet"
        gone |= set(live)
        store.write(f"{folder}/{made}", _content([tables[name] for name in live], gone))
    for name in gone & set(files):
        store.delete(f"{folder}/{name}")
    return len(gone & set(files))


def _read(content: bytes) -> pa.Table | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(pa.BufferReader(content), use_threads=False)
    except (pa.ArrowException, OSError, ValueError):
        return None


def _content(tables: list[pa.Table], replaces: set[str]) -> bytes:
    import pyarrow.parquet as pq

    table = unified.table(tables).sort_by([("time", "ascending"), ("request_id", "ascending")])
    table = table.replace_schema_metadata({REPLACES: json.dumps(sorted(replaces)).encode()})
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    return stream.getvalue()
