"""What a request's headers say of who asks: the id that it is known by, and whether it is one of the platform's own."""

from __future__ import annotations

import itertools
import re
import secrets
from typing import Any, NamedTuple

REQUEST_ID = b"x-request-id"
PLATFORM, SYNTHETIC = "X-Golden-Paths", "synthetic"  # smoke tests, canaries and load: no user has asked
HEADERS = {PLATFORM: SYNTHETIC}
SANE = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,100}")
_PLATFORM = PLATFORM.lower().encode()


class Caller(NamedTuple):
    """`id` goes back in the answer."""

    id: bytes
    is_synthetic: bool


class Callers:
    """Reads headers, and makes ids for requests without a sane one: cheap, and none twice in any two processes."""

    def __init__(self) -> None:
        self._stem, self._count = secrets.token_hex(6).encode() + b"-", itertools.count(1)

    def of(self, headers: Any) -> Caller:
        """`headers`: pairs of bytes, names in lower case, as ASGI has them."""
        found, is_synthetic = b"", False
        for name, value in headers:
            if name == REQUEST_ID:
                found = value
            elif name == _PLATFORM:
                is_synthetic = value == SYNTHETIC.encode()
        if not found or not SANE.fullmatch(found):
            found = self._stem + b"%x" % next(self._count)
        return Caller(found, is_synthetic)
