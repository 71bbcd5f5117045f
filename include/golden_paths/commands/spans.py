"""Lengths of time, as options have them."""

from __future__ import annotations

from datetime import timedelta

from golden_paths.errors import GoldenPathsError
from golden_paths.values import duration


def span(text: str, option: str) -> timedelta:
    """24h and the like. Raises `GoldenPathsError`, which names the option."""
    try:
        return duration(text)
    except ValueError as error:
        problem, _, remedy = str(error).partition("|")
        raise GoldenPathsError(f"{option} '{text}' {problem}; {remedy}") from error
