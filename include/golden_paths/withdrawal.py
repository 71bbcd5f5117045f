"""The reason of a withdrawal, as an address answers it."""

from __future__ import annotations

from golden_paths.errors import StepFailed

LONGEST = 500  # characters


def reason_of(text: str) -> str:
    """One line of what somebody wrote. Raises `StepFailed` when that is nothing: a withdrawal without a reason is silent."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    if not (words := " ".join(line.split())):
        raise StepFailed("a version is withdrawn for a reason, and none was given", remedy="say why")
    return words if len(words) <= LONGEST else words[: LONGEST - 3] + "..."
