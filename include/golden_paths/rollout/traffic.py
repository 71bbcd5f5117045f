"""Who takes the traffic of a model's Service: a version as a whole, and single pods of a canary beside it.

A Service selects pods by the traffic label of the version in service, which that version's template gives to every pod,
so that one which replaces another takes part by itself. A canary's pods are given that label one by one, and lose it by
being replaced. Changing the Service's selector moves all traffic at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

from golden_paths.artifacts import Endpoint
from golden_paths.clients.endpoint_status import EndpointStatus
from golden_paths.cluster.api import ClusterApi
from golden_paths.errors import StepFailed
from golden_paths.rollout import labels, manifests
from golden_paths.rollout.release import Release
from golden_paths.rollout.state import State
from golden_paths.rollout.versions import Versions

POLL = 0.1
SECONDS = 60.0  # for a cluster to bring its endpoints up to date
Object = dict[str, Any]


def statuses(api: ClusterApi) -> tuple[EndpointStatus, ...]:
    """Every model that has a version in service in the namespace, by name."""
    services = api.list("Service", labels.MANAGED)
    models = sorted(one["metadata"]["name"] for one in services if labels.ROLLOUT in one["metadata"].get("annotations", {}))
    return tuple(one for model in models if (one := Traffic(api, model).status()))


class Traffic:
    """The Service of one model."""

    def __init__(self, api: ClusterApi, model: str) -> None:
        self._api, self._model = api, model

    def state(self) -> State | None:
        """What the Service says; None when no version has its traffic."""
        found = self._api.get("Service", self._model)
        told = (found or {}).get("metadata", {}).get("annotations") or {}
        return State.model_validate_json(told[labels.ROLLOUT]) if labels.ROLLOUT in told else None

    def serving(self) -> Endpoint | None:
        """What has the stable address; None when it was withdrawn."""
        found = self._addressed()
        return found if found and not self._withdrawn(found.version) else None

    def status(self) -> EndpointStatus | None:
        """The same for a list, and whether it was withdrawn."""
        if (found := self._addressed()) is None:
            return None
        reason = self._withdrawn(found.version)
        status: Literal["serving", "withdrawn", "down"] = "withdrawn" if reason else "serving"
        return EndpointStatus(**found.model_dump(), status=status if self.endpoints() else "down", reason=reason)

    def _addressed(self) -> Endpoint | None:
        state, found = self.state(), self._api.get("Service", self._model)
        if state is None or found is None:
            return None
        return self._endpoint(state, found["spec"]["ports"][0]["port"])

    def _withdrawn(self, version: str) -> str:
        release = Versions(self._api, self._model).release(version)
        return release.withdrawn if release else ""

    def wait_withdrawn(self, version: str) -> None:
        """Until every pod behind the Service says that the version is withdrawn."""
        told = {labels.MODEL: self._model, labels.VERSION: version, labels.WITHDRAWN: "true"}

        def is_so() -> bool:
            names = self.endpoints()
            return bool(names) and names <= {pod["metadata"]["name"] for pod in self._api.list("Pod", told)}

        self._wait(f"all traffic of version {version} is answered with its withdrawal", is_so)

    def give(self, release: Release, state: State) -> Endpoint:
        """All traffic to this version, and wait until the cluster's endpoints say so."""
        version = release.content.version
        self.unshare(version)  # a candidate that took a share of it, when this is the way back
        self.say(release, state)
        self._wait(f"version {version} has all traffic", lambda: self._versions() == {version})
        return self._endpoint(state, release.port)

    def say(self, release: Release, state: State) -> None:
        """Write the Service as the version in service has it, with this state: what was changed by hand is undone."""
        self._api.apply(manifests.service(release, {labels.ROLLOUT: state.model_dump_json()}))

    def withdraw(self) -> None:
        """No version has the traffic any more."""
        self._api.delete("Service", self._model)

    def share(self, serving: str, pods: list[Object]) -> None:
        """Give these pods a share of the traffic of the version `serving`, and wait until they have it."""
        for pod in pods:
            self._api.patch("Pod", pod["metadata"]["name"], {"metadata": {"labels": {labels.traffic(serving): "true"}}})
        names = {pod["metadata"]["name"] for pod in pods}
        self._wait(f"{len(names)} pods of the candidate take traffic", lambda: names <= self.endpoints())

    def unshare(self, serving: str, version: str | None = None) -> None:
        """Take the share back from every pod of `version`; None: of all that do not serve."""
        taking = {labels.MODEL: self._model, labels.traffic(serving): "true"}
        for pod in self._api.list("Pod", taking | ({labels.VERSION: version} if version else {})):
            if version or pod["metadata"]["labels"].get(labels.VERSION) != serving:
                name = pod["metadata"]["name"]
                self._api.patch("Pod", name, {"metadata": {"labels": {labels.traffic(serving): None}}})

    def endpoints(self) -> set[str]:
        """The pods behind the Service that are ready, by name."""
        slices = self._api.list("EndpointSlice", {"kubernetes.io/service-name": self._model})
        return {
            one["targetRef"]["name"]
            for part in slices
            for one in part.get("endpoints") or []
            if (one.get("conditions") or {}).get("ready") and one.get("targetRef")
        }

    def _versions(self) -> set[str]:
        """Of the pods behind the Service."""
        pods = {pod["metadata"]["name"]: pod for pod in self._api.list("Pod", {labels.MODEL: self._model})}
        names = self.endpoints()
        return {pods[name]["metadata"]["labels"].get(labels.VERSION, "") if name in pods else "" for name in names}

    def _endpoint(self, state: State, port: int) -> Endpoint:
        return Endpoint(
            endpoint=self._model,
            url=self._url(port),
            version=state.serving,
            digest=state.digest,
            previous=state.previous,
        )

    def _url(self, port: int) -> str:
        return f"http://{self._model}.{self._api.namespace}" + ("" if port == 80 else f":{port}")

    def _wait(self, what: str, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + SECONDS
        while not is_so():
            if time.monotonic() > end:
                found = ", ".join(sorted(self.endpoints())) or "none"
                raise StepFailed(
                    f"not within {SECONDS:g} s: {what} (endpoints of {self._model}: {found})",
                    remedy="look at the pods and at the cluster's endpoint controller",
                    retry=True,
                )
            time.sleep(POLL)
