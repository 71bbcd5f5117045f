"""The child's side of a Feast repository: the only place where definitions are run and the registry is read.

The registry holds dill-pickled functions, and definitions are Python: both are the scientist's code.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from golden_paths import digests
from golden_paths.clients import (
    feast_described,
    feast_entities,
    feast_pending,
    feast_refreshed,
    feast_rows,
    feast_skew,
    feast_views,
)
from golden_paths.clients.feast_entities import TIMESTAMP
from golden_paths.errors import StepFailed

WRITE_ROWS = 10_000  # rows that Feast turns into protobuf at once; by itself it takes a whole window


def pending(payload: dict[str, Any]) -> dict[str, Any]:
    """Apply what changed, and put the rows that are to be written into files."""
    with _locked(payload):
        store = _applied(payload)
        service = _service(store, payload["service"])
        plans = _plans(store, service, payload)
        described = feast_described.service(store, service, [plan.view for plan in plans])
        views = [feast_pending.put(plan, Path(payload["folder"])) for plan in plans]
    return {"views": views, "described": described}


def materialize(payload: dict[str, Any]) -> dict[str, Any]:
    """Apply what changed, write the service's views to the online store window by window, and read back what is there."""
    with _locked(payload):
        store = _applied(payload)
        service = _service(store, payload["service"])
        plans = _plans(store, service, payload)
        if payload["checked"] is not None:
            feast_pending.require_checked(plans, payload["checked"])
        first = min((plan.rows.start for plan in plans if plan.rows), default=datetime.fromisoformat(payload["end"]))
        start = payload["start"] or first.isoformat()
        written = [feast_views.write(store, plan, limit=payload["window_rows"]) for plan in plans]
        described = feast_described.service(store, service, [plan.view for plan in plans])
        if payload["note_as"] and feast_refreshed.are_fresh(written, payload["fresh_from"]):
            feast_refreshed.note(store, service, payload["note_as"], start=start, end=payload["end"], views=written)
    return {"start": start, "views": written, "described": described}


def refreshed(payload: dict[str, Any]) -> dict[str, Any]:
    """What a refresh noted last, once the online store was seen to have it."""
    with _locked(payload):
        store = _applied(payload)
        service = _service(store, payload["service"])
        views = feast_views.of_service(store, service)
        if not (noted := feast_refreshed.noted(service, payload["by"], views)):
            return {"views": []}
        feast_refreshed.require_online(store, views, noted, by=payload["by"], home=_home(payload))
        return {**noted, "described": feast_described.service(store, service, views)}


def online_state(payload: dict[str, Any]) -> dict[str, Any]:
    """How far each view was materialized, by whomever: the registry knows."""
    with _locked(payload):
        store = _applied(payload)
        views = feast_views.of_service(store, _service(store, payload["service"]))
        return {"views": [feast_views.materialized(store, view) for view in views]}


def _plans(store: Any, service: Any, payload: dict[str, Any]) -> list[feast_views.ViewPlan]:
    """What is to be written of each view. `StepFailed` when that is nothing, and should not be."""
    asked = datetime.fromisoformat(payload["start"]) if payload["start"] else None
    end = datetime.fromisoformat(payload["end"])
    plans = [feast_views.plan(store, view, asked, end, _home(payload)) for view in feast_views.of_service(store, service)]
    feast_views.refuse_empty(payload["service"], plans, asked=asked is not None)
    return plans


def training_frame(payload: dict[str, Any]) -> dict[str, Any]:
    """Join the service's features to the entity rows as they were known at each row's time; see what is online."""
    with _locked(payload):
        store = _applied(payload)
        service = _service(store, payload["service"])
        keys = _keys(store, service)
    # Those the service offers online too: the inputs of its on-demand views come along in the join, and not there.
    features = [feature.name for projection in service.feature_view_projections for feature in projection.features]
    kept = [name for name in payload["sensitive"] if name not in features]
    entities = feast_entities.read(
        Path(payload["entities"]), keys=keys, label=payload["label"], features=features, sensitive=kept
    )
    joined = store.get_historical_features(entity_df=entities, features=service).to_df()
    # The label, and what came along with it, are the last word on the order: other rows differ in nothing.
    frame = joined[[*keys, TIMESTAMP, *features, *kept, payload["label"]]]
    frame = frame.sort_values([TIMESTAMP, *keys, payload["label"], *kept], kind="stable").reset_index(drop=True)
    frame.to_parquet(payload["destination"], index=False)
    for name, count in frame[features].isna().sum().items():
        if count == len(frame) > 0:
            raise StepFailed(
                f"feature {name} is missing in all {count} rows: none of its values is as old as the row it is joined to",
                remedy=f"check the times: a feature's {TIMESTAMP} must not be later than the label's",
            )
        if count:
            print(f"feature {name}: missing in {count} of {len(frame)} rows")  # noqa: T201
    rows: dict[str, Any] = {"rows": len(frame), "entity_rows": len(entities), "skew": None}
    if payload["online_at"]:  # in this child: importing Feast costs more than asking
        rows["skew"] = feast_skew.found(store, service, entities, keys, datetime.fromisoformat(payload["online_at"]))
    return {**rows, "keys": keys, "timestamp": TIMESTAMP, "features": features}


def feature_frame(payload: dict[str, Any]) -> dict[str, Any]:
    """Join the service's features to the entity rows of an interval, some rows at a time, in the order of the file."""
    end = datetime.fromisoformat(payload["end"])
    with _locked(payload):
        store = _applied(payload)
        service = _service(store, payload["service"])
        views, keys = feast_views.of_service(store, service), _keys(store, service)
        described = feast_described.service(store, service, views)
        newest = {view.name: feast_views.newest(store, view, end) for view in views} if payload["look_at_age"] else {}
    wanted = feast_rows.Wanted(
        Path(payload["entities"]),
        keys,
        start=datetime.fromisoformat(payload["start"]) if payload["start"] else None,
        end=end,
        chunk=payload["chunk"],
    )
    done = feast_rows.join(store, service, wanted, Path(payload["destination"]))
    return {**done, "keys": keys, "timestamp": TIMESTAMP, "described": described, "newest": newest}


def _home(payload: dict[str, Any]) -> Path:
    """Where the repository's registry, online store and our marks are."""
    home = Path(payload["state"]) / Path(payload["repo"]).name
    home.mkdir(parents=True, exist_ok=True)
    return home


@contextlib.contextmanager
def _locked(payload: dict[str, Any]) -> Iterator[None]:
    """One process at a time: Feast's file registry is rewritten whole, and the last writer wins."""
    home = _home(payload)
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another run that writes the feature repository {home.name}")  # noqa: T201
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _applied(payload: dict[str, Any]) -> Any:
    """The feature store, its registry brought up to the definitions when their files are not those applied last."""
    from golden_paths.clients import quick_feast

    feast = quick_feast.load()
    from feast.repo_operations import apply_total

    repo = Path(payload["repo"])
    os.environ["FEAST_STATE"] = payload["state"]
    # Some of Feast's stores resolve a source's relative path from the repository, duckdb from where the process is.
    os.chdir(repo)
    store = feast.FeatureStore(repo_path=str(repo))
    store.config.materialization_config.online_write_batch_size = (
        store.config.materialization_config.online_write_batch_size or WRITE_ROWS
    )
    files = sorted([*repo.rglob("*.py"), repo / "feature_store.yaml"])
    digest = digests.of_bytes("".join(f"{digests.of_file(file)} {file.relative_to(repo)}\n" for file in files).encode())
    mark = _home(payload) / "applied"
    known = {service.name for service in store.list_feature_services()}  # empty when the registry was deleted
    if payload["service"] not in known or not mark.is_file() or mark.read_text() != digest:
        notes = feast_refreshed.notes(store)
        sys.path.insert(0, str(repo))  # apply_total imports the definitions by their bare names
        apply_total(store.config, repo, skip_source_validation=False)
        mark.write_text(digest)
        store.refresh_registry()
        feast_refreshed.restore(store, notes)
    return store


def _service(store: Any, name: str) -> Any:
    from feast.errors import FeatureServiceNotFoundException

    try:
        return store.get_feature_service(name)
    except FeatureServiceNotFoundException as error:
        known = ", ".join(sorted(service.name for service in store.list_feature_services()))
        raise StepFailed(f"Feast knows no feature service '{name}'", remedy=f"known are {known or 'none'}") from error


def _keys(store: Any, service: Any) -> list[str]:
    """The join keys, as the service's projections rename them."""
    renamed = {projection.name: projection.join_key_map for projection in service.feature_view_projections}
    views = feast_views.of_service(store, service)
    return sorted({renamed.get(view.name, {}).get(key, key) for view in views for key in view.join_keys})
