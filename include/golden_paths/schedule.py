"""When a path runs, as a spec says it: a preset, a duration, or five cron fields."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from golden_paths.values import duration

PRESETS = ("@once", "@continuous", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly")
CRON = re.compile(r"[^\S\n]*(?:[0-9A-Za-z*?/,#-]+[^\S\n]+){4}[0-9A-Za-z*?/,#-]+[^\S\n]*")
# Not croniter's H and R: they stand for a random moment, another one in each process.
WORD = re.compile("L|W|(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)")
REMEDY = "write five cron fields, a preset such as @weekly, or 6h"


def fault(schedule: str) -> tuple[str, str] | None:
    """(problem, remedy) of a schedule, or None."""
    if schedule in PRESETS:
        return None
    if re.fullmatch(r"[0-9]+[smhdw]", schedule):
        try:
            interval = duration(schedule)
        except ValueError as error:
            problem, _, remedy = str(error).partition("|")
            return problem, remedy
        return ("is more often than once a minute", REMEDY) if interval < timedelta(minutes=1) else None
    known = CRON.fullmatch(schedule) and all(map(WORD.fullmatch, re.findall("[A-Za-z]+", schedule)))
    return _cron_fault(schedule) if known else ("is no schedule", REMEDY)


def _cron_fault(schedule: str) -> tuple[str, str] | None:
    from croniter import CroniterBadDateError, croniter

    if not croniter.is_valid(schedule):
        return "is no schedule", REMEDY
    try:
        croniter(schedule, datetime(2025, 1, 1, tzinfo=UTC)).get_next()
    except CroniterBadDateError:
        return "names a date that never comes", REMEDY
    return None
