"""Whether the version that serves may go on for another max_age: who is asked, what they are shown, what their answer does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from golden_paths import approval, expiry
from golden_paths.artifacts import ModelVersion
from golden_paths.errors import NotApproved
from golden_paths.history import GATES, Entry
from golden_paths.markdown import escape
from golden_paths.policy.model import ApprovalRule
from golden_paths.spec import PathSpec
from golden_paths.step import StepContext


@dataclass(frozen=True)
class Certifying:
    """A version that people are asked about, whom the policy asks, and who has said yes so far: (id, why)."""

    version: ModelVersion
    rule: ApprovalRule
    said: tuple[tuple[str, str], ...] = ()

    def left(self, context: StepContext) -> list[str]:
        """Those who may still say yes. Raises `NotApproved` when they are too few."""
        names = [who for who, _ in self.said]
        may = [who for who in approval.eligible(self.rule, context) if who not in names]
        if len(may) < self.rule.people - len(names):
            raise NotApproved(
                f"nobody is left to certify {context.spec.name} anew: who asked for the run ({context.run.by}) or owns the model "
                "may not",
                remedy="have another approver named in the policy",
            )
        return may


def due(context: StepContext, now: datetime | None = None) -> ModelVersion | None:
    """The version to be asked about; None, with a word in the log, when there is none, or it has just begun to serve."""
    name, max_age = context.spec.name, max_age_of(context.spec)
    version = context.clients.models.champion(name)
    if version is None:
        context.log(f"no version of {name} is the champion: there is nothing to certify")
        return None
    started = expiry.started_at(context.clients.models, name, version)
    if not expiry.is_due(started, max_age, now or datetime.now(UTC)):
        context.log(f"version {version.version} of {name} began to serve on {started}: it is not to be certified yet")
        return None
    return version


def max_age_of(spec: PathSpec) -> timedelta | None:
    """How long a version may serve, where the spec bounds that."""
    return spec.monitor.max_age if spec.monitor else None


def rule_of(context: StepContext) -> ApprovalRule:
    """Whom the policy asks today. Raises `NotApproved` when that is nobody."""
    if rule := approval.rule_of(context.spec, context.project):
        return rule
    raise NotApproved(
        f"the policy asks nobody at risk {context.spec.risk}: there is nobody to certify {context.spec.name} anew",
        remedy=f"name approvers in risk.{context.spec.risk}.approval, or write expiry: withdraw",
    )


def certify(context: StepContext, certifying: Certifying) -> Entry | None:
    """Keep it, once enough people have said yes; None before that. Raises `Superseded` when another version serves by now."""
    version, said = certifying.version, certifying.said
    expiry.hold_champion(context.clients.models, version)
    if len({who for who, _ in said}) < certifying.rule.people:
        return None
    by, why = ", ".join(who for who, _ in said), "; ".join(why for _, why in said)
    return expiry.recertified(context.clients.models, version, run=context.run.id, by=by, why=why)


def refuse(context: StepContext, version: ModelVersion, *, by: str, why: str) -> Entry:
    """Somebody has said no, or nobody anything: the version is withdrawn. Raises `Superseded` when it serves no more."""
    expiry.hold_champion(context.clients.models, version)
    reason = f"not certified anew: {why}" if by == "nobody" else f"not certified anew, by {by}: {why}"
    return expiry.withdraw(context.clients, context.spec, version, run=context.run.id, by=by, reason=reason)


def worded(context: StepContext, certifying: Certifying, mlflow: str = "", now: datetime | None = None) -> str:
    """What they are shown, as Markdown. `mlflow`: where a browser reaches MLflow's pages, when it does."""
    spec, version = context.spec, certifying.version
    started = expiry.started_at(context.clients.models, spec.name, version)
    age = expiry.worded(started, max_age_of(spec) or timedelta(), now or datetime.now(UTC))
    lines = [
        f"**{escape(spec.description)}**",
        "",
        f"Risk {spec.risk}, owner {escape(spec.owner)}. Version {version.version} serves, and {age}. With a yes it may serve for "
        "as long again; with a no, or without an answer, its address answers 503. "
        f"Your answer holds for these bytes alone: digest `{version.digest}`.",
        "",
        *_links(version, mlflow),
        *_said(certifying.said),
        "### Gates that it passed when it was made",
        *_gates(context, version),
    ]
    return "\n".join(lines)


def _links(version: ModelVersion, mlflow: str) -> Iterator[str]:
    if mlflow:
        card = f"{mlflow}/#/experiments/0/runs/{version.mlflow_run_id}/artifacts/card/card.html"
        page = f"{mlflow}/#/models/{version.model}/versions/{version.version}"
        yield from (f"[Model card]({card}) · [Version]({page})", "")


def _said(said: Sequence[tuple[str, str]]) -> Iterator[str]:
    if said:
        yield from ("Yes said so far: " + "; ".join(f"{escape(who)}: {escape(why)}" for who, why in said), "")


def _gates(context: StepContext, version: ModelVersion) -> list[str]:
    """As the version's tag keeps them. MLflow's tags have a length: one that was cut says so."""
    tags = context.clients.models.version_tags(version.model, version.version)
    try:
        rows = [f"| {escape(str(name))} | {escape(str(found))} |" for name, found in json.loads(tags.get(GATES) or "{}").items()]
    except (ValueError, AttributeError):
        return ["", "They are in its card: the tag was too long for them.", ""]
    return ["", "| gate | found |", "|---|---|", *rows, ""] if rows else ["", "None.", ""]
