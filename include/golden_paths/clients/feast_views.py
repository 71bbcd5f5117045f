"""Materializes one feature view: plans what is to be written, writes it by windows, and reads it back.

Runs in the child alone (see `feast_child`).
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from golden_paths import digests
from golden_paths.clients import feast_sources
from golden_paths.clients.feast_windows import DUMMY, EPOCH, TICK, Source, Window
from golden_paths.errors import StepFailed


@dataclass(frozen=True)
class ViewPlan:
    """What one run writes of one view.

    `rows` is what the source holds of the interval. Writing goes on to `until`: when a later interval was materialized
    before this one (a backfill), its rows are written again, because Feast's online stores keep what was written last,
    not what is newest. `seen` is where a run without an interval of its own notes what the source held; else None. `skips`:
    rows lie between where it was written to and this interval, and no run has written them.
    """

    view: Any
    source: Source
    start: datetime
    end: datetime
    until: datetime
    rows: Window | None
    done_before: bool
    mark: Path
    seen: Path | None
    skips: bool = False


def plan(store: Any, view: Any, asked: datetime | None, end: datetime, home: Path) -> ViewPlan:
    """Without an interval of its own, a run writes what came since the last one.

    That is everything when the view's definition changed: Feast goes on from where the old definition stopped, and a
    new feature would have no values. It is everything too when rows that were written before are others now: they would
    be learnt from and not served.
    """
    source, mark, seen = source_of(store, view), mark_of(view, home), home / f"{view.name}.seen"
    feast_sources.require(view, source)
    done_until = view.most_recent_end_time
    whole = done_until is not None and mark.is_file() and mark.read_text() == definition(view)
    if whole and not asked and _differs(source, seen):
        print(f"{view.name}: rows that were written before have changed; all are written again")  # noqa: T201
        whole = False
    start = asked or (done_until if whole else EPOCH)
    until = max(end, done_until or end)
    rows = source.between(start, end)
    if repeated := source.repeated(start, end):
        print(f"{view.name}: {repeated} rows have the keys and time of another; which one counts is left open")  # noqa: T201
    if keyless := source.keyless(start, until):
        raise StepFailed(
            f"{keyless} rows of {Path(source.file).name} have no {' or no '.join(source.keys.values())}: {view.name}",
            remedy="leave rows without a key out of the source",
        )
    skips = bool(asked and done_until and done_until < asked and source.between(done_until, asked))
    return ViewPlan(view, source, start, end, until, rows, done_until is not None, mark, None if asked else seen, skips)


def refuse_empty(service: str, plans: Sequence[ViewPlan], *, asked: bool) -> None:
    """An interval that was asked for must hold a row, and no view may stay without any.

    Nothing new since the last run is no error: a second run by hand, or a retry.
    """
    remedy = "check the source file and its timestamps, or run for another interval"
    for one in plans:
        interval = f"expected rows from {_text(one.start)} to {_text(one.end)}"
        if one.rows is None and not one.done_before:
            raise StepFailed(
                f"feature view {one.view.name} has nothing to write: {interval}, found {_found(one.source)}", remedy=remedy
            )
        if asked and all(each.rows is None for each in plans):
            raise StepFailed(
                f"feature service {service} has nothing to write: {interval}, found {_found(one.source)} in {one.view.name}",
                remedy=remedy,
            )


def write(store: Any, plan: ViewPlan, *, limit: int) -> dict[str, Any]:
    """Write the view's windows, oldest first, and check in the online store that they are there."""
    written = 0
    if plan.skips:  # before anything is written: Feast goes on from there, and a run that was killed would hide the gap
        plan.mark.unlink(missing_ok=True)
        print(f"{plan.view.name}: rows before {_text(plan.start)} were never written; a run without an interval will")  # noqa: T201
    for window in plan.source.windows(plan.start, plan.until, limit=limit):
        print(f"{plan.view.name}: {window}")  # noqa: T201
        # Feast takes both ends as part of the interval; the tick lets the next run start behind the newest row.
        with contextlib.redirect_stdout(io.StringIO()):  # colours and progress bars
            store.materialize(start_date=window.start, end_date=window.newest + TICK, feature_views=[plan.view.name])
        written += window.keys
    held = plan.rows or plan.source.between(EPOCH, plan.end)
    if held is None:
        raise StepFailed(
            f"the source of feature view {plan.view.name} has no row before {_text(plan.end)} any more",
            remedy="restore the source file",
        )
    read_back(store, plan.view, plan.source, held.newest, mark=plan.mark)
    if plan.start == EPOCH:
        plan.mark.write_text(definition(plan.view))
    if plan.seen:
        reach = plan.source.between(EPOCH, plan.until) or held
        until = reach.newest + TICK
        plan.seen.write_text(f"{until.isoformat()} {plan.source.content(until)}")
    return {"view": plan.view.name, "rows": written, "newest": held.newest.isoformat()}


def newest(store: Any, view: Any, end: datetime) -> str | None:
    """The time of the last row of a view's source before `end`."""
    held = source_of(store, view).between(EPOCH, end)
    return held.newest.isoformat() if held else None


def materialized(store: Any, view: Any) -> dict[str, Any]:
    """The rows of a view's source up to where it was materialized last: what the online store was given."""
    done = view.most_recent_end_time
    held = source_of(store, view).between(EPOCH, done.replace(tzinfo=done.tzinfo or UTC)) if done else None
    return {"view": view.name, "rows": held.keys if held else 0, "newest": held.newest.isoformat() if held else None}


def _differs(source: Source, seen: Path) -> bool:
    """Whether the rows that were noted in `seen` are not what the source holds of that time now."""
    if not seen.is_file():
        return False
    until, _, content = seen.read_text().partition(" ")
    return source.content(datetime.fromisoformat(until)) != content


def read_back(store: Any, view: Any, source: Source, newest: datetime, *, mark: Path) -> None:
    """Ask the online store for keys of the newest rows: Feast's materialize returns nothing.

    `StepFailed` when it lacks one; `mark` is removed then, so that the next run writes everything.
    """
    from feast.protos.feast.serving.ServingService_pb2 import FieldStatus

    sample = source.sample(newest)
    names = [f"{view.name}:{field.name}" for field in view.features]
    if not sample:  # a view without entities has one row for all
        return
    try:
        answer = store.get_online_features(features=names, entity_rows=sample).proto
    except Exception as error:  # each online store has errors of its own
        raise StepFailed(
            f"the online store cannot be read for feature view {view.name}: {error}",
            remedy=f"mend it; when it was deleted, remove {mark.parent} and run again, which makes it anew",
        ) from error
    feature = list(answer.metadata.feature_names.val).index(view.features[0].name)
    vector = answer.results[feature]
    for row, key in enumerate(sample):
        found = vector.event_timestamps[row].ToDatetime(UTC)
        if vector.statuses[row] == FieldStatus.NOT_FOUND or found < newest.replace(microsecond=0):
            mark.unlink(missing_ok=True)
            held = "nothing" if vector.statuses[row] == FieldStatus.NOT_FOUND else f"a row of {_text(found)}"
            raise StepFailed(
                f"feature view {view.name} was materialized, and the online store has {held} for {key}:"
                f" expected a row of {_text(newest)}",
                remedy="run again: everything will be written anew",
                retry=True,
            )


def of_service(store: Any, service: Any) -> list[Any]:
    """The views that hold the service's features, those behind its on-demand views included; each once."""
    stored = {view.name: view for view in store.list_feature_views()}
    names: dict[str, None] = {}
    for projection in service.feature_view_projections:
        if projection.name in stored:
            names[projection.name] = None
        else:
            sources = store.get_on_demand_feature_view(projection.name).source_feature_view_projections
            names.update(dict.fromkeys(source.name for source in sources.values()))
    return [stored[name] for name in names]


def mark_of(view: Any, home: Path) -> Path:
    """Where it is noted that everything of a view was written under its present definition."""
    return home / f"{view.name}.whole"


def source_of(store: Any, view: Any) -> Source:
    """The file that a view is made of. `StepFailed` when it is made of something else."""
    source = view.batch_source
    if type(source).__name__ != "FileSource":
        raise StepFailed(
            f"feature view {view.name} reads a {type(source).__name__}", remedy="this path materializes file sources alone"
        )
    file = source.path if "://" in source.path else str(Path(store.repo_path) / source.path)
    columns = {name: column for column, name in source.field_mapping.items()}
    return Source(file, source.timestamp_field, {column.name: columns.get(column.name, column.name) for column in _keys(view)})


def _keys(view: Any) -> list[Any]:
    return [column for column in view.entity_columns if column.name != DUMMY]


def definition(view: Any) -> str:
    """A digest of how a view is defined."""
    return digests.of_bytes(view.to_proto().spec.SerializeToString(deterministic=True))


def _found(source: Source) -> str:
    whole = source.between(EPOCH, datetime(9999, 1, 1, tzinfo=UTC))
    return f"{whole}" if whole else "an empty source"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
