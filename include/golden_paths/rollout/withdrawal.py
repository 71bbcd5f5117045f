"""Withdraws the version that serves on a cluster: its pods are replaced by ones that say so. Waits for no rollout."""

from __future__ import annotations

from datetime import UTC, datetime

from golden_paths.artifacts import Endpoint
from golden_paths.cluster.api import ClusterApi
from golden_paths.errors import StepFailed
from golden_paths.rollout.lease import Lease
from golden_paths.rollout.traffic import Traffic
from golden_paths.rollout.versions import Versions
from golden_paths.withdrawal import reason_of

HOLDER = "withdrawal"


class ClusterAddress:
    """The stable addresses of a namespace. The policy holds for what begins to serve, not for what ends it.

    `image` is what says that a version is withdrawn, when it is not the version's own.
    """

    def __init__(self, api: ClusterApi, image: str | None = None) -> None:
        self._api, self._image = api, image or ""

    def serving(self, endpoint: str) -> Endpoint | None:
        """What has the Service's traffic; None when that is withdrawn."""
        return Traffic(self._api, endpoint).serving()

    def withdraw(self, endpoint: str, reason: str, *, version: str | None = None) -> bool:
        """The pods of the version in service roll over to ones that answer 503. A rollout on its way ends with an error.

        The record comes first: whatever is killed after it, whoever makes the version's objects again makes these.
        """
        why, traffic, versions = reason_of(reason), Traffic(self._api, endpoint), Versions(self._api, endpoint)
        if traffic.state() is None:
            return False
        told = {"withdrawn": why, "withdrawn_image": self._image}
        lease = Lease(self._api, endpoint, f"{HOLDER} {datetime.now(UTC).isoformat()}")
        with lease.held(by_force=True):
            state = traffic.state()
            if is_found := state is not None and version in (None, state.serving):
                assert state is not None
                release = versions.release(state.serving)
                if release is None:
                    raise StepFailed(
                        f"the record of version {state.serving} of {endpoint} was deleted by hand",
                        remedy=f"stop it: python -m golden_paths stop {endpoint} --kubernetes",
                    )
                release = release if release.withdrawn else release.model_copy(update=told)
                versions.restored(release)
                traffic.unshare(state.serving)
                traffic.say(release, state.model_copy(update={"previous": None, "is_settled": True}))
                versions.wait_ready(release, lease.check)
                traffic.wait_withdrawn(state.serving)
                self._api.log(f"version {state.serving} of {endpoint} is withdrawn: {release.withdrawn}")
        lease.release()
        return is_found
