"""The names of a log's files and folders."""

from __future__ import annotations

import os
import re
import secrets
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from golden_paths.prediction_log.store import Store

HOUR = timedelta(hours=1)
FILE = re.compile(r"(?P<version>[0-9A-Za-z_.]+)-.*\.parquet")
DATE_FOLDER, HOUR_FOLDER = re.compile(r"date=([0-9]{4}-[0-9]{2}-[0-9]{2})/"), re.compile(r"hour=([0-9]{2})/")


class Namer:
    """Names that no other process makes: version, host or pod, when the process started, and a count."""

    def __init__(self, model: str, version: str) -> None:
        host = re.sub(r"[^A-Za-z0-9.]+", "-", socket.gethostname())[:80]
        start = f"{datetime.now(UTC):%Y%m%dT%H%M%S}x{os.getpid():x}x{secrets.token_hex(4)}"
        self._model, self._stem, self._count = model, f"{version}-{host}-{start}", 0

    def next(self, moment: datetime) -> str:
        """For rows of the hour of `moment`."""
        self._count += 1
        return f"{folder(self._model, moment)}/{self._stem}-{self._count}.parquet"


def folder(model: str, moment: datetime) -> str:
    """Of the hour of `moment`."""
    return f"{model}/{moment.astimezone(UTC):date=%Y-%m-%d/hour=%H}"


def version_of(name: str) -> str | None:
    """Which version wrote a file; None of one that no server wrote."""
    found = FILE.fullmatch(name.rpartition("/")[2])
    return found["version"] if found else None


def hours(
    store: Store, model: str, start: datetime | None = None, end: datetime | None = None
) -> Iterator[tuple[datetime, str]]:
    """When each hour that may have rows of [start, end) begins, and its folder; in order. Other folders are not ours."""
    first = (start or datetime.min.replace(tzinfo=UTC)).astimezone(UTC)
    last = (end or datetime.max.replace(tzinfo=UTC)).astimezone(UTC)
    for date in store.list(model):
        day = DATE_FOLDER.fullmatch(date)
        if not day or not first.date().isoformat() <= day[1] <= last.date().isoformat():
            continue
        for hour in store.list(f"{model}/{date[:-1]}"):
            found = HOUR_FOLDER.fullmatch(hour)
            begin = _moment(day[1], found[1]) if found else None
            if begin and begin < last and begin + HOUR > first:
                yield begin, f"{model}/{date}{hour[:-1]}"


def _moment(day: str, hour: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{day}T{hour}:00:00+00:00")
    except ValueError:
        return None
