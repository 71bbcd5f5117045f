"""What is older than the platform team keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from golden_paths.prediction_log import names
from golden_paths.prediction_log.store import Store


def tidy(store: Store, model: str, keep: timedelta, *, now: datetime | None = None) -> int:
    """Delete the hours that ended longer ago than `keep`; returns how many. Again, or by two at once, it does no harm.

    Raises `OSError` when the store cannot be reached.
    """
    oldest = (now or datetime.now(UTC)) - keep
    over = [folder for begin, folder in names.hours(store, model, end=oldest) if begin + names.HOUR <= oldest]
    for folder in over:
        store.delete(folder)
    for date in {folder.rpartition("/")[0] for folder in over}:
        if date.rpartition("date=")[2] < oldest.astimezone(UTC).date().isoformat() and not store.list(date):
            store.delete(date)
    return len(over)
