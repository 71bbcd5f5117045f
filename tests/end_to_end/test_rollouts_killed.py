"""Workers that are killed in the middle of a rollout. Whoever retries ends all new, whoever gives up all old."""

from __future__ import annotations

from functools import partial

import pytest

from golden_paths import runner
from golden_paths.artifacts import Approval, Candidate, SmokeReport
from golden_paths.clients import kubernetes_target
from golden_paths.errors import StepFailed
from golden_paths.rollout.lease import Lease
from golden_paths.steps import canary, promote
from rollout_worker import PHASES, worker
from rollouts import Place, until
from steady_pod import Champion

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(400), pytest.mark.usefixtures("undisturbed")]
# What serves, and what the alias names, once a worker was killed there.
LEFT = {
    "its pods start": ("old", "old"),
    "its canary takes traffic": ("old", "old"),
    "the Service is about to turn to it": ("old", "old"),
    "the Service has turned to it and the alias has not": ("new", "old"),
    "the alias has moved": ("new", "new"),
    "the rollout is about to be settled": ("new", "new"),
}


def test_a_rollout_whose_worker_is_killed_at_every_phase_ends_all_new(rollouts: Place, champion: Champion) -> None:
    version = rollouts.version()
    words = {champion.version.version: "old", version.version: "new"}
    left = {}
    for phase in PHASES:
        with worker(rollouts, version, phase, replicas=2):
            pass
        serving, alias = rollouts.serving(), rollouts.champion()
        left[phase] = (words[serving.version if serving else ""], words[alias or ""])
        assert champion.steady.failures() == []
    assert left == LEFT
    endpoint = rollouts.roll_out(version, replicas=2)
    assert (endpoint.version, endpoint.previous) == (version.version, champion.version.version)
    champion.version = version
    champion.assert_serves()
    assert rollouts.tags(version) == {"status": "champion", "reason": ""}


def test_a_canary_that_is_killed_and_given_up_ends_all_old(rollouts: Place, champion: Champion) -> None:
    version = rollouts.version()
    with worker(rollouts, version, "its canary takes traffic"):
        pass
    assert len(champion.steady.answering()) == 2
    lost = RuntimeError("its worker was lost")
    runner.undo(canary.STEP, rollouts.context(version), lost)
    champion.assert_rejected(version, lost)


def test_a_canary_that_is_killed_and_forgotten_ends_when_the_next_rollout_begins(
    rollouts: Place, champion: Champion, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten, version = rollouts.version(), rollouts.version()
    with worker(rollouts, forgotten, "its canary takes traffic"):
        pass
    monkeypatch.setattr(kubernetes_target, "Lease", partial(Lease, lasts=2.0))  # it is a minute
    rollouts.start(version, replicas=2)
    until(lambda: champion.steady.answering() == {champion.version.version}, "kept connections follow", 30)
    rollouts.roll_out(version, replicas=2)
    champion.version = version
    champion.assert_serves()
    assert rollouts.objects(forgotten) == []


def test_a_promotion_that_is_killed_and_cannot_be_ended_ends_all_old(
    rollouts: Place, champion: Champion, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = rollouts.version()
    with worker(rollouts, version, "the Service has turned to it and the alias has not", replicas=2):
        pass
    until(lambda: champion.steady.answering() == {version.version}, "kept connections follow", 30)

    def away(*_: object) -> None:
        raise StepFailed("MLflow did not answer", remedy="run it again", retry=True)

    monkeypatch.setattr(rollouts.clients.models, "set_alias", away)
    leave = Approval(model=version.model, version=version.version, digest=version.digest, how="policy")
    candidate = Candidate(endpoint=rollouts.name, version=version.version, digest=version.digest, url="")
    smoke = SmokeReport(endpoint=rollouts.name, version=version.version, digest=version.digest, records=1, slowest_ms=1)
    with pytest.raises(StepFailed) as caught:
        runner.run_step(promote.STEP, rollouts.context(version, leave, candidate, smoke))
    assert str(caught.value) == "MLflow did not answer; run it again"
    champion.assert_rejected(version, caught.value)
