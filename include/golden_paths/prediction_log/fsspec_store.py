"""A log at any address that fsspec knows, where the package that it needs is installed: s3://bucket/folder and the like."""

from __future__ import annotations

from typing import Any

# Here a file that is being written is not seen. Elsewhere it is written beside its name, and moved.
WHOLE = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory", "oss", "r2"}


class FsspecStore:
    """Files below an address. Raises `ImportError` when a package is missing, `ValueError` for what fsspec does not know."""

    def __init__(self, address: str) -> None:
        import fsspec

        self._files, root = fsspec.core.url_to_fs(address)
        self._root: str = str(root).rstrip("/")
        self._is_whole = address.partition("://")[0] in WHOLE

    def list(self, folder: str) -> list[str]:
        """Names right in a folder, as they are now: fsspec would remember them."""
        self._files.invalidate_cache()
        try:
            found = self._files.ls(self._path(folder), detail=True)
        except FileNotFoundError:
            return []
        return sorted(name for one in found if (name := _name(one)) and not name.startswith("."))

    def read(self, name: str) -> bytes:
        """A file. Raises `FileNotFoundError`."""
        return bytes(self._files.cat_file(self._path(name)))

    def write(self, name: str, content: bytes) -> None:
        """A file."""
        path = self._path(name)
        parent, _, base = path.rpartition("/")
        if self._is_whole:
            self._files.pipe_file(path, content)
            return
        self._files.makedirs(parent, exist_ok=True)
        self._files.pipe_file(f"{parent}/.{base}.partial", content)
        self._files.mv(f"{parent}/.{base}.partial", path)

    def delete(self, name: str) -> None:
        """A file, or a folder."""
        self._files.invalidate_cache()
        try:
            self._files.rm(self._path(name), recursive=True)
        except FileNotFoundError:
            return

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}".rstrip("/")


def _name(one: dict[str, Any]) -> str:
    base: str = str(one["name"]).rstrip("/").rpartition("/")[2]
    return base + ("/" if one["type"] == "directory" else "")
