"""The child's side of a Feast repository: the only place where definitions are run and the registry is read.

The registry holds dill-pickled functions, and definitions are Python: both are the scientist's code.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from golden_paths import digests
from golden_paths.clients.feast_windows import Source, Window, windows
from golden_paths.errors import StepFailed

TIMESTAMP = "event_timestamp"
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)


def materialize(payload: dict[str, Any]) -> dict[str, Any]:
    """Apply what changed, write the service's views to the online store window by window, and read back what is there."""
    end = datetime.fromisoformat(payload["end"])
    asked = datetime.fromisoformat(payload["start"]) if payload["start"] else None
    with _locked(payload) as store:
        _apply(store, payload)
        views = [_materialize_view(store, view, asked, end) for view in _views(store, payload["service"])]
    start = asked or min((view.pop("start") for view in views), default=end)
    return {"start": start.isoformat(), "views": [{k: v for k, v in view.items() if k != "start"} for view in views]}


def training_frame(payload: dict[str, Any]) -> dict[str, Any]:
    """Join the service's features to the entity rows as they were known at each row's time."""
    import pandas as pd

    with _locked(payload) as store:
        _apply(store, payload)
        service = _service(store, payload["service"])
        keys = sorted({key for view in _views(store, payload["service"]) for key in view.join_keys})
        entities = pd.read_parquet(payload["entities"])
        if missing := [name for name in (*keys, TIMESTAMP) if name not in entities.columns]:
            raise StepFailed(
                f"{Path(payload['entities']).name} has no column {', '.join(missing)}",
                remedy=f"the service's views are joined on {', '.join(keys)} and {TIMESTAMP}: add the columns",
            )
        entities = entities[[*keys, TIMESTAMP, payload["label"]]]
        joined = store.get_historical_features(entity_df=entities, features=service).to_df()
    features = [column for column in joined.columns if column not in entities.columns]
    frame = joined[[*keys, TIMESTAMP, *features, payload["label"]]]
    frame = frame.sort_values([TIMESTAMP, *keys], kind="stable").reset_index(drop=True)
    frame.to_parquet(payload["destination"], index=False)
    for name, count in frame[features].isna().sum().items():
        if count:
            print(f"feature {name}: missing in {count} of {len(frame)} rows")  # noqa: T201
    return {
        "rows": len(frame),
        "entity_rows": len(entities),
        "keys": keys,
        "timestamp": TIMESTAMP,
        "features": features,
    }


@contextlib.contextmanager
def _locked(payload: dict[str, Any]) -> Iterator[Any]:
    """The store, for one process at a time: Feast's file registry is rewritten whole, and the last writer wins."""
    from golden_paths.clients import quick_feast

    state = Path(payload["state"])
    state.mkdir(parents=True, exist_ok=True)
    os.environ["FEAST_STATE"] = str(state)
    (state / Path(payload["repo"]).name).mkdir(exist_ok=True)
    with (state / f"{Path(payload['repo']).name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Some of Feast's stores resolve a source's relative path from the repository, duckdb from where the process is.
        os.chdir(payload["repo"])
        yield quick_feast.load().FeatureStore(repo_path=payload["repo"])


def _apply(store: Any, payload: dict[str, Any]) -> bool:
    """Bring the registry up to the definitions, when their files differ from those applied last."""
    from feast.repo_operations import apply_total

    repo = Path(payload["repo"])
    files = sorted([*repo.rglob("*.py"), repo / "feature_store.yaml"])
    digest = digests.of_bytes("".join(f"{digests.of_file(file)} {file.relative_to(repo)}\n" for file in files).encode())
    applied = Path(payload["state"]) / f"{repo.name}.applied"
    if applied.is_file() and applied.read_text() == digest:
        return False
    sys.path.insert(0, str(repo))  # apply_total imports the definitions by their bare names
    apply_total(store.config, repo, skip_source_validation=False)
    applied.write_text(digest)
    store.refresh_registry()
    return True


def _service(store: Any, name: str) -> Any:
    from feast.errors import FeatureServiceNotFoundException

    try:
        return store.get_feature_service(name)
    except FeatureServiceNotFoundException as error:
        known = ", ".join(sorted(service.name for service in store.list_feature_services()))
        raise StepFailed(f"Feast knows no feature service '{name}'", remedy=f"known are {known or 'none'}") from error


def _views(store: Any, service: str) -> list[Any]:
    names = [projection.name for projection in _service(store, service).feature_view_projections]
    return [store.get_feature_view(name) for name in names]


def _materialize_view(store: Any, view: Any, asked: datetime | None, end: datetime) -> dict[str, Any]:
    """Windows of bounded size, oldest first, so that a later row wins; then what the source and the online store hold."""
    done_until = view.most_recent_end_time
    start = asked or done_until or OLDEST
    planned = windows(_source(store, view), start, end)
    for window in planned:
        print(f"{view.name}: {window}")  # noqa: T201
        store.materialize(start_date=window.start, end_date=window.end, feature_views=[view.name])
    if not planned and done_until is None:
        raise StepFailed(
            f"feature view {view.name} has no row between {start.isoformat()} and {end.isoformat()}",
            remedy="expected at least one: check the source file and its timestamps, or run for a later interval",
        )
    newest = max((window.newest for window in planned), default=None) or _newest(store, view, end)
    rows = sum(window.rows for window in planned)
    _read_back(store, view, planned)
    return {
        "view": view.name,
        "rows": rows,
        "newest": newest.isoformat(),
        "start": planned[0].start if planned else start,
    }


def _source(store: Any, view: Any) -> Source:
    """The view's source file. Feast resolves relative paths from the repository's folder."""
    source = view.batch_source
    if type(source).__name__ != "FileSource":
        raise StepFailed(
            f"feature view {view.name} reads a {type(source).__name__}",
            remedy="this path materializes file sources alone",
        )
    file = source.path if "://" in source.path else str(Path(store.repo_path) / source.path)
    return Source(file, source.timestamp_field, tuple(view.join_keys))


def _newest(store: Any, view: Any, end: datetime) -> datetime:
    found = windows(_source(store, view), OLDEST, end)
    if not found:
        raise StepFailed(f"the source of feature view {view.name} is empty", remedy="restore the source file")
    return max(window.newest for window in found)


def _read_back(store: Any, view: Any, planned: list[Window]) -> None:
    """Ask the online store for the newest key that was written: materialize itself returns nothing."""
    keys = next((window.sample for window in reversed(planned) if window.sample), None)
    if not keys:
        return
    names = [f"{view.name}:{field.name}" for field in view.features]
    answer = store.get_online_features(
        features=names, entity_rows=[{key: keys[key] for key in view.join_keys}]
    ).to_dict()
    if all(answer[field.name][0] is None for field in view.features):
        raise StepFailed(
            f"feature view {view.name} was materialized, and the online store has nothing for {keys}",
            remedy="look at the online store's own log; running again is safe",
            retry=True,
        )
