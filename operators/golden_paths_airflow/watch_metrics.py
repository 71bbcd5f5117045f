"""What a look says, as Airflow's own metrics: StatsD or OpenTelemetry, as Airflow is configured, and so Prometheus."""

from __future__ import annotations

from airflow.sdk.observability import stats

from golden_paths.monitor_artifacts import Watched
from golden_paths.monitoring.verdicts import CAUSES

PREFIX = "golden_paths.watch"


def emit(watched: Watched) -> None:
    """golden_paths.watch.MODEL.rows, and for each cause .alarm.CAUSE: how many alarms; what was not judged tells nothing."""
    name = f"{PREFIX}.{watched.model}"
    stats.gauge(f"{name}.rows", watched.rows)
    alarms = [one.cause for one in watched.alarms]
    for cause in CAUSES:
        if cause in alarms or cause in watched.calm:
            stats.gauge(f"{name}.alarm.{cause}", alarms.count(cause))
