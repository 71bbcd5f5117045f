"""The folder of scores: one folder per interval, its file replaced as a whole, with a manifest beside it.

What readers of parquet folders skip begins with '_' or '.': manifests, the lock, files that are being written.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from golden_paths import digests
from golden_paths.errors import StepFailed
from golden_paths.scoring import interval
from golden_paths.scoring.interval import Interval

FILE, MANIFEST, LOCK, OWNER = "scores.parquet", "_manifest.json", ".lock", ".owner"


class Replaced(BaseModel):
    """What was there before."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    folder: str
    version: str
    digest: str


class Manifest(BaseModel):
    """What a file of scores is made of. Digests are SHA-256; `digest` is the file's own, `replaced` what it took the place of.

    `by_hand`: until the schedule's own intervals come to these rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    spec: str
    spec_digest: str
    start: datetime | None
    end: datetime
    by_hand: bool
    rows: int
    unanswered: int
    model: str
    version: str
    model_digest: str
    entities_digest: str
    features_digest: str
    digest: str
    uri: str
    replaced: tuple[Replaced, ...] = ()

    @property
    def interval(self) -> Interval:
        """The rows that it is about."""
        return Interval(self.start, self.end)


def intervals(folder: Path) -> list[Interval]:
    """Those that have a file, by their end."""
    found = [interval.parsed(path.parent.name) for path in folder.glob(f"interval=*/{FILE}")]
    return sorted((one for one in found if one), key=lambda one: one.end)


def since(folder: Path, end: datetime) -> Interval:
    """What a run without an interval of its own is about: the rows after the last interval before `end`; its own at a retry."""
    last = _last_until(folder, end)
    return last if last and last.end == end else Interval(last.end if last else None, end)


def gap(folder: Path, start: datetime) -> tuple[datetime, datetime] | None:
    """The time before `start` back to the last interval that has a file; None where they touch, and before the first."""
    last = _last_until(folder, start)
    return (last.end, start) if last and last.end < start else None


def _last_until(folder: Path, moment: datetime) -> Interval | None:
    before = [one for one in intervals(folder) if one.end <= moment]
    return before[-1] if before else None


def require_room(folder: Path, wanted: Interval, *, by_hand: bool) -> list[Interval]:
    """Those that give way to the interval: what lies inside it, and what was scored by hand. Never is a row in two files.

    Raises `StepFailed` when another interval has some of its rows.
    """
    others = [one for one in intervals(folder) if one.overlaps(wanted) and one != wanted]
    for one in others:
        if not wanted.holds(one) and (by_hand or not _is_by_hand(folder / one.folder)):
            raise StepFailed(
                f"{folder.name}/{one.folder} has rows of {wanted} too: they would be in two files",
                remedy="remove that folder, or run for an interval beside it",
            )
    return others


def publish(folder: Path, scores: Path, manifest: Manifest, tell: Callable[[Interval], None] = lambda one: None) -> bool:
    """Put the file in its place, or leave it when the same is there; returns whether it changed. `tell` hears what gives way.

    File and manifest are each replaced as a whole, the file first: after a kill in between, the manifest's digest is not the
    file's, and the next try writes both.
    """
    with _locked(folder, manifest.spec):
        others = require_room(folder, manifest.interval, by_hand=manifest.by_hand)
        home = folder / manifest.interval.folder
        before = _read(home)
        changed = not _is_same(home, before, manifest)
        if changed:
            home.mkdir(exist_ok=True)
            given_way = [_replaced(folder / one.folder) for one in others]
            if before and before.digest != manifest.digest:
                given_way.append(Replaced(folder=home.name, version=before.version, digest=before.digest))
            elif before:
                given_way += before.replaced
            _write(home, scores, manifest.model_copy(update={"replaced": tuple(given_way)}))
        for one in others:
            tell(one)
            shutil.rmtree(folder / one.folder)
        return changed or bool(others)


@contextlib.contextmanager
def _locked(folder: Path, spec: str) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _own(folder / OWNER, spec)
            yield
    except OSError as error:
        raise StepFailed(
            f"scores cannot be written to {folder}: {error.strerror or error}",
            remedy="let score.output name a folder that workers may write, or leave it out; the scores are in MLflow",
            retry=True,
        ) from error


def _own(owner: Path, spec: str) -> None:
    other = owner.read_text() if owner.exists() else ""
    if not other:
        owner.write_text(spec)
    elif other != spec:
        raise StepFailed(f"{owner.parent} holds the scores of {other}", remedy="name another folder in score.output")


def _is_same(home: Path, before: Manifest | None, manifest: Manifest) -> bool:
    if before is None or before.model_copy(update={"replaced": ()}) != manifest:
        return False
    return (home / FILE).is_file() and digests.of_file(home / FILE) == manifest.digest


def _read(home: Path) -> Manifest | None:
    try:
        return Manifest.model_validate_json((home / MANIFEST).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _is_by_hand(home: Path) -> bool:
    """Without a manifest it is what a killed run has begun."""
    found = _read(home)
    return found is None or found.by_hand


def _replaced(home: Path) -> Replaced:
    before = _read(home)
    return Replaced(folder=home.name, version=before.version if before else "", digest=digests.of_file(home / FILE))


def _write(home: Path, scores: Path, manifest: Manifest) -> None:
    partial = home / ".partial"  # one at a time, by the lock: what a killed one left is overwritten
    shutil.copyfile(scores, partial)
    os.replace(partial, home / FILE)
    partial.write_text(manifest.model_dump_json(indent=2) + "\n")
    os.replace(partial, home / MANIFEST)
