"""What `watch` and `renew` touch: the endpoint, looked at; the model, whose history is written."""

from __future__ import annotations

from golden_paths.lineage import names, of_endpoint
from golden_paths.lineage.places import Places
from golden_paths.lineage.touched import Dataset, Touched
from golden_paths.monitor_artifacts import Renewal, Watched
from golden_paths.step import StepContext


def watch(context: StepContext, places: Places, made: Watched | None) -> Touched:
    """The endpoint, with what was said of it; the checks are on it."""
    name = names.endpoint(places.endpoints, context.spec.name)
    if made is None or not made.version:
        return Touched((Dataset(name, kind="ENDPOINT"),))
    from golden_paths.lineage.own import WatchDatasetFacet

    facet = WatchDatasetFacet(
        modelVersion=made.version,
        modelDigest=made.digest,
        start=made.start.isoformat(),
        end=made.end.isoformat(),
        rows=made.rows,
        alarms=sorted({one.cause for one in made.alarms}),
        calm=list(made.calm),
    )
    checks = tuple(context.record.checks)
    return Touched((Dataset(name, kind="ENDPOINT", version=made.version, checks=checks, own={"watch": facet}),))


def renew(context: StepContext, places: Places, made: Renewal | None) -> Touched:
    """The endpoint that was looked at; after a withdrawal no model answers there. What else follows is a run of its own."""
    version, name = made.version if made else "", context.spec.name
    looked_at = Dataset(names.endpoint(places.endpoints, name), kind="ENDPOINT", version=version)
    gone = (of_endpoint.withdrawn(places, name, made.reason),) if made and made.action == "withdraw" else ()
    return Touched((looked_at,), parts=gone)
