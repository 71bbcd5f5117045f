"""SHA-256 identities of files and folders."""

from __future__ import annotations

import hashlib
from pathlib import Path

# MLflow adds these to a *downloaded* copy; they are no part of what was logged and nothing loads them.
NOT_CONTENT = frozenset({"registered_model_meta", "__pycache__"})


def of_bytes(content: bytes) -> str:
    """SHA-256 of bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def of_file(path: Path) -> str:
    """SHA-256 of a file, in hex: what `sha256sum` prints."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def of_folder(folder: Path) -> str:
    """SHA-256 over the sorted lines '<sha256>  <relative path>' of every file below `folder`.

    The same as `sha256sum` of what `sha256sum` prints for those files, sorted by path. Symbolic links are refused
    (`ValueError`): what they point to may change without the digest changing.
    """
    lines = []
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        relative = path.relative_to(folder)
        if NOT_CONTENT.intersection(relative.parts):
            continue
        if path.is_symlink():
            raise ValueError(f"{relative} is a symbolic link; a digest covers files alone")
        if path.is_file():
            lines.append(f"{of_file(path)}  {relative.as_posix()}\n")
    return of_bytes("".join(lines).encode())
