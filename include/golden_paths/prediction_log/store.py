"""Where a log's files are: the few verbs that are needed of a folder, a bucket or MLflow."""

from __future__ import annotations

from typing import Protocol

from golden_paths.errors import StepFailed

MLFLOW = "mlflow+"  # before the tracking server's address


class Store(Protocol):
    """Names are relative, with '/' between folders. Whatever fails raises `OSError`."""

    def list(self, folder: str) -> list[str]:
        """Names right in a folder, in order, those of folders ending in '/'. None when there is no such folder."""

    def read(self, name: str) -> bytes:
        """A file. Raises `FileNotFoundError`."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file; it is seen whole or not at all. The same again changes nothing."""

    def delete(self, name: str) -> None:
        """Delete a file, or a folder with all that is in it. No error when it is not there."""


def opened(address: str) -> Store:
    """The store at an address: a folder, mlflow+http(s)://SERVER, or what fsspec knows. Raises `StepFailed`."""
    if address.startswith(MLFLOW):
        from golden_paths.prediction_log.mlflow_store import MlflowStore

        return MlflowStore(address.removeprefix(MLFLOW))
    if (folder := folder_of(address)) is not None:
        from golden_paths.prediction_log.folder_store import FolderStore

        return FolderStore(folder)
    from golden_paths.prediction_log.fsspec_store import FsspecStore

    try:
        return FsspecStore(address)
    except (ImportError, ValueError) as error:
        scheme = address.partition("://")[0]
        raise StepFailed(
            f"the prediction log's address begins with {scheme}://, which cannot be read here: {error}",
            remedy=f"install the package that fsspec needs for it{_PACKAGES.get(scheme, '')}, or name another address",
        ) from error


_PACKAGES = {"s3": " (s3fs)", "s3a": " (s3fs)", "gs": " (gcsfs)", "gcs": " (gcsfs)", "abfs": " (adlfs)", "az": " (adlfs)"}


def folder_of(address: str) -> str | None:
    """The path of an address that is a folder: file:///PATH, or a path alone."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        return address
    return rest if scheme in ("file", "local") else None
