"""A pack: a zip whose every byte follows from its files, so that `verify` makes it again and compares.

Stored, not compressed: another zlib would give other bytes. manifest.json has the SHA-256 and size of every other file; the
zip's own SHA-256, noted elsewhere when it was made, is what protects the manifest against somebody who writes all of it anew.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from golden_paths.digests import of_bytes
from golden_paths.errors import GoldenPathsError

MANIFEST = "manifest.json"
FORMAT = "golden-paths-audit@1"
TIME = (1980, 1, 1, 0, 0, 0)


def packed(files: Mapping[str, bytes]) -> bytes:
    """Name -> content as a zip, the manifest first."""
    return _zipped({MANIFEST: _manifest(files)} | {name: files[name] for name in sorted(files)})


def refuse_existing(path: Path) -> None:
    """Before the work is done, not after it."""
    if path.exists():
        raise _there(path)


def write(path: Path, archive: bytes) -> None:
    """Write a new file. Raises `GoldenPathsError` when there is one, or it cannot be written."""
    try:
        with path.open("xb") as stream:
            stream.write(archive)
    except FileExistsError as error:
        raise _there(path) from error
    except OSError as error:
        raise GoldenPathsError(f"{path} cannot be written: {error.strerror}; name another file") from error


def _there(path: Path) -> GoldenPathsError:
    return GoldenPathsError(f"{path} is there already, and nothing is overwritten; name another file")


def problems(archive: bytes, digest: str = "") -> list[str]:
    """All that differs from what was packed; empty when nothing does. `digest`: the SHA-256 noted when it was made."""
    found = []
    if digest and digest != (is_now := of_bytes(archive)):
        found.append(f"the pack: SHA-256 is {is_now}, not {digest}")
    files = _read(archive)
    if isinstance(files, str):
        return [*found, files]
    found += _against_manifest(files)
    if not found and packed({name: content for name, content in files.items() if name != MANIFEST}) != archive:
        found.append("the zip itself: its files are as they were packed, and other bytes of it are not")
    return found


def _manifest(files: Mapping[str, bytes]) -> bytes:
    listed = {name: {"sha256": of_bytes(files[name]), "bytes": len(files[name])} for name in sorted(files)}
    return (json.dumps({"format": FORMAT, "files": listed}, indent=2) + "\n").encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, TIME)
            member.create_system, member.external_attr = 3, 0o100644 << 16
            archive.writestr(member, content)
    return stream.getvalue()


def _read(archive: bytes) -> dict[str, bytes] | str:
    """The files in it, or why it cannot be read."""
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for member in opened.infolist():
                if member.filename in files:
                    return f"{member.filename}: is there twice"
                try:
                    files[member.filename] = opened.read(member)
                except zipfile.BadZipFile as error:
                    return f"{member.filename}: was changed ({error})"
    except Exception as error:  # a zip that was changed at one byte makes zipfile raise whatever comes of it
        return f"the zip itself: it cannot be read any more ({type(error).__name__}: {error})"
    return files


def _against_manifest(files: Mapping[str, bytes]) -> Iterator[str]:
    try:
        told = json.loads(files[MANIFEST])
        listed = {str(name): (str(one["sha256"]), int(one["bytes"])) for name, one in told["files"].items()}
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        yield f"{MANIFEST}: is not there, or no manifest ({type(error).__name__})"
        return
    for name in sorted({*listed, *files} - {MANIFEST}):
        if name not in files:
            yield f"{name}: is missing"
        elif name not in listed:
            yield f"{name}: was added, the manifest does not name it"
        elif (digest := of_bytes(files[name])) != listed[name][0]:
            yield f"{name}: SHA-256 is {digest}, not {listed[name][0]}"
        elif len(files[name]) != listed[name][1]:
            yield f"{name}: has {len(files[name])} bytes, not {listed[name][1]}"
