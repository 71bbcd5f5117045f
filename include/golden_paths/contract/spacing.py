"""A range around what was seen: a tenth of its width wider on either side, in round numbers."""

from __future__ import annotations

import math
import sys
from typing import Any

SLACK = 0.1
LARGEST = sys.float_info.max
WHOLE = 2**63 - 1  # YAML's whole numbers here are of 64 bits


def fits(least: Any, greatest: Any) -> bool:
    """Whether a file can hold both as whole numbers."""
    return bool(least >= -WHOLE and greatest <= WHOLE)


def around(least: Any, greatest: Any, *, whole: bool) -> tuple[int | float | None, int | float | None]:
    """(min, max) with least and greatest inside; None where no finite number may be written.

    What was never negative stays so. Infinity is in no range: where it was seen, there is none.
    """
    low, high = float(least), float(greatest)
    if not math.isfinite(low) or not math.isfinite(high):
        return None, None
    slack = SLACK * (high / 2 - low / 2) * 2 or abs(high) * SLACK or 1.0
    lower, upper = _round(low - slack, slack, math.floor), _round(high + slack, slack, math.ceil)
    if low >= 0:
        lower = max(0.0, lower)
    if whole:
        return _whole(lower, least, math.floor), _whole(upper, greatest, math.ceil)
    return (
        min(lower, low) if math.isfinite(lower) else -LARGEST,
        max(upper, high) if math.isfinite(upper) else LARGEST,
    )


def _round(bound: float, slack: float, towards: Any) -> float:
    """To the first digit of the slack."""
    if not math.isfinite(bound) or not math.isfinite(slack):
        return math.copysign(math.inf, bound)
    digits = -math.floor(math.log10(slack))
    if abs(digits) > 300:
        return bound
    scaled = bound * 10.0**digits
    return round(towards(scaled) / 10.0**digits, max(0, digits)) if math.isfinite(scaled) else bound


def _whole(bound: float, seen: Any, towards: Any) -> int | None:
    if not math.isfinite(bound) or not fits(int(seen), int(seen)):
        return None
    written = towards(bound)
    written = min(written, int(seen)) if towards is math.floor else max(written, int(seen))
    return written if fits(written, written) else None
