"""Rollback by hand: a version that served before serves again, at once when its pods are warm. It waits for no rollout."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from golden_paths import expiry, history
from golden_paths.artifacts import Endpoint
from golden_paths.clients import ModelRegistry
from golden_paths.cluster.api import ClusterApi
from golden_paths.errors import StepFailed
from golden_paths.rollout.lease import Lease
from golden_paths.rollout.release import Release
from golden_paths.rollout.state import State
from golden_paths.rollout.traffic import Traffic
from golden_paths.rollout.versions import Versions

HOLDER = "rollback by hand"
ANEW = "run the path again to make a new version"


def roll_back(
    api: ClusterApi,
    models: ModelRegistry,
    model: str,
    to: str | None,
    log: Callable[[str], None],
    *,
    run: str = HOLDER,
    by: str = "",
    max_age: timedelta | None = None,
) -> Endpoint:
    """Give the traffic and the alias `champion` to version `to`; None: to the one that served before.

    A rollout that is on its way ends with an error, and its candidate with it. Raises `StepFailed` when there is no such
    version, or it was withdrawn or is older than `max_age`; traffic and alias then are as they were. `run` and `by` say in
    the model's history who wanted it.
    """
    lease = Lease(api, model, f"{HOLDER} {datetime.now(UTC).isoformat()}")
    traffic, versions = Traffic(api, model), Versions(api, model)
    _in_service(traffic, model, api.namespace)
    with lease.held(by_force=True):
        state = _in_service(traffic, model, api.namespace)
        release = _wanted(versions, state, model, to, partial(_refusal, models, max_age))
        if release.content.version == state.serving:
            log(f"version {state.serving} of {model} is in service already")
        versions.restored(release)
        versions.wait_ready(release, lease.check)
        after = State.after(state, release, datetime.now(UTC)).model_copy(update={"previous": None, "is_settled": True})
        endpoint = traffic.give(release, after)
        _move_alias(models, traffic, versions, state, release)
        _note(models, state, release, run, by)
        _end_rollouts(models, versions, after)
        log(f"all traffic of {endpoint.url} is on version {endpoint.version}")
    lease.release()
    return endpoint


def _in_service(traffic: Traffic, model: str, namespace: str) -> State:
    if state := traffic.state():
        return state
    raise StepFailed(
        f"no version of {model} is in service in namespace {namespace}",
        remedy="look at both names: python -m golden_paths endpoints --kubernetes",
    )


def _wanted(versions: Versions, state: State, model: str, to: str | None, refusal: Callable[[Release], str | None]) -> Release:
    before = [release for one in state.history if (release := versions.release(one.version))]
    kept = [release.content.version for release in before]
    told = {release.content.version: reason for release in before if (reason := refusal(release))} if to is None else {}
    wanted = to or next((version for version in kept if version not in told), None)
    if wanted is None and told:
        reasons = "; ".join(f"version {version} {reason}" for version, reason in told.items())
        raise StepFailed(f"no version of {model} that served before {state.serving} may serve: {reasons}", remedy=ANEW)
    if wanted is None:
        raise StepFailed(
            f"no version of {model} that served before {state.serving} is kept", remedy="run the path again instead"
        )
    release = versions.release(wanted) if wanted in (*kept, state.serving) else None
    if release is None:
        raise StepFailed(
            f"version {wanted} of {model} is not kept, or never served", remedy=f"kept are {', '.join(kept) or 'none'}"
        )
    if reason := refusal(release):
        raise StepFailed(f"version {wanted} of {model} {reason}", remedy=ANEW)
    return release


def _refusal(models: ModelRegistry, max_age: timedelta | None, release: Release) -> str | None:
    """Why it may not serve again: its pods may say one thing, and MLflow, after a kill, another."""
    if release.withdrawn:
        return f"was withdrawn: {release.withdrawn}"
    content = release.content
    return expiry.refusal(models, content.model, content, max_age)


def _end_rollouts(models: ModelRegistry, versions: Versions, state: State) -> None:
    """Candidates that are on their way: whoever rolls back does not want the next one to follow."""
    for release in versions.releases():
        content = release.content
        if not state.has_served(content.version):
            versions.remove(content.version)
            tags = {"golden_paths.status": "rejected", "golden_paths.reason": "ended by a rollback by hand"}
            models.tag_version(content.model, content.version, tags)


def _note(models: ModelRegistry, before: State, release: Release, run: str, by: str) -> None:
    content = release.content
    if before.serving != content.version:
        change = history.Change("rolled back", content.version, content.digest, run, by, instead_of=before.serving)
        history.add(models, content.model, change)


def _move_alias(
    models: ModelRegistry, traffic: Traffic, versions: Versions, before: State, release: Release
) -> None:
    """The alias follows the traffic; when it cannot move, the traffic goes back to where it was."""
    content = release.content
    try:
        models.set_alias(content.model, "champion", content.version)
    except Exception:
        if back := versions.release(before.serving):
            traffic.give(back, before)
        raise
    models.tag_version(content.model, content.version, {"golden_paths.status": "champion", "golden_paths.reason": ""})
    was = models.version_tags(content.model, before.serving).get("golden_paths.status")
    if before.serving != content.version and was != expiry.WITHDRAWN:
        tags = {"golden_paths.status": "rolled_back", "golden_paths.reason": f"rolled back by hand to {content.version}"}
        models.tag_version(content.model, before.serving, tags)
