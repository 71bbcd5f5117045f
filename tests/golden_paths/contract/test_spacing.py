"""Ranges of a draft: what was seen is inside, with room, at any scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from golden_paths.contract import spacing

RANGES = [
    (0.5, 10, False, (0.0, 11.0)),
    (-1.0, 10, False, (-3.0, 12.0)),
    (3, 3, True, (2, 4)),
    (0, 0, True, (0, 1)),
    (1e9, 1e9 + 10, False, (1e9 - 1, 1e9 + 11)),
    (-(2**63) + 1, 2**63 - 1, True, (None, None)),
    (0, 2**64 - 1, True, (0, None)),
    (1.0, float("inf"), False, (None, None)),
    (-1.7e308, 1.7e308, False, (-spacing.LARGEST, spacing.LARGEST)),
]


@pytest.mark.parametrize(("least", "greatest", "whole", "bounds"), RANGES)
def test_a_range_is_a_tenth_wider_in_round_numbers(least: float, greatest: float, whole: bool, bounds: Any) -> None:
    assert spacing.around(least, greatest, whole=whole) == bounds


def test_a_range_holds_whole_numbers_that_floats_cannot_tell_apart() -> None:
    random = np.random.default_rng(0)
    for _ in range(2000):
        low = int(random.integers(-(2**62), 2**62))
        high = low + int(random.integers(0, 3000))
        lower, upper = spacing.around(low, high, whole=True)
        assert lower is not None and upper is not None
        assert lower <= low and high <= upper


def test_a_range_holds_what_was_seen_at_any_scale() -> None:
    random = np.random.default_rng(0)
    for _ in range(20_000):
        first = random.normal() * 10.0 ** random.integers(-323, 308)
        second = first + random.choice([0.0, 5e-324, first * 1e-16, 10.0 ** random.integers(-323, 308)])
        low, high = min(first, second), max(first, second)
        if np.isinf(high):
            continue
        lower, upper = spacing.around(low, high, whole=False)
        assert lower is not None and upper is not None and np.isfinite([lower, upper]).all()
        assert lower <= low and high <= upper
