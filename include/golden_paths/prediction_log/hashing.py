"""Hashes of values that are not to be read, yet are to be compared: HMAC-SHA-256 with a key of the platform's, shortened."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import math
import os
import secrets
from datetime import UTC
from pathlib import Path
from typing import Any

from golden_paths.errors import StepFailed
from golden_paths.project import Project

HASH_KEY = "GOLDEN_PATHS_HASH_KEY"
FILE = "predictions.key"  # in the project's state
LENGTH = 32  # hex digits: 128 bits
EXACT = 2**53  # beyond it a float has no ones


def hashed(value: Any, key: str) -> str | None:
    """The value's hash; None of a missing one."""
    text = canonical(value)
    if text is None:
        return None
    return hmac.digest(key.encode(), text.encode(errors="surrogatepass"), hashlib.sha256).hex()[:LENGTH]


def canonical(value: Any) -> str | None:
    """One text of a value, whatever type it came in: 1, 1.0, True and numpy's are the same; None, NaN and NaT are None."""
    if value is None or isinstance(value, str):
        return value
    if type(value).__name__ == "float32":  # 0.1 of 32 bits is another number than 0.1 of 64, and was the same in its source
        value = float(str(value))
    if type(value).__name__ == "datetime64":
        value = value.astype("datetime64[us]").item()
        if value is None:
            return None
    if hasattr(value, "isoformat"):
        return _time(value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool | int):
        return str(int(value))
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None if type(value).__name__ == "NAType" else str(value)
    if math.isnan(number):
        return None
    return str(int(number)) if abs(number) < EXACT and number == int(number) else repr(number)


def _time(value: Any) -> str | None:
    if value != value:  # NaT
        return None
    zoned = getattr(value, "tzinfo", None) is not None
    return str((value.astimezone(UTC).replace(tzinfo=None) if zoned else value).isoformat())


def key_of(project: Project) -> str:
    """The key on this machine: GOLDEN_PATHS_HASH_KEY, else one that is made once. It then is in the project's state.

    Servers of this machine read it there: they are started again by processes that do not have our environment.
    """
    file, named = project.state / FILE, os.environ.get(HASH_KEY, "")
    found = _read(file)
    if found is None or (named and found != named):
        _write(file, named or secrets.token_hex(32), replace=bool(named))
        found = _read(file)
    if not found:
        raise StepFailed(f"{file} holds no key", remedy=f"remove it, or set {HASH_KEY}")
    return found


def given(key_file: str | None) -> str | None:
    """For a server: the key in the file, else that of the environment, which then forgets it: a model's code reads it too."""
    named = os.environ.pop(HASH_KEY, "")
    return (_read(Path(key_file)) if key_file else None) or named or None


def _read(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return None


def _write(file: Path, key: str, *, replace: bool) -> None:
    """Whole or not at all, for its owner alone. Of two at once that make a key, the first one's stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as stream:
        stream.write(key + "\n")
    if replace:
        partial.rename(file)
        return
    with contextlib.suppress(FileExistsError):
        os.link(partial, file)
    partial.unlink()
