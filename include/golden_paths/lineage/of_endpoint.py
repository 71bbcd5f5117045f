"""What `deploy`, `smoke`, `canary`, `promote`, `retire` and a rollback touch: the version, its candidate, the endpoint."""

from __future__ import annotations

from dataclasses import replace

from golden_paths.artifacts import (
    CanaryReport,
    Candidate,
    Endpoint,
    Features,
    ModelVersion,
    Retirement,
    ServiceDescription,
    SmokeReport,
)
from golden_paths.lineage import names
from golden_paths.lineage.of_model import model_version
from golden_paths.lineage.places import Places
from golden_paths.lineage.touched import Dataset, Part, Touched
from golden_paths.spec import DeploySection
from golden_paths.step import StepContext


def deploy(context: StepContext, places: Places, made: Candidate | None) -> Touched:
    """The version goes in, and the online store's tables that it reads; a candidate comes out."""
    version = context.take(ModelVersion)
    features = context.artifacts.get(Features.name)
    described = features.described if isinstance(features, Features) else None
    online = _online(described) if described else ()
    candidate = _candidate(places, version, made)
    return Touched(
        (model_version(context, places, version), *online), (replace(candidate, state="CREATE" if made else None),)
    )


def _online(described: ServiceDescription) -> tuple[Dataset, ...]:
    tables = (names.online_table(described.project, view.view) for view in described.views)
    return tuple(Dataset(table, kind="ONLINE_STORE_TABLE") for table in tables)


def smoke(context: StepContext, places: Places, made: SmokeReport | None) -> Touched:
    """The candidate, asked with the version's golden records."""
    return _asked(context, places)


def canary(context: StepContext, places: Places, made: CanaryReport | None) -> Touched:
    """The candidate, asked with the version's golden records and by its users."""
    return _asked(context, places)


def promote(context: StepContext, places: Places, made: Endpoint | None) -> Touched:
    """The candidate becomes the endpoint."""
    version, candidate = context.take(ModelVersion), context.take(Candidate)
    inputs = (model_version(context, places, version), _candidate(places, version, candidate))
    if made is None:
        return Touched(inputs, (Dataset(names.endpoint(places.endpoints, version.model), kind="ENDPOINT"),))
    return Touched(inputs, (endpoint(context, places, made, candidate),))


def retire(context: StepContext, places: Places, made: Retirement | None) -> Touched:
    """The endpoint's versions that served before."""
    found = context.take(Endpoint)
    name = names.endpoint(places.endpoints, found.endpoint)
    return Touched((Dataset(name, kind="ENDPOINT", version=found.version),))


def rollback(context: StepContext, places: Places, made: Endpoint | None) -> Touched:
    """A version that served before becomes the endpoint again."""
    name = names.endpoint(places.endpoints, context.spec.name)
    version = Dataset(
        names.model_version(places.tracking_uri, context.spec.name), kind="MODEL", version=made.version if made else ""
    )
    return Touched((version,), (endpoint(context, places, made) if made else Dataset(name, kind="ENDPOINT"),))


def withdrawn(places: Places, model: str, reason: str) -> Part:
    """No model answers at the address any more. A run of its own that has ended well, whatever becomes of its task."""
    gone = Dataset(names.endpoint(places.endpoints, model), kind="ENDPOINT", state="DROP")
    return Part("withdraw", f"The version is withdrawn: {reason}", outputs=(gone,))


def endpoint(context: StepContext, places: Places, made: Endpoint, candidate: Candidate | None = None) -> Dataset:
    """What answers at the stable address."""
    from golden_paths.lineage.own import DeploymentDatasetFacet

    facet = DeploymentDatasetFacet(
        modelVersion=made.version,
        modelDigest=made.digest,
        strategy=_strategy(context),
        endpoint=made.url,
        image=(candidate.image if candidate else "") or None,
        imageDigest=(candidate.image_digest if candidate else "") or None,
        previousVersion=made.previous,
    )
    return Dataset(
        names.endpoint(places.endpoints, made.endpoint),
        kind="ENDPOINT",
        version=made.version,
        description=context.spec.description,
        owner=context.spec.owner,
        state="OVERWRITE",
        own={"deployment": facet},
    )


def _strategy(context: StepContext) -> str:
    section = context.spec.need(DeploySection)
    if section.to == "local":
        return "switch"
    return "canary " + ", ".join(f"{share:.0%}" for share in section.rollout.steps)


def _candidate(places: Places, version: ModelVersion, made: Candidate | None) -> Dataset:
    name = names.candidate(places.endpoints, version.model)
    if made is None:
        return Dataset(name, kind="CANDIDATE")
    from golden_paths.lineage.own import DeploymentDatasetFacet

    facet = DeploymentDatasetFacet(
        modelVersion=made.version,
        modelDigest=made.digest,
        strategy="candidate",
        endpoint=made.url,
        image=made.image or None,
        imageDigest=made.image_digest or None,
    )
    return Dataset(name, kind="CANDIDATE", version=made.version, own={"deployment": facet})


def _asked(context: StepContext, places: Places) -> Touched:
    version, candidate = context.take(ModelVersion), context.take(Candidate)
    checks = tuple(check for check in context.record.checks if check.subject == Candidate.name)
    asked = replace(_candidate(places, version, candidate), checks=checks)
    return Touched((model_version(context, places, version), asked))
