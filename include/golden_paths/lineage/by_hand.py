"""What people do to an endpoint by command: the graph must know which version answered when, whoever brought it about."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from golden_paths.artifacts import Endpoint
from golden_paths.lineage import names
from golden_paths.lineage.observed import Speaker, jobs_namespace
from golden_paths.lineage.places import Places
from golden_paths.lineage.touched import Dataset, Touched

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent

Emit = Callable[[Any], None]
Log = Callable[[str], None]


def rolled_back(endpoint: Endpoint, places: Places, emit: Emit, log: Log) -> None:
    """A version that served before serves again."""

    def touched() -> Touched:
        from golden_paths.lineage.own import DeploymentDatasetFacet

        facet = DeploymentDatasetFacet(
            modelVersion=endpoint.version,
            modelDigest=endpoint.digest,
            strategy="rollback by hand",
            endpoint=endpoint.url,
            previousVersion=endpoint.previous,
        )
        version = Dataset(
            names.model_version(places.tracking_uri, endpoint.endpoint), kind="MODEL", version=endpoint.version
        )
        serving = Dataset(
            names.endpoint(places.endpoints, endpoint.endpoint),
            kind="ENDPOINT",
            version=endpoint.version,
            state="OVERWRITE",
            own={"deployment": facet},
        )
        return Touched((version,), (serving,))

    _say(f"{endpoint.endpoint}.rollback", "A version that served before serves again, by command.", touched, emit, log)


def stopped(endpoint: str, places: Places, emit: Emit, log: Log) -> None:
    """Nothing answers any more."""

    def touched() -> Touched:
        gone = Dataset(names.endpoint(places.endpoints, endpoint), kind="ENDPOINT", state="DROP")
        return Touched((), (gone,))

    _say(f"{endpoint}.stop", "The endpoint is stopped, by command.", touched, emit, log)


def withdrawn(endpoint: str, reason: str, places: Places, emit: Emit, log: Log) -> None:
    """The address says that its version is withdrawn: no model answers any more."""

    def touched() -> Touched:
        gone = Dataset(names.endpoint(places.endpoints, endpoint), kind="ENDPOINT", state="DROP")
        return Touched((), (gone,))

    _say(f"{endpoint}.withdraw", f"The version is withdrawn, by command: {reason}", touched, emit, log)


def _say(job: str, description: str, touched: Callable[[], Touched], emit: Emit, log: Log) -> None:
    run_id = str(uuid.uuid4())

    def make(state: str, error: BaseException | None) -> Iterable[RunEvent]:
        from golden_paths.lineage.events import Ref, event

        ref = Ref(run_id, job, jobs_namespace(), kind="COMMAND", description=description)
        return [event(state, ref, None, touched(), error=error)]

    with Speaker(make, emit, log).around():
        pass
