"""The versions of one model on a cluster: made, made again, waited for, put to rest, removed."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from typing import Any

from golden_paths.artifacts import ModelVersion
from golden_paths.cluster.answers import Refused
from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.trouble import Trouble, trouble_of
from golden_paths.errors import DigestMismatch, StepFailed
from golden_paths.rollout import labels, manifests, objects, policies
from golden_paths.rollout.release import Release, named

POLL = 0.3
PATIENCE = 15.0  # seconds in which a refusal to make pods may still pass: an old one's end frees its quota
OF_VERSION = ("HorizontalPodAutoscaler", "PodDisruptionBudget", "Deployment", "Service", "ConfigMap")
OF_MODEL = ("Service", "NetworkPolicy", "ServiceAccount", "Lease")
Object = dict[str, Any]


class Versions:
    """Every verb converges when it is repeated."""

    def __init__(self, api: ClusterApi, model: str) -> None:
        self._api, self._model = api, model

    def releases(self) -> list[Release]:
        """Those that are on the cluster, warm or not, oldest first."""
        found = self._api.list("ConfigMap", {labels.MODEL: self._model} | labels.MANAGED)
        made = [Release.model_validate_json(one["data"]["release.json"]) for one in found if _is_record(one)]
        return sorted(made, key=lambda release: int(release.content.version))

    def release(self, version: str) -> Release | None:
        """One of them."""
        found = self._api.get("ConfigMap", named(self._model, version))
        return Release.model_validate_json(found["data"]["release.json"]) if found and _is_record(found) else None

    def recorded(self, version: ModelVersion) -> Release | None:
        """The release that is on the cluster already. Another model under its number is removed."""
        found = self.release(version.version)
        if found and not found.is_of(version):
            self.remove(version.version)  # MLflow counts anew when a model was deleted there
            return None
        return found

    def make(self, release: Release, package: bytes | None, *, pods: int = 0) -> None:
        """Apply everything that the version needs, its pods last. Raises `StepFailed` with the cluster's refusal.

        With an autoscaler there are at least `pods` to begin with: as many as what it takes over from has now.
        """
        try:
            for kind in policies.not_called_for(release):
                self._delete(kind, release.name)
            for manifest in objects.of_version(release, package):
                made = self._api.apply(manifest)
            least = max(pods, release.replicas)
            if release.most_replicas and made["spec"]["replicas"] < least:
                self._api.patch("Deployment", release.name, {"spec": {"replicas": least}})
        except Refused as refused:
            raise StepFailed(
                f"the cluster refused the objects of {release.name}: {refused.message}", remedy="see its message", retry=True
            ) from refused

    def restored(self, release: Release) -> None:
        """Make the objects of a version again that were deleted or changed by hand."""
        package = self.package(release)
        if self._api.get("Deployment", release.name) is None:
            self._api.log(f"Deployment {release.name} was deleted by hand; it is made again")
        self.make(release, package)

    def package(self, release: Release) -> bytes | None:
        """Its features package."""
        found = self._api.get("ConfigMap", release.name) or {}
        held = (found.get("binaryData") or {}).get(manifests.PACKAGE)
        return base64.b64decode(held) if held else None

    def rest(self, release: Release) -> None:
        """Scale to zero; the record stays, so that it can come back."""
        self._api.apply(manifests.deployment(release, is_warm=False))

    def remove(self, version: str) -> None:
        """Delete a version's objects. Its pods answer what they have begun."""
        name = named(self._model, version)
        for kind in OF_VERSION:
            self._delete(kind, f"{name}-only" if kind == "Service" else name)

    def remove_all(self, *, packages: bool = True) -> bool:
        """Delete all that the model has, and what pods of its steps were sent. False when there was nothing."""
        found = self._api.list("ConfigMap", {labels.MODEL: self._model} | labels.MANAGED)
        for one in found:
            if _is_record(one):
                self.remove(one["metadata"]["labels"][labels.VERSION])
            elif packages:
                self._delete("ConfigMap", one["metadata"]["name"])
        was_there = [self._delete(kind, self._model) for kind in OF_MODEL]
        return bool(found) or any(was_there)

    def size(self, release: Release) -> int:
        """How many pods it has now, by its own wish or its autoscaler's."""
        found = self._api.get("Deployment", release.name) or {}
        return int(found.get("spec", {}).get("replicas", 0))

    def pods(self, version: str) -> list[Object]:
        """The version's pods that are not on their way out."""
        found = self._api.list("Pod", {labels.MODEL: self._model, labels.VERSION: version})
        return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]

    def image(self, release: Release) -> tuple[str, str]:
        """The image that its pods run, and the digest under which their node knows it."""
        statuses = [one for pod in self.pods(release.content.version) for one in pod["status"].get("containerStatuses") or ()]
        ids = [str(one["imageID"]).rpartition("sha256:")[2] for one in statuses if one.get("imageID")]
        return release.content.image, f"sha256:{ids[0]}" if ids else ""

    def is_ready(self, release: Release) -> bool:
        """Whether as many pods as wanted are ready, all of this content."""
        found = self._api.get("Deployment", release.name)
        if found is None:
            return False
        status, wanted = found.get("status", {}), found["spec"].get("replicas", release.replicas)
        is_seen = status.get("observedGeneration", 0) >= found["metadata"]["generation"]
        ready = min(status.get("updatedReplicas", 0), status.get("readyReplicas", 0))
        return bool(is_seen and 0 < wanted <= ready)

    def wait_ready(self, release: Release, check: Callable[[], None]) -> None:
        """Wait until it is ready, making it again when somebody deletes it. Raises `StepFailed` that says why not."""
        begin = time.monotonic()
        package, told = self.package(release), ""
        while not self.is_ready(release):
            check()
            passed = time.monotonic() - begin
            trouble = self.trouble(release)
            if trouble and (trouble.final or passed > release.ready_seconds):
                raise _failed(release, trouble)
            if passed > release.ready_seconds:
                raise StepFailed(
                    f"the pods of {release.name} were not ready within {release.ready_seconds} s",
                    remedy="see their logs, or raise deploy.ready_within",
                    retry=True,
                )
            if (refusal := self.refusal(release)) and passed > min(PATIENCE, release.ready_seconds):
                raise refusal
            if trouble and trouble.text != told:
                told = trouble.text
                self._api.log(told)
            if self._api.get("Deployment", release.name) is None:
                self._api.log(f"Deployment {release.name} was deleted by hand; it is made again")
                self.make(release, package)
            time.sleep(POLL)

    def trouble(self, release: Release) -> Trouble | None:
        """What is wrong with the version's pods, the worst first."""
        found = []
        for pod in self.pods(release.content.version):
            events = self._api.list("Event", fields=f"involvedObject.uid={pod['metadata']['uid']}")
            if trouble := trouble_of(pod, events):
                found.append(trouble)
        return max(found, key=lambda trouble: trouble.final, default=None)

    def refusal(self, release: Release) -> StepFailed | None:
        """Why the cluster makes no pods: quota, policy, admission."""
        found = self._api.get("Deployment", release.name) or {}
        for condition in found.get("status", {}).get("conditions", []):
            if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
                quota = "exceeded quota" in condition["message"]
                return StepFailed(
                    f"the cluster makes no pods of {release.name}: {condition['message']}",
                    remedy="ask for less, or raise the quota" if quota else "see the namespace's policies",
                    retry=quota,
                )
        return None

    def _delete(self, kind: str, name: str) -> bool:
        found = self._api.get(kind, name)
        if found is None or (found["metadata"].get("labels") or {}).get(labels.MODEL) != self._model:
            return False
        return self._api.delete(kind, name)


def _is_record(one: Object) -> bool:
    return "release.json" in (one.get("data") or {})


def _failed(release: Release, trouble: Trouble) -> StepFailed:
    content = release.content
    if trouble.reason == "DigestMismatch":
        what = f"what version {content.version} of {content.model} has in MLflow"
        told = re.search(r"has digest (\w+), registered is", trouble.text)  # by golden_paths.serve.fetch
        return DigestMismatch(what, expected=content.digest, found=told[1] if told else f"another: {trouble.text}")
    return StepFailed(f"{release.name} does not get ready: {trouble.text}", remedy=trouble.remedy, retry=trouble.retry)
