"""The folder of scores: one folder per interval, its file replaced as a whole, with a manifest beside it.

What readers of parquet folders skip begins with '_' or '.': manifests, the lock, files that are being written.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from golden_paths import digests
from golden_paths.errors import StepFailed
from golden_paths.scoring import interval
from golden_paths.scoring.interval import Interval
from golden_paths.scoring.manifest import Manifest, Replaced
from golden_paths.scoring.output import Tell, in_silence, require_room

FILE, MANIFEST, LOCK, OWNER = "scores.parquet", "_manifest.json", ".lock", ".owner"


class Folder:
    """An `Output`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def address(self) -> str:
        """Its path."""
        return str(self._path)

    def intervals(self) -> list[Interval]:
        """Those that have a file."""
        found = [interval.parsed(path.parent.name) for path in self._path.glob(f"interval=*/{FILE}")]
        return sorted((one for one in found if one), key=lambda one: one.end)

    def is_by_hand(self, one: Interval) -> bool:
        """Without a manifest it is what a killed run has begun."""
        found = _read(self._path / one.folder)
        return found is None or found.by_hand

    def named(self, one: Interval) -> str:
        """Its file."""
        return str(self._path / one.folder / FILE)

    def publish(self, scores: Path, manifest: Manifest, tell: Tell = in_silence) -> bool:
        """File and manifest are each replaced as a whole, the file first.

        After a kill in between, the manifest's digest is not the file's, and the next try writes both.
        """
        with self._locked(manifest.spec):
            others = require_room(self, manifest.interval, by_hand=manifest.by_hand)
            home = self._path / manifest.interval.folder
            before = _read(home)
            changed = not (manifest.says_the_same_as(before) and _holds(home, manifest.digest))
            if changed:
                home.mkdir(exist_ok=True)
                given_way = [_replaced(self._path / one.folder) for one in others]
                _write(home, scores, manifest.in_place_of(before, given_way))
            for one in others:
                tell(one)
                shutil.rmtree(self._path / one.folder)
            return changed or bool(others)

    @contextlib.contextmanager
    def _locked(self, spec: str) -> Iterator[None]:
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with (self._path / LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                _own(self._path / OWNER, spec)
                yield
        except OSError as error:
            raise StepFailed(
                f"scores cannot be written to {self._path}: {error.strerror or error}",
                remedy="let score.output name a folder that workers may write, or leave it out; the scores are in MLflow",
                retry=True,
            ) from error


def _own(owner: Path, spec: str) -> None:
    other = owner.read_text() if owner.exists() else ""
    if not other:
        owner.write_text(spec)
    elif other != spec:
        raise StepFailed(f"{owner.parent} holds the scores of {other}", remedy="name another folder in score.output")


def _holds(home: Path, digest: str) -> bool:
    return (home / FILE).is_file() and digests.of_file(home / FILE) == digest


def _read(home: Path) -> Manifest | None:
    try:
        return Manifest.model_validate_json((home / MANIFEST).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _replaced(home: Path) -> Replaced:
    before = _read(home)
    return Replaced(folder=home.name, version=before.version if before else "", digest=digests.of_file(home / FILE))


def _write(home: Path, scores: Path, manifest: Manifest) -> None:
    partial = home / ".partial"  # one at a time, by the lock: what a killed one left is overwritten
    shutil.copyfile(scores, partial)
    os.replace(partial, home / FILE)
    partial.write_text(manifest.model_dump_json(indent=2) + "\n")
    os.replace(partial, home / MANIFEST)
