"""The parent's side of a Feast repository: every verb is one call of a child process, which alone runs its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from golden_paths import digests, sandbox
from golden_paths.artifacts import ServiceDescription, ViewState
from golden_paths.clients import FeatureFrame, Skew, TrainingFrame
from golden_paths.clients.refreshing import PendingView, Refreshed
from golden_paths.project import Project
from golden_paths.refresh_artifacts import ViewRows

CHILD = "golden_paths.clients.feast_child"
WINDOW_ROWS = 100_000


class FeastStore:
    """The Feast repository in folder `repo` of the project.

    Features are materialized by windows of at most `window_rows` source rows, written 10,000 at a time. That bounds what
    the child takes, however long the interval: 364 MiB at its peak for 300,000 rows x 3 features into SQLite, of which
    264 MiB are Feast's own before the first row (measured; Feast alone takes about 4 KiB a row, so 4 GiB for a million).
    """

    def __init__(
        self, project: Project, repo: str, log: Callable[[str], None], *, window_rows: int = WINDOW_ROWS
    ) -> None:
        self._project, self._repo, self._log, self._window_rows = project, repo, log, window_rows

    def pending(
        self, service: str, *, start: datetime | None, end: datetime, folder: Path
    ) -> tuple[tuple[PendingView, ...], ServiceDescription]:
        """Put the rows that are to be written into files of `folder`."""
        done = self._call("pending", {"service": service, "folder": str(folder), **_interval(start, end)})
        views = tuple(
            PendingView(ViewRows.model_validate(one["rows"]), Path(one["path"]), tuple(one["keys"]), one["timestamp"])
            for one in done["views"]
        )
        return views, ServiceDescription.model_validate(done["described"])

    def materialize(
        self,
        service: str,
        *,
        start: datetime | None,
        end: datetime,
        checked: Sequence[ViewRows] | None = None,
        note_as: str | None = None,
        fresh_from: datetime | None = None,
    ) -> tuple[datetime, tuple[ViewState, ...], ServiceDescription]:
        """Apply changed definitions, then write the service's views for [start, end) to the online store."""
        rows = None if checked is None else [one.model_dump(mode="json") for one in checked]
        noted = {"note_as": note_as, "fresh_from": fresh_from.isoformat() if fresh_from else None}
        asked = {"service": service, "window_rows": self._window_rows, "checked": rows, **noted}
        done = self._call("materialize", {**asked, **_interval(start, end)})
        return datetime.fromisoformat(done["start"]), _states(done), ServiceDescription.model_validate(done["described"])

    def refreshed(self, service: str, *, by: str) -> Refreshed | None:
        """What the refresh `by` wrote last, looked for in the online store."""
        done = self._call("refreshed", {"service": service, "by": by})
        if not done["views"]:
            return None
        start, end = (datetime.fromisoformat(done[key]) for key in ("start", "end"))
        return Refreshed(start, end, _states(done), ServiceDescription.model_validate(done["described"]))

    def online_state(self, service: str) -> tuple[ViewState, ...]:
        """How far each view was materialized."""
        return _states(self._call("online_state", {"service": service}))

    def training_frame(
        self,
        service: str,
        *,
        entities: Path,
        label: str,
        destination: Path,
        sensitive: Sequence[str] = (),
        online_at: datetime | None = None,
    ) -> TrainingFrame:
        """Join the service's features to the entity rows, point in time, into a parquet file at `destination`."""
        payload = {"service": service, "entities": str(entities), "label": label, "destination": str(destination)}
        at = online_at.isoformat() if online_at else None
        done = self._call("training_frame", {**payload, "sensitive": list(sensitive), "online_at": at})
        skew = done["skew"]
        return TrainingFrame(
            path=destination,
            rows=done["rows"],
            entity_rows=done["entity_rows"],
            keys=tuple(done["keys"]),
            timestamp=done["timestamp"],
            features=tuple(done["features"]),
            skew=Skew(skew["keys"], skew["differing"], tuple(skew["left_out"])) if skew else None,
        )

    def feature_frame(
        self,
        service: str,
        *,
        entities: Path,
        start: datetime | None,
        end: datetime,
        destination: Path,
        chunk: int,
        look_at_age: bool = False,
    ) -> FeatureFrame:
        """Join the service's features to the entity rows of an interval, into a parquet file at `destination`."""
        interval = {"start": start.isoformat() if start else None, "end": end.isoformat()}
        payload = {"service": service, "entities": str(entities), "destination": str(destination), **interval}
        done = self._call("feature_frame", {**payload, "chunk": chunk, "look_at_age": look_at_age})
        newest = {view: datetime.fromisoformat(text) if text else None for view, text in done["newest"].items()}
        return FeatureFrame(
            path=destination,
            rows=done["rows"],
            entity_rows=done["entity_rows"],
            keys=tuple(done["keys"]),
            timestamp=done["timestamp"],
            features=tuple(done["features"]),
            digest=digests.of_file(destination),
            entities_digest=done["entities_digest"],
            described=ServiceDescription.model_validate(done["described"]),
            newest=newest,
        )

    def _call(self, verb: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        place = {"repo": str(self._project.path(self._repo)), "state": str(self._project.state / "feast")}
        return sandbox.call(f"{CHILD}:{verb}", {**place, **payload}, project=self._project, log=self._log)


def _interval(start: datetime | None, end: datetime) -> dict[str, str | None]:
    return {"start": start.isoformat() if start else None, "end": end.isoformat()}


def _states(done: Mapping[str, Any]) -> tuple[ViewState, ...]:
    return tuple(ViewState.model_validate(view) for view in done["views"])
