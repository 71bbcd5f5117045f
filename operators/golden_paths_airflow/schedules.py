"""A spec's schedule -> what Airflow takes, or why Airflow cannot run on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from airflow.sdk import DAG, Asset, CronDataIntervalTimetable, DeltaDataIntervalTimetable

from golden_paths.spec import PathSpec
from golden_paths.values import DURATION, UNITS

# Any fixed time in the past: with catchup off only the latest interval runs.
START = datetime(2025, 1, 1, tzinfo=UTC)
WITHOUT_INTERVAL = ("@once", "@continuous")


def airflow_schedule(schedule: str | None, *, by_interval: bool = False) -> Any:
    """A duration as timedelta; presets and cron expressions as they are.

    `by_interval`: with a timetable whose runs each have an interval, in UTC. Airflow's defaults give them a moment alone
    ([scheduler] create_cron_data_intervals).
    """
    if schedule is None or (by_interval and schedule in WITHOUT_INTERVAL):
        return schedule
    match = DURATION.fullmatch(schedule)
    length = timedelta(**{UNITS[match[2]]: int(match[1])}) if match else None
    if not by_interval:
        return length or schedule
    return DeltaDataIntervalTimetable(length) if length else CronDataIntervalTimetable(schedule, timezone="UTC")


def schedule_of(spec: PathSpec, *, by_interval: bool) -> Any:
    """The spec's own schedule; without one, whenever the refresh that it relies on has ended well."""
    if spec.schedule or not spec.features or not spec.features.refreshed_by:
        return airflow_schedule(spec.schedule, by_interval=by_interval)
    return [refreshed(spec.features.refreshed_by)]


def refreshed(name: str) -> Asset:
    """What a feature refresh of this name keeps up to date, as Airflow calls it."""
    return Asset(name=name, uri=f"golden-paths://features/{name}")


@lru_cache(maxsize=4096)
def refusal(schedule: str) -> str | None:
    """What Airflow says against a schedule, or None.

    Airflow itself asks only once the DAG is bagged or scheduled: there the fault of one spec is put down to the loader,
    with all its DAGs, and a date that never comes (0 0 30 2 *) is a line in a log.
    """
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import TimeRestriction
    from pendulum import instance

    try:
        dag = DAG("schedule", schedule=airflow_schedule(schedule), start_date=START, max_active_runs=1)
        timetable = coerce_to_core_timetable(dag.timetable)
        timetable.validate()
        restriction = TimeRestriction(earliest=instance(START), latest=None, catchup=False)
        timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    except Exception as error:  # each timetable refuses in its own way
        return " ".join(str(error).split())
    return None
