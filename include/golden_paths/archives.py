"""A .tar.gz that the same files always give, and one that is bounded before any of it is believed."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Mapping


def packed(files: Mapping[str, bytes]) -> bytes:
    """Name -> content as a .tar.gz: sorted, no owner, time 0."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    return gzip.compress(stream.getvalue(), mtime=0)


def unzipped(archive: bytes, limit: int) -> bytes:
    """The tar in it. Raises `tarfile.TarError` when it is more than `limit` bytes or cut off, `zlib.error` for other bytes."""
    reader = zlib.decompressobj(wbits=31)
    whole = reader.decompress(archive, limit + 1)
    if len(whole) > limit or not reader.eof:
        raise tarfile.TarError(f"it is cut off, or larger than {limit // 2**20} MiB")
    return whole
