"""Kubernetes' quantities, compared."""

from __future__ import annotations

from golden_paths.quantities import MEMORY, bytes_of, cores


def is_more(asked: str | None, most: str | None) -> bool:
    """Whether more is asked for than may be; without a limit, or without a wish, it is not."""
    if asked is None or most is None:
        return False
    return number(asked) > number(most)


def number(quantity: str) -> float:
    """Cores or bytes. `ValueError` for what is neither."""
    return bytes_of(quantity) if MEMORY.fullmatch(quantity) else cores(quantity)
