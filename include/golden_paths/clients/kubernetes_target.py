"""Endpoints on a Kubernetes cluster: each version a Deployment of its own, one Service per model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from golden_paths import digests, features_package
from golden_paths.artifacts import CanaryStage, Candidate, Endpoint, ModelVersion
from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.errors import StepFailed
from golden_paths.policy.objects import Forbidden, guard
from golden_paths.prediction_log import planned as logs
from golden_paths.project import Project
from golden_paths.rollout import manifests, measurements
from golden_paths.rollout.canary import Canary
from golden_paths.rollout.lease import Lease
from golden_paths.rollout.release import Release
from golden_paths.rollout.state import State
from golden_paths.rollout.traffic import Traffic
from golden_paths.rollout.versions import Versions
from golden_paths.rollout.withdrawal import ClusterAddress
from golden_paths.spec import DeploySection, PathSpec


class KubernetesTarget:
    """Serves the model of one spec. Every verb converges when it is repeated, whatever was killed in between."""

    def __init__(
        self, spec: PathSpec, settings: ClusterSettings, project: Project, *, tracking_uri: str, log: Callable[[str], None]
    ) -> None:
        self._spec, self._settings, self._project, self._log = spec, settings, project, log
        self._tracking_uri = tracking_uri
        self._api = ClusterApi(settings, log, guard=guard(project))
        self._versions, self._traffic = Versions(self._api, spec.name), Traffic(self._api, spec.name)

    def start(
        self, version: ModelVersion, *, fetch: Callable[[], Path], features: Path | None, service: str | None
    ) -> Candidate:
        """Make the version's objects, and wait until its pods are ready. They fetch the model for themselves.

        Waits for another rollout of this model. Raises `StepFailed` that names what keeps the pods from being ready.
        """
        candidate = Candidate(
            endpoint=version.model, version=version.version, digest=version.digest, url=self._private_url(version)
        )
        with self._rollout(candidate) as lease:
            self._keep_serving()
            release, package = self._released(version, features, service)
            champion = self._champion()
            self._versions.make(release, package, pods=self._versions.size(champion) if champion else 0)
            self._versions.wait_ready(release, lease.check)
            image, digest = self._versions.image(release)
        return candidate.model_copy(update={"image": image, "image_digest": digest})

    def canary(self, candidate: Candidate, requests: Sequence[bytes]) -> tuple[CanaryStage, ...]:
        """Judge each step of the rollout. None, when no version is in service beside which it could be judged."""
        with self._rollout(candidate) as lease:
            champion = self._champion()
            if champion is None or champion.is_of(candidate) or champion.withdrawn:
                self._log("no other version is in service: there is no traffic to share, and nothing to be judged by")
                return ()
            rollout = self._spec.need(DeploySection).rollout
            release = self._release(candidate)
            return Canary(self._api, release, champion, rollout, requests, lease.check).stages()

    def shift(self, candidate: Candidate) -> Endpoint:
        """Give all traffic to the candidate; the version before stays warm."""
        with self._rollout(candidate) as lease:
            release, state = self._release(candidate), self._traffic.state()
            if state is None or not state.is_of(candidate):
                if not self._versions.is_ready(release):
                    self._versions.restored(release)
                    self._versions.wait_ready(release, lease.check)
                lease.check()
                state = State.after(state, release, datetime.now(UTC))
            endpoint = self._traffic.give(release, state)
            self._log(f"all traffic of {endpoint.url} is on version {endpoint.version}")
            return endpoint

    def settle(self, endpoint: Endpoint) -> None:
        """The rollout is over: no way back by `restore`; older candidates that never served are removed."""
        with self._rollout(endpoint) as lease:
            state = self._traffic.state()
            if state is None:  # stopped meanwhile
                raise StepFailed(
                    f"no version of {endpoint.endpoint} is in service", remedy="run the path again from deploy", retry=True
                )
            if state.is_of(endpoint):
                release = self._release(endpoint)
                self._traffic.say(release, state.model_copy(update={"is_settled": True}))
                self._tidy(release, state)
        lease.release()

    def restore(self, endpoint: Endpoint) -> None:
        """Undo `shift`, unless it was settled, and remove the candidate."""
        with self._rollout(endpoint) as lease:
            state = self._traffic.state()
            if state and state.is_of(endpoint) and not state.is_settled:
                before = self._versions.release(state.previous) if state.previous else None
                if before:
                    self._versions.restored(before)
                    self._versions.wait_ready(before, lease.check)
                    self._traffic.give(before, state.undone(before, datetime.now(UTC)))
                else:
                    self._traffic.withdraw()
            self._remove(endpoint)
        lease.release()

    def discard(self, candidate: Candidate) -> None:
        """Remove a candidate that does not serve; of a model that never served, everything."""
        with self._rollout(candidate) as lease:
            self._remove(candidate)
        lease.release()

    def withdraw(self, endpoint: str, reason: str, *, version: str | None = None) -> bool:
        """Replace the pods of the version in service by ones that answer 503, and load no model."""
        address = ClusterAddress(ClusterApi(self._settings, self._log), self._settings.serve_image)
        return address.withdraw(endpoint, reason, version=version)

    def retire(self, endpoint: str) -> datetime | None:
        """Scale to zero what served before deploy.keep_previous, and remove what is beyond deploy.keep_versions."""
        lease, deploy = Lease(self._api, self._spec.name, "retirement"), self._spec.need(DeploySection)
        with lease.held():
            state, now = self._traffic.state(), datetime.now(UTC)
            if state is None:
                return None
            due = [one.until + deploy.keep_previous for one in state.history]
            kept = []
            for place, (one, moment) in enumerate(zip(state.history, due, strict=True), start=1):
                is_over = moment <= now
                if is_over and place >= deploy.keep_versions:
                    self._versions.remove(one.version)
                    continue
                kept.append(one)
                if is_over and (release := self._versions.release(one.version)):
                    self._versions.rest(release)
            if len(kept) < len(due) and (champion := self._champion()):
                self._traffic.say(champion, state.model_copy(update={"history": tuple(kept)}))
        lease.release()
        return min((moment for moment in due if moment > now), default=None)

    def serving(self, endpoint: str) -> Endpoint | None:
        """What has the Service's traffic."""
        return self._traffic.serving()

    def measurements(self, endpoint: str) -> dict[str, str]:
        """Of every pod of the version in service."""
        state = self._traffic.state()
        return measurements.of_pods(self._api, endpoint, state.serving) if state else {}

    def stop(self, endpoint: str) -> bool:
        """Remove all objects of the model."""
        return self._versions.remove_all()

    def _remove(self, one: Candidate | Endpoint) -> None:
        state, release = self._traffic.state(), self._versions.release(one.version)
        if state and (state.is_of(one) or state.has_served(one.version)):
            return  # what served before is kept for a rollback, whoever failed to bring it back
        if release is None or release.is_of(one):
            if state:
                self._traffic.unshare(state.serving, one.version)
            self._versions.remove(one.version)
        if state is None and not self._versions.releases():
            self._versions.remove_all(packages=False)  # another run's pod may be about to read its own

    def _tidy(self, serving: Release, state: State) -> None:
        """Older candidates that never served go, and the canary's labels on the pods that serve."""
        for release in self._versions.releases():
            version = release.content.version
            if int(version) < int(serving.content.version) and not state.has_served(version):
                self._versions.remove(version)
            elif version != serving.content.version:
                self._traffic.unshare(version, serving.content.version)

    def _keep_serving(self) -> None:
        """Mend what was deleted or changed by hand of the version in service. A canary that was left alone ends."""
        state, champion = self._traffic.state(), self._champion()
        if state and champion:
            try:
                self._versions.restored(champion)
            except Forbidden as forbidden:  # what replaces it may keep the policy: it must not be in the way of that
                self._log(f"what serves is left as it is: {forbidden}")
            self._traffic.say(champion, state)
            self._traffic.unshare(state.serving)

    def _champion(self) -> Release | None:
        state = self._traffic.state()
        return self._versions.release(state.serving) if state else None

    def _release(self, one: Candidate | Endpoint) -> Release:
        found = self._versions.release(one.version)
        if found is None or not found.is_of(one):
            raise StepFailed(
                f"version {one.version} of {one.endpoint} does not run", remedy="run the path again from deploy", retry=True
            )
        return found

    def _released(
        self, version: ModelVersion, features: Path | None, service: str | None
    ) -> tuple[Release, bytes | None]:
        """The release and its features package. The content of a version that is there already never changes."""
        recorded = self._versions.recorded(version)
        package, state = None, self._traffic.state()
        if recorded and recorded.withdrawn and state and state.is_of(version):
            raise StepFailed(  # its pods have the traffic: they would take it before anything has looked at them
                f"version {version.version} of {version.model} is withdrawn, and has the address: {recorded.withdrawn}",
                remedy="run the path again to make a version of its own",
            )
        if recorded:
            package = self._versions.package(recorded)
        elif features:
            package = features_package.pack(features, self._project.state / "feast")
        planned = Release.planned(
            self._spec,
            version,
            self._settings,
            tracking_uri=self._tracking_uri,
            features=digests.of_bytes(package) if package else None,
            repo=features,
            service=service,
        )
        keeping = logs.keeping(self._spec, self._project, self._settings.pod_tracking_uri(self._tracking_uri))
        content = recorded.content if recorded else planned.content
        return planned.model_copy(update={"content": content, "keeping": keeping}), package

    def _private_url(self, version: ModelVersion) -> str:
        name = f"{version.model}-v{version.version}-only"
        return f"http://{name}.{self._api.namespace}:{manifests.PORT}"

    def _lease(self, one: Candidate | Endpoint) -> Lease:
        return Lease(self._api, self._spec.name, f"version {one.version} {one.digest[:12]}")

    @contextmanager
    def _rollout(self, one: Candidate | Endpoint) -> Iterator[Lease]:
        lease = self._lease(one)
        with lease.held():
            yield lease
