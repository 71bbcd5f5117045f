"""How old things are: the model that serves, and the features that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from golden_paths.artifacts import ViewState
from golden_paths.modelling.finding import Finding, Ruling
from golden_paths.values import duration_text

AGE = "Age of the model"
SOON = 0.8  # of max_age: from here on it is an alarm, so that a new version may come before the old one expires


def age(started: datetime | None, now: datetime, max_age: timedelta) -> Finding:
    """An alarm from four fifths of `max_age` on; what comes when it has expired is the policy's word.

    So is a version of which nobody knows since when it serves: a new one would have a history.
    """
    if started is None:
        words = f"age: nobody knows since when it serves (max_age {duration_text(max_age)})"
        unknown = Ruling(gate="age", passed=False, expected="a beginning in its history", words=words, state="unknown")
        return Finding(title=AGE, rulings=(unknown,))
    old = now - started
    state = "expired" if old >= max_age else "expires soon" if old >= SOON * max_age else ""
    until = (started + max_age).isoformat(timespec="minutes")
    words = f"age: {_said(old)}, {'expired' if state == 'expired' else 'expires'} {until} (max_age {duration_text(max_age)})"
    ruling = Ruling(
        gate="age",
        passed=not state,
        expected=f"< {SOON:.0%} of {duration_text(max_age)}",
        words=words,
        state=state,
        value=old.total_seconds(),
    )
    return Finding(title=AGE, rulings=(ruling,))


def freshness(views: Sequence[ViewState], now: datetime, allowed: timedelta) -> Finding:
    """A ruling for each feature view of the online store: its newest row may be so old."""
    return Finding(title="Freshness of the features", rulings=tuple(_fresh(one, now, allowed) for one in views))


def _fresh(view: ViewState, now: datetime, allowed: timedelta) -> Ruling:
    old = None if view.newest is None else now - view.newest
    found = "has no row" if old is None else f"its newest row is {_said(old)} old"
    return Ruling(
        gate="freshness",
        passed=old is not None and old <= allowed,
        expected=f"<= {duration_text(allowed)}",
        words=f"freshness: {view.view}: {found}, {duration_text(allowed)} is allowed",
        column=view.view,
        value=None if old is None else old.total_seconds(),
    )


def _said(length: timedelta) -> str:
    """3 d 4 h, 5 h 12 m, 40 s: the two largest units."""
    seconds = max(0, int(length.total_seconds()))
    parts = [(seconds // 86400, "d"), (seconds % 86400 // 3600, "h"), (seconds % 3600 // 60, "m"), (seconds % 60, "s")]
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count) or "0 s"
