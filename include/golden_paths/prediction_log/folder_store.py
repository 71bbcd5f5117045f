"""A log in a folder of this machine, or of a volume that others mount too."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path


class FolderStore:
    """Files below `root`, which is made when something is written."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)

    def list(self, folder: str) -> list[str]:
        """Names right in a folder; hidden ones are on their way."""
        try:
            with os.scandir(self.root / folder) as found:
                return sorted(one.name + "/" * one.is_dir() for one in found if not one.name.startswith("."))
        except FileNotFoundError:
            return []

    def read(self, name: str) -> bytes:
        """A file. Raises `FileNotFoundError`."""
        return (self.root / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """By way of a hidden file beside it."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f".{file.name}.partial")
        try:
            partial.write_bytes(content)
            partial.rename(file)
        except OSError:  # a full disk is not filled with halves
            with contextlib.suppress(OSError):
                partial.unlink()
            raise

    def delete(self, name: str) -> None:
        """A file, or a folder. What another one deletes at the same time is as well."""
        place = self.root / name
        while place.is_dir():
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(place)
        place.unlink(missing_ok=True)
