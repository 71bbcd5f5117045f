"""Many small files of an hour that is over become one: a server writes one every 15 s, and a month of them takes long to read.

The new file says which it replaces, and readers pass those over from then on; a later look deletes them, once whoever has listed
them before has read them. So a row is never there twice, and never gone, whatever is killed in between. Two looks at once (the
watch's and one by hand) may each write a file: of files that replace the same ones, the one that replaces most counts, and its
name comes first.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from golden_paths.prediction_log import names, unified
from golden_paths.prediction_log.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

MARK = re.compile(r"-compacted-(?P<replaces>\d+)-(?P<made>\d{8}T\d{6})-")
MADE = "%Y%m%dT%H%M%S"
REPLACES = b"golden_paths.replaces"  # in the file's metadata: names of files beside it
FEW = 8  # files of one version and hour that may stay as they are
SETTLED = timedelta(hours=2)  # after its end hardly anything is written to an hour any more
GRACE = timedelta(minutes=10)  # in which who listed files that are replaced may still read them
LARGEST = 64 * 2**20  # bytes of files that are put together


def compact(store: Store, model: str, *, now: datetime) -> int:
    """Put together what can be; returns how many files came or went. Raises `OSError` when the store cannot be reached."""
    done, since = 0, time.monotonic()
    for begin, folder in names.hours(store, model, end=now - SETTLED):
        if begin + names.HOUR + SETTLED > now:
            continue
        of_version: dict[str, list[str]] = {}
        for name in store.list(folder):
            if (version := names.version_of(name)) is not None:
                of_version.setdefault(version, []).append(name)
        for version, files in of_version.items():
            is_left = len(files) > 1 and any(map(MARK.search, files))  # by an earlier look, or it came late
            if len(files) >= FEW or is_left:
                at = now + timedelta(seconds=time.monotonic() - since)  # many hours take long
                done += _put_together(store, folder, version, files, at)
    return done


def in_order(files: Iterable[str]) -> list[str]:
    """Those first that may replace others, what replaces most before the rest."""
    return sorted(files, key=lambda name: (-int(found["replaces"]) if (found := MARK.search(name)) else 1, name))


def replaced_by(table: pa.Table) -> set[str]:
    """The names that a file says it replaces."""
    return set(json.loads((table.schema.metadata or {}).get(REPLACES, b"[]")))


class Live:
    """Which files count, when they come `in_order`."""

    def __init__(self) -> None:
        self.replaced: set[str] = set()  # by those that came before, and those that say the same as one of them
        self.may_go: set[str] = set()  # of these, what nobody reads any more

    def takes(self, name: str, table: pa.Table, now: datetime | None = None) -> bool:
        """Whether the file's rows count, or it replaces what another one replaced already."""
        replaces = replaced_by(table)
        if is_twin := not self.replaced.isdisjoint(replaces):
            replaces = {name}
        self.replaced |= replaces
        if (found := MARK.search(name)) and now and _moment(found["made"]) + GRACE <= now:
            self.may_go |= replaces
        return not is_twin


def _put_together(store: Store, folder: str, version: str, files: list[str], now: datetime) -> int:
    """A file that cannot be read is none of ours, or torn: it stays."""
    tables: dict[str, pa.Table] = {}
    live, size, begun = Live(), 0, time.monotonic()
    for name in in_order(files):
        if name in live.replaced or size > LARGEST:
            continue
        try:
            content = store.read(f"{folder}/{name}")
        except FileNotFoundError:  # another look is at work here
            return 0
        size += len(content)
        if (table := _read(content)) is not None and live.takes(name, table, now):
            tables[name] = table
    is_made = len(tables) >= FEW and size <= LARGEST and time.monotonic() - begun < GRACE.total_seconds() / 2
    if is_made:
        replaces = live.replaced | set(tables)
        at = now.astimezone(UTC) + timedelta(seconds=time.monotonic() - begun)  # when it is written: the grace counts from here
        made = f"{version}-compacted-{len(replaces)}-{at:{MADE}}-{_digest(replaces)}.parquet"
        store.write(f"{folder}/{made}", _content(list(tables.values()), replaces))
    gone = live.may_go & set(files)
    for name in gone:
        store.delete(f"{folder}/{name}")
    return len(gone) + is_made


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(sorted(names)).encode()).hexdigest()[:12]


def _moment(made: str) -> datetime:
    return datetime.strptime(made, MADE).replace(tzinfo=UTC)


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
