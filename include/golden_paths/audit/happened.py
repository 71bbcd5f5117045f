"""The event log as an audit reads it: what happened to one model, each event with its place in the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from golden_paths.lineage import log
from golden_paths.lineage.log import Event, Place

ENDPOINT = "goldenPaths_deployment"
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Happened:
    """One event of a run. `place` says where it stands; `folder` is the log's."""

    event: Event
    place: Place
    folder: Path

    @property
    def run_id(self) -> str:
        """The OpenLineage run."""
        return str(self.event["run"]["runId"])

    @property
    def job(self) -> str:
        """The job's name."""
        return str(self.event["job"]["name"])

    @property
    def namespace(self) -> str:
        """The job's namespace."""
        return str(self.event["job"]["namespace"])

    @property
    def is_complete(self) -> bool:
        """Whether the run ended well with this event."""
        return bool(self.event.get("eventType") == "COMPLETE")

    @cached_property
    def at(self) -> datetime:
        """When it was said."""
        moment = datetime.fromisoformat(str(self.event["eventTime"]).replace("Z", "+00:00"))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def inputs(self) -> tuple[Json, ...]:
        """Datasets that were read."""
        return tuple(self.event.get("inputs") or ())

    @property
    def outputs(self) -> tuple[Json, ...]:
        """Datasets that were written."""
        return tuple(self.event.get("outputs") or ())

    def facet(self, name: str) -> Json:
        """A facet of the run; empty when it has none of that name."""
        return (self.event["run"].get("facets") or {}).get(name) or {}

    @property
    def path_run(self) -> str:
        """The id of the path's run, as Airflow or the command line has it."""
        return str(self.facet("goldenPaths_spec").get("runId") or "")

    @property
    def where(self) -> str:
        """File and byte in the log."""
        return f"{self.place.file.relative_to(self.folder).as_posix()}, byte {self.place.start}"


def facet_of(dataset: Json, name: str) -> Json:
    """A facet of a dataset, wherever the standard puts it; empty when there is none."""
    for kind in ("facets", "inputFacets", "outputFacets"):
        if found := (dataset.get(kind) or {}).get(name):
            return dict(found)
    return {}


def version_of(dataset: Json) -> str:
    """A dataset's version; empty when it has none."""
    return str(facet_of(dataset, "version").get("datasetVersion") or "")


def is_dropped(dataset: Json) -> bool:
    """Whether it is there no more: an endpoint that was stopped."""
    return bool(facet_of(dataset, "lifecycleStateChange").get("lifecycleStateChange") == "DROP")


class History:
    """Every event of one model's jobs, by time."""

    def __init__(self, folder: Path, model: str) -> None:
        self.folder, self.model = folder, model
        self.events = sorted(self._read(), key=lambda one: one.at)

    def _read(self) -> Iterator[Happened]:
        for file in log.files(self.folder):
            for place, event in log.of_file(file):
                job = str((event.get("job") or {}).get("name") or "")
                if (
                    event.get("run")
                    and event.get("eventTime")
                    and (job == self.model or job.startswith(self.model + "."))
                ):
                    yield Happened(event, place, self.folder)

    def made(self, name: str, version: str, *, before: datetime | None = None, digest: str = "") -> Happened | None:
        """The last run that ended well and wrote the dataset `name` in this version; of a model, with this digest."""
        return next(self._writers(name, version, before, digest), None)

    def _writers(self, name: str, version: str, before: datetime | None, digest: str) -> Iterator[Happened]:
        for one in reversed(self.events):
            if not one.is_complete or (before and one.at > before):
                continue
            for dataset in one.outputs:
                told = facet_of(dataset, "goldenPaths_model").get("digest", digest)
                if dataset["name"] == name and version in ("", version_of(dataset)) and (not digest or told == digest):
                    yield one

    def asked(self, version: str, digest: str) -> list[Happened]:
        """What was done with a model version that is deployed: deploy, smoke, canary, promote, whether it ended well or not."""
        name = f"models/{self.model}"
        return [
            one
            for one in self.events
            if one.event.get("eventType") in ("COMPLETE", "FAIL")
            and any(
                data["name"] == name
                and version_of(data) == version
                and facet_of(data, "goldenPaths_model").get("digest", digest) == digest
                for data in one.inputs
            )
            and not any(data["name"] == f"fitted_models/{self.model}" for data in one.inputs)
        ]

    def path_of(self, one: Happened | None) -> Happened | None:
        """What was said last of the path's run as a whole, of which this was a step."""
        root = ((one.facet("parent").get("root") or {}).get("run") or {}).get("runId") if one else None
        return next((event for event in reversed(self.events) if event.run_id == root), None)

    def takeovers(self) -> list[tuple[Happened, Json]]:
        """Each event after which another version answers at the stable address, or none, with the endpoint as it was written."""
        return [
            (one, dataset)
            for one in self.events
            if one.is_complete
            for dataset in one.outputs
            if dataset["name"] == self.model and (facet_of(dataset, ENDPOINT) or is_dropped(dataset))
        ]
