"""Who may say yes to which bytes, and that no way leads around them. On fakes that are held to MLflow."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fakes.models import FakeModelRegistry
from fakes.target import FakeTarget
from golden_paths import approval, history
from golden_paths.artifacts import Approval, ModelVersion, SmokeReport
from golden_paths.errors import NotApproved
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext
from golden_paths.steps import approve, deploy, promote

ASKED = "risk: {{high: {{approval: {{approvers: [ada, grace, linus], people: {people}}}}}}}\n"
SPEC = {"golden_path": "online-model@1", "name": "churn", "owner": "linus", "description": "Who leaves."}
DIGEST = "d" * 64


@dataclass
class Clients:
    """Fakes of what the steps touch."""

    models: FakeModelRegistry = field(default_factory=FakeModelRegistry)
    served: FakeTarget = field(default_factory=FakeTarget)

    def target(self, _: PathSpec) -> FakeTarget:
        return self.served


class Versions:
    """A project whose policy asks people, and versions of one model."""

    def __init__(self, root: Path, people: int = 1) -> None:
        (root / "include").mkdir()
        self.policy = root / "include" / "policy.yaml"
        self.policy.write_text(ASKED.format(people=people))
        self.project, self.clients = Project(root, root / "state"), Clients()

    def register(self, run: str, digest: str = DIGEST) -> ModelVersion:
        told = {"digest": digest, "weights": "w", "training_set": "t", "golden_records": "g", "golden_digest": "g"}
        tags = {f"golden_paths.{name}": value for name, value in told.items()}
        number = self.clients.models.register("churn", uri="models:/m", run_id=run, tags=tags)
        self.clients.models.set_alias("churn", "candidate", number)
        return ModelVersion(model="churn", version=number, mlflow_run_id=run, uri="models:/m", **told)

    def context(self, version: ModelVersion, *, by: str = "eve", leave: Approval | None = None, **more: Any) -> StepContext:
        run = Run("r", datetime(2026, 1, 1, tzinfo=UTC), by=by, is_trial=more.pop("is_trial", False))
        made = {one.name: one for one in (version, leave) if one}
        spec = PathSpec.model_validate(SPEC | {"deploy": {"to": "local"}} | more)
        return StepContext(spec, "d", self.project, run, self.clients, print, made)  # type: ignore[arg-type]

    def deploy(self, version: ModelVersion, leave: Approval | None = None, **more: Any) -> None:
        """As a task would whose predecessor was marked as a success, and handed on a forged approval."""
        forged = Approval(model="churn", version=version.version, digest=version.digest, how="people", by=("ada",))
        approval.hold(self.context(version, **more), version, leave or forged)


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path)


def decide(versions: Versions, version: ModelVersion, by: str, *, yes: bool = True) -> history.Entry:
    return approval.decide(versions.context(version), version, yes=yes, by=by, why="looked at it")


def test_nothing_goes_on_before_somebody_who_may_has_said_yes(versions: Versions) -> None:
    version = versions.register("1")
    with pytest.raises(NotApproved, match="waits for an approval, as the policy asks at risk high"):
        approve.run(versions.context(version))
    with pytest.raises(NotApproved, match="is not approved: its history does not say so"):
        versions.deploy(version)
    entry = decide(versions, version, "ada")
    made = approve.run(versions.context(version))
    assert (made.how, made.by, made.why, made.digest) == ("people", ("ada",), ("looked at it",), DIGEST)
    versions.deploy(version)
    tags = versions.clients.models.version_tags("churn", "1")
    assert tags["golden_paths.approval"].startswith("approved by ada at ") and tags[history.HASH] == entry.hash
    assert list(history.faults(versions.clients.models, "churn")) == []


@pytest.mark.parametrize(
    ("by", "asked_for_by"),
    [("eve", "cron"), ("ada", "ada"), ("linus", "cron"), ("", "cron")],
    ids=["no approver", "who asked for the run", "who owns the model", "nobody"],
)
def test_what_others_say_does_not_count(versions: Versions, by: str, asked_for_by: str) -> None:
    version = versions.register("1")
    decide(versions, version, by)
    with pytest.raises(NotApproved):
        versions.deploy(version, by=asked_for_by)


def test_an_approver_who_is_none_any_more_does_not_count(versions: Versions) -> None:
    version = versions.register("1")
    decide(versions, version, "ada")
    versions.policy.write_text("risk: {high: {approval: {approvers: [grace]}}}\n")
    with pytest.raises(NotApproved):
        versions.deploy(version)


def test_two_people_are_two_different_ones(tmp_path: Path) -> None:
    versions = Versions(tmp_path, people=2)
    version = versions.register("1")
    decide(versions, version, "ada")
    decide(versions, version, "ada")
    with pytest.raises(NotApproved):
        versions.deploy(version)
    decide(versions, version, "grace")
    versions.deploy(version)
    assert approve.run(versions.context(version)).by == ("ada", "grace")
    assert [entry.by for entry in history.entries(versions.clients.models, "churn")] == ["ada", "grace"]


def test_a_no_ends_what_was_said_before_it_and_a_later_yes_counts(versions: Versions) -> None:
    version = versions.register("1")
    decide(versions, version, "ada")
    decide(versions, version, "grace", yes=False)
    with pytest.raises(NotApproved):
        versions.deploy(version)
    assert versions.clients.models.version_tags("churn", "1")[approval.STATUS] == "rejected"
    decide(versions, version, "ada")
    versions.deploy(version)


def test_it_holds_for_these_bytes_alone(versions: Versions) -> None:
    version = versions.register("1")
    decide(versions, version, "ada")
    swapped = version.model_copy(update={"digest": "e" * 64})
    with pytest.raises(NotApproved, match="is not approved"):
        versions.deploy(swapped)
    leave = Approval(model="churn", version="1", digest=DIGEST, how="people", by=("ada",))
    with pytest.raises(NotApproved, match=f"approved is version 1 with digest {DIGEST}, not version 1 with eee"):
        versions.deploy(swapped, leave)


def test_an_entry_written_by_hand_does_not_count(versions: Versions) -> None:
    version = versions.register("1")
    decide(versions, version, "grace", yes=False)
    kept = history.entries(versions.clients.models, "churn")[-1]
    forged = kept.model_copy(update={"number": 2, "what": "approved", "by": "ada", "before": kept.hash})
    versions.clients.models.add_history("churn", 2, forged.text)
    with pytest.raises(NotApproved):
        versions.deploy(version)


def test_a_decision_on_a_superseded_version_comes_too_late(versions: Versions) -> None:
    models, old, new = versions.clients.models, versions.register("1"), versions.register("2")
    with pytest.raises(NotApproved, match="version 1 of churn is superseded by version 2; decide on that one"):
        approval.refuse_superseded(models, old)
    approval.refuse_superseded(models, new)
    decide(versions, new, "ada", yes=False)
    approval.refuse_superseded(models, old)  # the newer one is rejected
    decide(versions, old, "ada")
    models.set_alias("churn", "champion", "2")
    with pytest.raises(NotApproved, match="version 1 of churn is superseded: version 2 serves"):
        versions.deploy(old)


@pytest.mark.parametrize("how", ["policy", "trial"])
def test_nobody_is_asked_where_the_policy_asks_nobody_and_in_a_trial(versions: Versions, how: Any) -> None:
    version = versions.register("1")
    more: dict[str, Any] = {"risk": "limited"} if how == "policy" else {"is_trial": True}
    made = approve.run(versions.context(version, **more))
    assert (made.how, made.by) == (how, ())
    versions.deploy(version, made, **more)
    assert history.entries(versions.clients.models, "churn") == []
    with pytest.raises(NotApproved):
        versions.deploy(version, made)  # in earnest, at high risk


def test_the_deploy_step_starts_nothing_that_is_not_approved(versions: Versions) -> None:
    version = versions.register("1")
    leave = Approval(model="churn", version="1", digest=DIGEST, how="people", by=("ada",))
    with pytest.raises(NotApproved):
        deploy.run(versions.context(version, leave=leave))
    assert versions.clients.served.asked == []


def test_the_promote_step_moves_nothing_that_is_not_approved_whatever_the_tasks_before_have_handed_on(versions: Versions) -> None:
    version = versions.register("1")
    leave = Approval(model="churn", version="1", digest=DIGEST, how="people", by=("ada",))
    smoke = SmokeReport(endpoint="churn", version="1", digest=DIGEST, records=1, slowest_ms=1.0)
    context = versions.context(version, leave=leave)
    forged = replace(context, artifacts={**context.artifacts, smoke.name: smoke})
    with pytest.raises(NotApproved):
        promote.run(forged)
    assert (versions.clients.served.asked, versions.clients.models.champion("churn")) == ([], None)


def test_a_retry_after_a_kill_tells_the_same_once(versions: Versions) -> None:
    version = versions.register("1")
    first = decide(versions, version, "ada")
    versions.clients.models.tag_version("churn", "1", {history.HASH: ""})  # killed between the entry and the tag
    with pytest.raises(NotApproved):
        versions.deploy(version)
    assert decide(versions, version, "ada") == first
    versions.deploy(version)
