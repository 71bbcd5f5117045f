"""The sections on how a version served: the answer itself, the rollout's events, the images."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

from golden_paths.audit.case import UNKNOWN, Case
from golden_paths.audit.found import Row, Section
from golden_paths.audit.happened import ENDPOINT, Happened, facet_of, is_dropped, version_of
from golden_paths.audit.of_data import FACTS
from golden_paths.audit.of_model import GATES
from golden_paths.audit.serving import Reign, shown
from golden_paths.lineage import names
from golden_paths.rollout.release import named


def answer(case: Case) -> Section:
    """Which version served, where, and from when to when."""
    version, reign = case.by_version(), case.reign
    rows = [
        Row(cells=("model", case.model), proofs=(version,)),
        Row(cells=("version", case.version), proofs=(version, *_told_by(case, reign))),
        case.fact("what it is for", (version, case.tag("description"))),
        *(_times(case, reign) if reign else (case.fact("when it served", *case.said_by("promote", None)),)),
    ]
    if reign is None or reign.until is None:
        rows.append(_now(case))
    for other in case.reigns:
        if other != reign and other.version == case.version:
            until = f"to {shown(other.until)}" if other.until else "on"
            rows.append(Row(cells=("served, too", f"from {shown(other.since)} {until}"), proofs=_told_by(case, other)))
    return Section(key="answer", title="What served", said=f"Asked for: {case.asked}.", columns=FACTS, rows=tuple(rows))


def _times(case: Case, reign: Reign) -> Iterator[Row]:
    begun, ended = _told_by(case, reign), case.by_event(reign.ended_by, "promote") if reign.ended_by else ()
    where = f"{(reign.facet or {}).get('endpoint') or UNKNOWN} ({reign.place})"
    yield Row(cells=("answered at", where), proofs=begun)
    yield Row(cells=("since", shown(reign.since)), proofs=begun)
    none = f"nothing is known to have taken over from it by {shown(case.now)}"
    yield Row(cells=("until", shown(reign.until) if reign.until else none), proofs=ended or begun)


def _told_by(case: Case, reign: Reign | None) -> tuple[str, ...]:
    """The event that says when it began, and the cluster's Service where that knows of the version."""
    keys = case.by_event(reign.by, "promote") if reign and reign.by else ()
    if case.cluster and ((state := case.cluster.state.value) is None or state.has_served(case.version)):
        keys = (*keys, case.by_object("Service", case.model, case.cluster.state))
    return keys or case.by_event(None, "promote")


def _now(case: Case) -> Row:
    """What MLflow and the endpoint say serves now. The last event may be contradicted by it: a change that left none."""
    sources = [(case.by_champion(), case.champion.value)]
    if case.cluster:
        state = case.cluster.state.value
        serves = state.serving if state and not _withdrawn(case, state.serving) else None
        sources.append((case.by_object("Service", case.model, case.cluster.state), serves))
    elif case.reign and case.reign.place == names.on_host(socket.gethostname()):
        sources.append((_endpoint(case), case.endpoint.value.version if case.endpoint.value else None))
    last = next((one for one in reversed(case.reigns) if one.until is None and one.by), None)
    if last:
        sources.append((case.by_event(last.by, "promote")[0], last.version))
    return case.fact("version that serves now", *sources)


def _withdrawn(case: Case, version: str) -> str:
    """The reason, when the cluster's record of the audited version has one and that version is meant."""
    release = case.cluster.release.value if case.cluster else None
    return release.withdrawn if release and release.content.version == version else ""


def _endpoint(case: Case) -> str:
    found = case.endpoint.value
    look_up = "python -m golden_paths endpoints" + (f"; curl {found.url}/version" if found else "")
    key = case.proofs.add("endpoint", "on this machine", case.model, look_up, why=case.endpoint.why)
    if found and found.version == case.version:
        case.proofs.says(key, "the model's digest", case.digest, found.digest)
    return key


def rollout(case: Case) -> Section:
    """Every event with this version in it, once it was registered; and what took over from it."""
    happened: list[Happened] = [one for one in (case.trail["register"], *case.deployed()) if one]
    ended = [one.ended_by for one in case.reigns if one.version == case.version and one.ended_by]
    seen = {one.run_id: one for one in [*happened, *ended]}
    rows = [_event(case, one) for one in sorted(seen.values(), key=lambda one: one.at)]
    rows += [*_of_mlflow(case), *_of_cluster(case)]
    return Section(key="rollout", title="Rollout", columns=("when", "what", "result"), rows=tuple(rows))


def _event(case: Case, one: Happened) -> Row:
    step = one.job.rpartition(".")[2]
    facets = [facet_of(data, ENDPOINT) for data in one.outputs if facet_of(data, ENDPOINT)]
    told = "ended well" if one.is_complete else "failed"
    if any(is_dropped(data) for data in one.outputs):
        told = "the version was withdrawn" if step == "withdraw" else "the endpoint was stopped"
    elif registered := [version_of(data) for data in one.outputs if data["name"] == f"models/{case.model}"]:
        told = f"version {registered[0]} was registered"
    elif facets and one.is_complete:
        told = _took_over(facets[0])
    elif said := one.facet("errorMessage").get("message"):
        told = f"failed: {said}"
    elif gates := one.facet(GATES).get("gates"):
        told = f"{sum(gate['verdict'] == 'passed' for gate in gates)} of {len(gates)} gates passed"
    return Row(cells=(shown(one.at), step, told), proofs=case.by_event(one, step))


def _took_over(facet: Any) -> str:
    version, before = facet["modelVersion"], facet.get("previousVersion")
    if facet["strategy"] == "candidate":
        return f"version {version} ran at {facet['endpoint']}, without traffic"
    took = f"version {version} took over{f' from version {before}' if before else ''}"
    return f"{took} at {facet['endpoint']} ({facet['strategy']})"


def _of_mlflow(case: Case) -> Iterator[Row]:
    if status := case.tag("status"):
        reason = case.tag("reason")
        yield Row(
            cells=("now", "MLflow's tag golden_paths.status", status + (f": {reason}" if reason else "")),
            proofs=(case.by_version(),),
        )


def _of_cluster(case: Case) -> Iterator[Row]:
    if not case.cluster:
        return
    key, state = case.by_object("Service", case.model, case.cluster.state), case.cluster.state.value
    if state is None:
        yield Row(cells=("now", "what the cluster keeps", UNKNOWN), proofs=(key,))
        return
    reason = _withdrawn(case, state.serving)
    told = f"version {state.serving}" + (f", withdrawn: {reason}" if reason else "")
    yield Row(cells=(shown(state.since), "the cluster's version in service", told), proofs=(key,))
    for one in state.history:
        if case.version in (one.version, state.serving):
            yield Row(
                cells=(shown(one.until), "the cluster's history", f"until then version {one.version} served"),
                proofs=(key,),
            )


def images(case: Case) -> Section:
    """What ran the model, and the steps that made it where those were pods."""
    pods = [_pod(case, one) for one in case.pods()]
    serving = list(_serving(case))
    said = (
        "" if serving else "A process of a machine served it, with the packages that the platform had there: no image."
    )
    if pods:
        said += " The image of a step's pod is in no event: environment.txt names what was installed in that which trained it."
    return Section(key="images", title="Images", said=said.strip(), columns=FACTS, rows=(*serving, *pods))


def _serving(case: Case) -> Iterator[Row]:
    """As it was deployed, and as the cluster has it now."""
    ran = [one for one in case.deployed() if one.is_complete and one.job == f"{case.model}.deploy"]
    facet = next((facet for one in reversed(ran) for data in one.outputs if (facet := facet_of(data, ENDPOINT))), {})
    if not case.cluster and not facet.get("image"):
        return
    log, *marquez = case.by_event(ran[-1] if ran else None, "deploy")
    image, digest = [(log, facet.get("image"))], [(log, facet.get("imageDigest"))]
    if case.cluster:
        name = named(case.model, case.version)
        record = case.by_object("ConfigMap", name, case.cluster.release)
        content = case.cluster.release.value.content if case.cluster.release.value else None
        image.append((record, content.image if content else None))
        digest.append((case.by_object("Pods", name, case.cluster.images), ", ".join(case.cluster.images.value or ())))
        told = (record, content.digest if content else None)
        yield case.fact("SHA-256 of the model it was told to load", told, (case.by_version(), case.tag("digest")))
        yield case.fact("SHA-256 of its features package", (record, content.features if content else None))
    yield case.fact("image that serves", *image, also=tuple(marquez))
    yield case.fact("its digest", *digest, also=tuple(marquez))


def _pod(case: Case, one: Happened) -> Row:
    step = one.job.removeprefix(f"{case.model}.").removesuffix(".pod")
    said = ((one.event["job"].get("facets") or {}).get("documentation") or {}).get("description")
    return Row(cells=(f"pod of {step}", str(said or UNKNOWN)), proofs=case.by_event(one, f"{step}.pod"))
