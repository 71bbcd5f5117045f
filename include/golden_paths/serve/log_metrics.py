"""What GET /metrics shows of the prediction log."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

REASONS = ("queue_full", "store_fails", "unwritable", "ended")


class LogMetrics:
    """Rows written, dropped and waiting, and when something last failed. Every reason is there from the beginning, as 0."""

    def __init__(self, registry: CollectorRegistry, waiting: Callable[[], int]) -> None:
        self._rows = Counter("golden_paths_log_rows", "Rows written to the prediction log.", registry=registry)
        self._dropped = Counter(
            "golden_paths_log_dropped_rows", "Rows that the prediction log does not have.", ["reason"], registry=registry
        )
        for reason in REASONS:
            self._dropped.labels(reason)
        self._error = Gauge(
            "golden_paths_log_last_error_timestamp_seconds", "When the prediction log last failed; 0: never.", registry=registry
        )
        queued = Gauge("golden_paths_log_queued_rows", "Rows that wait for the prediction log's thread.", registry=registry)
        queued.set_function(waiting)

    def logged(self, rows: int) -> None:
        """These were written."""
        self._rows.inc(rows)

    def dropped(self, rows: int, reason: str) -> None:
        """These never will be."""
        self._dropped.labels(reason).inc(rows)

    def failed(self) -> None:
        """Now."""
        self._error.set_to_current_time()
