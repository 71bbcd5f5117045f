"""What a feature refresh leaves in Feast's registry, beside the service: how far it has got, for the models that rely on it.

It is a tag of the feature service: the registry is the one place that workers, pods and machines have in common. Applying
definitions takes it away; it is put back unless those of the service have changed: what is online then is of those before.
Runs in the child alone (see `feast_child`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from golden_paths import digests
from golden_paths.clients import feast_views
from golden_paths.errors import StepFailed

TAG = "golden_paths.refreshed_by."


def notes(store: Any) -> dict[str, tuple[str, dict[str, str]]]:
    """What refreshes have noted, by service, with a digest of what it is about."""
    return {
        service.name: (_definition(store, service), tags)
        for service in store.list_feature_services()
        if (tags := {name: said for name, said in service.tags.items() if name.startswith(TAG)})
    }


def restore(store: Any, notes: dict[str, tuple[str, dict[str, str]]]) -> None:
    """Put back what applying has taken away, where nothing else has changed. Each pod applies: it has no marks of its own."""
    for service in store.list_feature_services():
        definition, tags = notes.get(service.name, ("", {}))
        if tags and _definition(store, service) == definition:
            service.tags.update(tags)
            store.registry.apply_feature_service(service, store.project)


def _definition(store: Any, service: Any) -> str:
    """How the service and its views are defined, whenever that was applied."""
    from google.protobuf.json_format import MessageToDict

    views = feast_views.of_service(store, service)
    told = [_undated(MessageToDict(one.to_proto().spec)) for one in (service, *views)]
    told[0]["tags"] = {name: said for name, said in service.tags.items() if not name.startswith(TAG)}
    return digests.of_bytes(json.dumps(told, sort_keys=True).encode())


def _undated(found: Any) -> Any:
    """Without the times at which sources were applied, which are part of what Feast calls a specification."""
    if isinstance(found, dict):
        return {name: _undated(inner) for name, inner in found.items() if name != "meta"}
    return [_undated(inner) for inner in found] if isinstance(found, list) else found


def note(store: Any, service: Any, by: str, *, start: str, end: str, views: Sequence[dict[str, Any]]) -> None:
    """Once everything is online. An interval that is older than one noted before (a backfill) changes nothing."""
    before = json.loads(service.tags.get(TAG + by, "{}"))
    if before and datetime.fromisoformat(before["end"]) > datetime.fromisoformat(end):
        return
    service.tags[TAG + by] = json.dumps({"start": start, "end": end, "views": list(views)})
    store.registry.apply_feature_service(service, store.project)


def are_fresh(views: Sequence[dict[str, Any]], since: str | None) -> bool:
    """Whether each view has a row from then or later: what is stale is no refresh to rely on, though it is online."""
    return since is None or all(datetime.fromisoformat(one["newest"]) >= datetime.fromisoformat(since) for one in views)


def noted(service: Any, by: str, views: Sequence[Any]) -> dict[str, Any] | None:
    """What `note` left; None when it is not there, or of other views."""
    found: dict[str, Any] = json.loads(service.tags.get(TAG + by, "{}"))
    is_of_these = {one["view"] for one in found.get("views", ())} == {view.name for view in views}
    return found if found and is_of_these else None


def require_online(store: Any, views: Sequence[Any], noted: dict[str, Any], *, by: str, home: Path) -> None:
    """`StepFailed` when the online store has lost the newest rows that were noted."""
    newest = {one["view"]: datetime.fromisoformat(one["newest"]) for one in noted["views"]}
    for view in views:
        source, mark = feast_views.source_of(store, view), feast_views.mark_of(view, home)
        try:
            feast_views.read_back(store, view, source, newest[view.name], mark=mark)
        except StepFailed as error:
            raise StepFailed(error.problem, remedy=f"run {by} again: it writes everything anew") from error
