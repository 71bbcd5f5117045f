"""Rollouts where there is nothing to compare with: no version before, or nobody who asks."""

from __future__ import annotations

import pytest

from golden_paths.errors import GateFailed, StepFailed
from rollouts import Place, plain

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(300)]


@pytest.mark.parametrize("mode", ["crash", "wrong"])
def test_a_first_deploy_that_fails_leaves_nothing_behind(rollouts: Place, mode: str) -> None:
    version = rollouts.version(mode)
    with pytest.raises(StepFailed) as caught:
        rollouts.roll_out(version)
    assert (rollouts.objects(), rollouts.serving(), rollouts.champion()) == ([], None, None)
    assert rollouts.tags(version) == {"status": "rejected", "reason": str(caught.value)[:500]}


def test_without_users_synthetic_requests_decide(rollouts: Place) -> None:
    first, second = rollouts.version(), rollouts.version()
    assert rollouts.roll_out(first).previous is None
    assert rollouts.reports[first.version].stages == ()
    assert rollouts.roll_out(second).previous == first.version
    (stage,) = rollouts.reports[second.version].stages
    assert stage.requests == stage.synthetic == stage.champion_requests >= 40
    paused = rollouts.version("pause", after=330, seconds=2.0)
    assert rollouts.roll_out(paused).previous == second.version
    assert any("it is measured once more" in line for line in rollouts.log)
    worse = rollouts.version("fail", after=330)
    with pytest.raises(GateFailed) as caught:
        rollouts.roll_out(worse)
    print(plain(caught.value, worse))
    assert rollouts.objects(worse) == []
    serving = rollouts.serving()
    assert (serving and serving.version, rollouts.champion()) == (paused.version, paused.version)
