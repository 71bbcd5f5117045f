"""What a step needs of the project, as one archive that is known by the SHA-256 of its files' names and content."""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from golden_paths import archives, digests
from golden_paths.errors import DigestMismatch, StepFailed

MAX_UNPACKED = 1024 * 1024 * 1024
BROKEN = "the package of the project's files"


@dataclass(frozen=True)
class Package:
    """`digest` as `digests.of_folder` has it for the files below the project's folder; `archive` is a .tar.gz of them."""

    digest: str
    archive: bytes


def pack(root: Path, files: Iterable[Path]) -> Package | None:
    """The same files give the same bytes. None when there are no files."""
    contents = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    if not contents:
        return None
    return Package(_digest(contents), archives.packed(contents))


def unpack(archive: bytes, digest: str, root: Path) -> None:
    """Write the files below `root`, once their digest is the one that was sent. Raises `DigestMismatch` before that."""
    try:
        contents = _contents(archive)
    except (tarfile.TarError, zlib.error) as error:
        raise StepFailed(f"{BROKEN} cannot be read: {error}", remedy="run the step again", retry=True) from error
    if (found := _digest(contents)) != digest:
        raise DigestMismatch(BROKEN, expected=digest, found=found)
    for name, content in contents.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _digest(contents: Mapping[str, bytes]) -> str:
    lines = [f"{digests.of_bytes(contents[name])}  {name}\n" for name in sorted(contents)]
    return digests.of_bytes("".join(lines).encode())


def _contents(archive: bytes) -> dict[str, bytes]:
    """Name -> content; bounded before any of it is believed, and nothing but files below the top."""
    contents = {}
    with tarfile.open(fileobj=io.BytesIO(archives.unzipped(archive, MAX_UNPACKED)), mode="r:") as opened:
        for member in opened:
            name = PurePosixPath(member.name)
            stream = opened.extractfile(member) if member.isreg() else None
            if stream is None or name.is_absolute() or ".." in name.parts:
                raise tarfile.TarError(f"{member.name} is not expected in it")
            contents[member.name] = stream.read()
    return contents
