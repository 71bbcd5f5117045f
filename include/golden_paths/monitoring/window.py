"""Which time a look is about. All in UTC: a day of 23 or 25 hours is as long as it is."""

from __future__ import annotations

from datetime import datetime, timedelta

from golden_paths.monitor_sections import MonitorSection
from golden_paths.step import Run

BY_HAND = timedelta(days=1)
LAG = timedelta(minutes=1)  # servers write what they have answered every few seconds; by then it is all there


def of(section: MonitorSection, run: Run) -> tuple[datetime, datetime]:
    """[start, end): `window` back from the run's end, or its interval; of a run without one, a day.

    A look on schedule is a minute late, both ends: what was answered in its last seconds is still being written when it begins.
    """
    late = LAG if run.start is not None else timedelta(0)
    if section.window is None and run.start is not None:
        return run.start - late, run.end - late
    return run.end - late - (section.window or BY_HAND), run.end - late
