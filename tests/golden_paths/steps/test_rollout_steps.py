"""deploy and promote: bytes are checked before anything starts, and endpoint and registry never disagree."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes import evidence
from fakes.models import FakeModelRegistry
from fakes.target import FakeTarget
from fakes.tracking import FakeTracking
from golden_paths import digests
from golden_paths.artifacts import Approval, Candidate, Endpoint, ModelVersion, SmokeReport
from golden_paths.card.incomplete import CardIncomplete
from golden_paths.errors import DigestMismatch, StepFailed
from golden_paths.policy.objects import Forbidden
from golden_paths.project import Project
from golden_paths.runner import run_step
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext
from golden_paths.steps import deploy, promote

SPEC = PathSpec.model_validate(
    {
        "golden_path": "online-model@1",
        "name": "churn",
        "owner": "growth",
        "description": "Chance that a customer leaves.",
        "features": {"repo": "include/feature_repos/churn", "service": "churn_v1"},
        "deploy": {"to": "local"},
    }
)


class NoAlias(FakeModelRegistry):
    """A registry that is down when the alias moves."""

    def set_alias(self, model: str, alias: str, version: str) -> None:
        raise ConnectionError("MLflow is down")


@dataclass
class Clients:
    """Fakes of what the steps touch."""

    tracking: FakeTracking
    models: FakeModelRegistry = field(default_factory=FakeModelRegistry)
    served: FakeTarget = field(default_factory=FakeTarget)

    def target(self, _: PathSpec) -> FakeTarget:
        return self.served


class Rollout:
    """A registered version whose folder lies in the fake MLflow."""

    def __init__(self, root: Path, models: FakeModelRegistry | None = None) -> None:
        folder = root / "model"
        folder.mkdir()
        (folder / "MLmodel").write_text("flavors: {}")
        self.clients = Clients(FakeTracking(root / "mlflow"), models or FakeModelRegistry())
        run = self.clients.tracking.run("churn", "train:1", name="train", tags={})
        self.project = Project(root, root / "state")
        self.run = run.id
        self.uri, self.digest = self.clients.tracking.log_model(run.id, folder), digests.of_folder(folder)

    def context(self, *, digest: str = "", smoked: str = "") -> StepContext:
        digest = digest or self.digest
        given = {
            "digest": digest,
            "weights": "w",
            "training_set": "t",
            "golden_records": "runs:/r/g",
            "golden_digest": "g",
        }
        kept = evidence.keep(self.clients.tracking, self.run, digest=digest, training_set="t")
        tags = kept | {f"golden_paths.{name}": value for name, value in given.items()}
        number = self.clients.models.register("churn", uri=self.uri, run_id=self.run, tags=tags)
        version = ModelVersion(
            model="churn",
            version=number,
            mlflow_run_id=self.run,
            uri=self.uri,
            **given,
        )
        candidate = Candidate(endpoint="churn", version=number, digest=digest, url="http://127.0.0.1:1")
        report = SmokeReport(endpoint="churn", version=number, digest=smoked or digest, records=1, slowest_ms=1.0)
        leave = Approval(model="churn", version=number, digest=digest, how="policy")
        made = {artifact.name: artifact for artifact in (version, leave, candidate, report)}
        run = Run("r", datetime(2026, 1, 1, tzinfo=UTC))
        return StepContext(SPEC, "d", self.project, run, self.clients, print, made)  # type: ignore[arg-type]


def test_deploy_starts_the_registered_bytes_and_keeps_them_under_their_digest(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path)
    deploy.run(rollout.context())
    assert digests.of_folder(tmp_path / "state" / "models" / rollout.digest) == rollout.digest
    assert rollout.clients.served.asked == ["start 1"]


def test_deploy_refuses_what_a_policy_forbids_that_was_tightened_since_the_dag_was_parsed(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path)
    context = rollout.context()
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "policy.yaml").write_text("owners: [others]\n")
    with pytest.raises(Forbidden, match="churn may not be deployed: owner is no team that may have models here"):
        deploy.run(context)
    assert rollout.clients.served.asked == []


def test_deploy_mends_a_kept_copy_that_was_changed(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path)
    deploy.run(rollout.context())
    kept = tmp_path / "state" / "models" / rollout.digest
    (kept / "MLmodel").write_text("changed")
    deploy.run(rollout.context())
    assert digests.of_folder(kept) == rollout.digest


def test_deploy_refuses_bytes_that_are_not_those_registered(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path)
    with pytest.raises(DigestMismatch) as caught:
        deploy.run(rollout.context(digest="0" * 64))
    assert str(caught.value) == (
        f"version 1 of churn in MLflow has digest {rollout.digest}, registered is {'0' * 64}; "
        "it was changed after it was registered: run the path again to make a new version"
    )
    assert rollout.clients.served.asked == []


def test_promote_moves_the_address_and_then_the_alias(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path)
    endpoint = promote.run(rollout.context())
    assert (endpoint.version, rollout.clients.models.models["churn"].aliases) == ("1", {"champion": "1"})
    assert rollout.clients.served.asked == ["start 1", "shift 1", "settle"]


def test_promote_writes_the_promotion_into_the_card_once(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path)
    tracking, tags = rollout.clients.tracking, rollout.clients.models.version_tags
    promote.run(rollout.context())
    card = tracking.folder / rollout.run / "card" / "card.md"
    first = card.read_text()
    assert "| promoted | 1 |" in first
    assert tags("churn", "1")["golden_paths.card_digest"] == digests.of_file(card)
    promote.run(rollout.context())
    assert card.read_text() == first


def test_promote_moves_nothing_when_there_can_be_no_card(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path)
    context = rollout.context()
    (rollout.clients.tracking.folder / rollout.run / "evaluation" / "evidence.json").unlink()
    with pytest.raises(CardIncomplete):
        promote.run(context)
    assert rollout.clients.served.asked == []
    assert rollout.clients.models.models["churn"].aliases == {}


def test_promote_gives_the_address_back_when_the_alias_cannot_move(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path, NoAlias())
    with pytest.raises(ConnectionError):
        promote.run(rollout.context())
    assert rollout.clients.served.asked == ["start 1", "shift 1", "restore 1"]
    assert rollout.clients.served.serving("churn") is None


class Lost(FakeTarget):
    """The answer to `shift` is lost."""

    def shift(self, candidate: Candidate) -> Endpoint:
        super().shift(candidate)
        raise StepFailed("the cluster's API server did not answer", remedy="run it again", retry=True)


def test_promote_gives_the_address_back_when_shift_fails_for_good_after_its_deed(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path)
    rollout.clients.served = Lost()
    context = rollout.context()
    with pytest.raises(StepFailed):
        run_step(promote.STEP, context)
    assert rollout.clients.served.serving("churn") is None
    tags = rollout.clients.models.models["churn"].versions["1"].tags
    assert (tags["golden_paths.status"], tags["golden_paths.reason"]) == (
        "rejected",
        "the cluster's API server did not answer; run it again",
    )


def test_promote_that_fails_after_the_alias_has_moved_leaves_what_serves(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path)
    endpoint = promote.run(rollout.context())
    promote.undo(rollout.context(), "it could not be settled")
    assert rollout.clients.served.serving("churn") == endpoint
    assert "restore 1" not in rollout.clients.served.asked


def test_promote_repeated_after_it_was_done_changes_nothing_even_when_the_registry_is_down_then(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path)
    endpoint = promote.run(rollout.context())
    assert promote.run(rollout.context()) == endpoint
    registered = rollout.clients.models.models["churn"]
    assert registered.versions["1"].tags["golden_paths.status"] == "champion"
    rollout.clients.models = NoAlias()
    rollout.clients.models.models["churn"] = registered
    assert promote.run(rollout.context()) == endpoint
    assert rollout.clients.served.serving("churn") == endpoint


def test_promote_refuses_bytes_that_smoke_did_not_test(tmp_path: Path) -> None:
    rollout = Rollout(tmp_path)
    with pytest.raises(StepFailed) as caught:
        promote.run(rollout.context(smoked="0" * 64))
    assert str(caught.value) == (
        f"smoke tested version 1 with digest {'0' * 64}, not version 1 with {rollout.digest}; run the path again from deploy"
    )
    assert rollout.clients.served.asked == []
