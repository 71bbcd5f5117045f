"""A log at any address that fsspec knows, where the package that it needs is installed: s3://bucket/folder and the like."""

from __future__ import annotations

import asyncio
from typing import Any

from golden_paths.addresses import without_sign_in
from golden_paths.prediction_log import sign_in

# Here a file that is being written is not seen. Elsewhere it is written beside its name, and moved.
WHOLE = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory", "oss", "r2"}
# Seconds in which a bucket must have answered. Packages try again for minutes, and what they wait for may have no bound at all
# (an upload that S3 was asked to agree to first); whoever asks here tries again by himself.
PATIENCE = 60.0


class FsspecStore:
    """Files below an address. Raises `ImportError` when a package is missing, `ValueError` for what fsspec does not know."""

    def __init__(self, address: str) -> None:
        import fsspec

        options = sign_in.s3_options() if sign_in.is_s3(address) else {}
        self._files, root = fsspec.core.url_to_fs(address, **options)
        self._address, self._root = without_sign_in(address), str(root).rstrip("/")
        self._is_whole = address.partition("://")[0] in WHOLE

    def list(self, folder: str) -> list[str]:
        """Names right in a folder, as they are now: fsspec would remember them."""
        self._files.invalidate_cache()
        try:
            found = self._asked("ls", self._path(folder), detail=True)
        except FileNotFoundError:
            return []
        return sorted(name for one in found if (name := _name(one)) and not name.startswith("."))

    def read(self, name: str) -> bytes:
        """A file. Raises `FileNotFoundError`."""
        return bytes(self._asked("cat_file", self._path(name)))

    def write(self, name: str, content: bytes) -> None:
        """A file."""
        path = self._path(name)
        parent, _, base = path.rpartition("/")
        if self._is_whole:
            self._asked("pipe_file", path, content)
            return
        self._asked("makedirs", parent, exist_ok=True)
        self._asked("pipe_file", f"{parent}/.{base}.partial", content)
        self._asked("mv", f"{parent}/.{base}.partial", path)

    def delete(self, name: str) -> None:
        """A file, or a folder."""
        self._files.invalidate_cache()
        try:
            self._asked("rm", self._path(name), recursive=True)
        except FileNotFoundError:
            return

    def _asked(self, verb: str, *given: Any, **named: Any) -> Any:
        """Each package has a family of errors of its own: who is away, or lets nobody in, is an `OSError` here."""
        try:
            return self._within_patience(verb, *given, **named)
        except TimeoutError as error:
            raise OSError(f"{self._address} did not answer within {PATIENCE:g} s") from error
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"{self._address} does not answer as it should: {type(error).__name__}: {error}") from error

    def _within_patience(self, verb: str, *given: Any, **named: Any) -> Any:
        import fsspec

        if (inner := getattr(self._files, f"_{verb}", None)) is None or not self._files.async_impl:
            return getattr(self._files, verb)(*given, **named)

        async def bounded() -> Any:
            return await asyncio.wait_for(inner(*given, **named), PATIENCE)

        return fsspec.asyn.sync(self._files.loop, bounded)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}".rstrip("/")


def _name(one: dict[str, Any]) -> str:
    base: str = str(one["name"]).rstrip("/").rpartition("/")[2]
    return base + ("/" if one["type"] == "directory" else "")
