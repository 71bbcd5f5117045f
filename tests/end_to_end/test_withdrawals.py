"""A version that is withdrawn on a cluster, under the eyes of two clients that never stop asking: an answer, or the reason."""

from __future__ import annotations

import pytest
from kubernetes import client

from golden_paths import expiry, history
from golden_paths.errors import StepFailed
from golden_paths.rollout import labels, manifests
from golden_paths.rollout.rollback import roll_back
from golden_paths.rollout.versions import Versions
from rollouts import Place, until
from steady_pod import Champion

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(300)]
REASON = "it has $(HOSTNAME) expired"
SAID = {"error": f"withdrawn: {REASON}", "problems": []}


class Killed(BaseException):
    """The process is gone."""


def withdraw(place: Place, champion: Champion, run: str = "watch-1", reason: str = REASON) -> history.Entry:
    return expiry.withdraw(place.clients, place.spec(), champion.version, run=run, by="the watch", reason=reason)  # type: ignore[arg-type]


def only_withdrawals(champion: Champion) -> bool:
    """Whether the clients got the reason and nothing else beside the model's answers, since this was last asked."""
    errors = champion.steady.failures()
    assert {error.partition(" ")[2] for error in errors} <= {f"503: {SAID}"}, errors
    return bool(errors)


def pods_say(place: Place) -> set[tuple[int, str]]:
    """What each pod behind the address answers."""
    names = place.target()._traffic.endpoints()
    found = [place.api.proxied(name, "/predict", port=manifests.PORT, body={}) for name in names]
    return {(status, body.decode()) for status, body in found}


def test_it_says_why_through_kills_and_new_pods_until_the_next_version_comes_which_is_held_against_no_503(
    rollouts: Place, champion: Champion, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = champion.version
    with monkeypatch.context() as patched:
        patched.setattr(Versions, "wait_ready", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            withdraw(rollouts, champion)
    assert rollouts.champion() == gone.version  # the alias follows the address
    entry = withdraw(rollouts, champion, "watch-2", "another reason")
    assert (entry.why, entry.run, rollouts.serving(), rollouts.champion()) == (REASON, "watch-1", None, None)
    assert rollouts.tags(gone) == {"status": "withdrawn", "reason": REASON}
    assert list(history.faults(rollouts.clients.models, rollouts.name)) == []
    (one,) = {body for status, body in pods_say(rollouts) if status == 503}
    assert one == '{"error":"withdrawn: it has $(HOSTNAME) expired","problems":[]}'
    until(lambda: all(labels.WITHDRAWN in pod["metadata"]["labels"] for pod in rollouts.pods(gone)), "the model's pods end")
    assert only_withdrawals(champion)

    first = min(pod["metadata"]["name"] for pod in rollouts.pods(gone))
    client.CoreV1Api(rollouts.namespace.api).delete_namespaced_pod(first, rollouts.namespace.name)
    until(lambda: len(rollouts.target()._traffic.endpoints() - {first}) == 2, "another takes its place", 120)
    assert pods_say(rollouts) == {(503, one)}

    champion.version = rollouts.version()
    with pytest.raises(StepFailed, match=f"version {gone.version} of withdrawals is withdrawn, and has the address"):
        rollouts.start(gone)
    rollouts.roll_out(champion.version, replicas=2)
    assert rollouts.reports[champion.version.version].stages == ()
    champion.assert_serves()
    only_withdrawals(champion)
    with pytest.raises(StepFailed, match="was withdrawn: it has"):
        roll_back(rollouts.api, rollouts.clients.models, rollouts.name, gone.version, rollouts.log.append)
    champion.assert_serves()
