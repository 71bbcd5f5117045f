"""Whether a version may serve: whom the policy asks for its risk, and what they have said of these very bytes.

What counts is the model's history, not what travels between tasks: those can be marked, cleared or written by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from golden_paths import history, policy
from golden_paths.artifacts import Approval, ModelVersion
from golden_paths.clients import ModelRegistry
from golden_paths.errors import NotApproved
from golden_paths.history import Bytes, Entry
from golden_paths.policy.model import ApprovalRule
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.step import StepContext

LONGEST = 1000  # characters of a reason
STATUS, REASON = "golden_paths.status", "golden_paths.reason"
AGAIN = "run the path again to make a version of its own"


def rule_of(spec: PathSpec, project: Project) -> ApprovalRule | None:
    """Whom the policy asks; None when versions of this risk go on by themselves."""
    found: ApprovalRule | None = getattr(policy.read(project).risk, spec.risk).approval
    return found


def settled(context: StepContext, version: ModelVersion) -> Approval | None:
    """The approval that there already is; None when people must be asked."""
    rule = rule_of(context.spec, context.project)
    leave = partial(Approval, model=version.model, version=version.version, digest=version.digest)
    if rule is None or context.run.is_trial:
        return leave(how="trial" if rule else "policy")
    said = counted(rule, given(context.clients.models, version), context)
    if len(said) < rule.people:
        return None
    return leave(how="people", by=tuple(one.by for one in said), why=tuple(one.why for one in said))


def hold(context: StepContext, version: ModelVersion, approval: Approval) -> None:
    """Raises `NotApproved` unless these bytes may serve by today's policy and the history, whatever `approval` says."""
    if (approval.version, approval.digest) != (version.version, version.digest):
        said = f"version {approval.version} with digest {approval.digest}"
        raise NotApproved(f"approved is {said}, not version {version.version} with {version.digest}", remedy=AGAIN)
    if (found := settled(context, version)) is None:
        raise NotApproved(
            f"{_named(version)}, digest {version.digest}, is not approved: its history does not say so",
            remedy="clear the task approve, and have it approved",
        )
    if withdrawn(history.entries(context.clients.models, version.model), version):
        raise NotApproved(f"{_named(version)} was withdrawn, and nobody has approved it since", remedy=AGAIN)
    champion = context.clients.models.champion(version.model)  # runs may overlap where versions wait for people
    if found.how == "people" and champion and int(champion.version) > int(version.version):
        raise NotApproved(f"{_named(version)} is superseded: version {champion.version} serves", remedy=AGAIN)


def given(models: ModelRegistry, version: ModelVersion) -> list[Entry]:
    """Who approved these bytes since they were last rejected or withdrawn. Nobody, when its tag is of another history."""
    said = [one for one in history.entries(models, version.model) if one.version == version.version]
    if said and models.version_tags(version.model, version.version).get(history.HASH) != said[-1].hash:
        return []
    rejected = max((place for place, one in enumerate(said) if one.what in ("rejected", "withdrawn")), default=-1)
    return [one for one in said[rejected + 1 :] if one.what == "approved" and one.digest == version.digest]


def withdrawn(said: Sequence[Entry], version: Bytes) -> bool:
    """Whether the last that was said of these bytes is that they may not serve: nobody let them in again since."""
    words = [one.what for one in said if (one.version, one.digest) == (version.version, version.digest)]
    decisive = [what for what in words if what in ("withdrawn", "approved", "recertified")]
    return decisive[-1:] == ["withdrawn"]


def counted(rule: ApprovalRule, said: Sequence[Entry], context: StepContext) -> list[Entry]:
    """Those of people who may, each once."""
    first: dict[str, Entry] = {}
    for one in said:
        first.setdefault(one.by, one)
    may = eligible(rule, context)
    return [one for who, one in first.items() if who in may]


def eligible(rule: ApprovalRule, context: StepContext) -> list[str]:
    """Who may approve what comes of this run: not who asked for it, and not who owns the model."""
    return [who for who in dict.fromkeys(rule.approvers) if who not in (context.run.by, context.spec.owner)]


def decide(context: StepContext, version: ModelVersion, *, yes: bool, by: str, why: str) -> Entry:
    """Keep a decision in the history and on the version. Telling it again changes nothing."""
    models = context.clients.models
    what: history.What = "approved" if yes else "rejected"
    change = history.Change(what, version.version, version.digest, context.run.id, by, why=why[:LONGEST])
    entry = history.add(models, version.model, change)
    tags = {"golden_paths.approval": f"{entry.what} by {by} at {entry.at.isoformat(timespec='seconds')}: {entry.why}"}
    models.tag_version(version.model, version.version, tags | ({} if yes else {STATUS: "rejected", REASON: entry.why[:500]}))
    return entry


def refuse_superseded(models: ModelRegistry, version: ModelVersion) -> None:
    """Raises `NotApproved` when a newer version was registered, and not rejected: a decision on this one comes too late."""
    candidate = models.candidate(version.model)
    if candidate is None or int(candidate) <= int(version.version):
        return
    if models.version_tags(version.model, candidate).get(STATUS) != "rejected":
        raise NotApproved(f"{_named(version)} is superseded by version {candidate}", remedy="decide on that one")


def _named(version: ModelVersion) -> str:
    return f"version {version.version} of {version.model}"
