"""Endpoints on this machine. Every verb asks the endpoint's supervisor; `start` starts it when it is not there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from golden_paths import digests
from golden_paths.artifacts import CanaryStage, Candidate, Endpoint, ModelVersion
from golden_paths.clients.endpoint_status import EndpointStatus, of_folder
from golden_paths.endpoint import control, launch, measurements
from golden_paths.endpoint import state as states
from golden_paths.endpoint.state import EndpointState, Served, key_of
from golden_paths.errors import DigestMismatch, StepFailed
from golden_paths.prediction_log.keeping import Keeping
from golden_paths.project import Project
from golden_paths.withdrawal import reason_of

READY_SECONDS = 120.0  # a model server on a loaded machine: imports and one prediction
END_SECONDS = 60.0  # draining takes 30 at most
DIGEST_EXIT = 3
OLDER = "KeyError: 'withdraw'"  # from a supervisor that began before there were withdrawals
POLL = 0.05


class LocalTarget:
    """Serves models as processes of this machine, below <state>/endpoints/NAME/. `keeping`: how new ones log what they answer."""

    def __init__(
        self, project: Project, port: int | None = None, keeping: Callable[[], Keeping | None] = lambda: None
    ) -> None:
        self._project, self._port, self._keeping = project, port, keeping
        self._endpoints = project.state / "endpoints"

    def start(
        self, version: ModelVersion, *, fetch: Callable[[], Path], features: Path | None, service: str | None
    ) -> Candidate:
        """Run a version beside the endpoint and wait until it is ready.

        Raises `DigestMismatch` when the folder is not what was registered, `StepFailed` when it does not load or the
        port cannot be had.
        """
        folder, model = self._folder(version.model), fetch()
        self._ensure(folder, self._port)
        _check_port(states.read(folder), self._port)
        served = Served(
            name=version.model,
            version=version.version,
            digest=version.digest,
            run_id=version.mlflow_run_id,
            training_set=version.training_set,
            model=str(model),
            feature_repo=str(features) if features else None,
            service=service,
            keeping=self._keeping(),
        )
        # Without what is not there: a supervisor that an older version of us started does not know it.
        url = str(control.ask(folder, "start", served=served.model_dump(mode="json", exclude_none=True))["url"])
        _wait(
            f"version {version.version} is ready",
            lambda: self._is_ready(folder, served),
            READY_SECONDS,
            log=folder / f"version-{version.version}.log",
        )
        return Candidate(endpoint=version.model, version=version.version, digest=version.digest, url=url)

    def canary(self, candidate: Candidate, requests: Sequence[bytes]) -> tuple[CanaryStage, ...]:
        """No stages: the servers of a machine share one socket, and take from it as they come."""
        return ()

    def shift(self, candidate: Candidate) -> Endpoint:
        """Give the stable port to the candidate; the version before stays loaded."""
        done = self._ask(candidate, "shift")
        return Endpoint(
            endpoint=candidate.endpoint,
            url=done["url"],
            version=candidate.version,
            digest=candidate.digest,
            previous=done["previous"],
        )

    def settle(self, endpoint: Endpoint) -> None:
        """Let the version before finish its requests, and wait until it has ended."""
        self._wait_for_end(endpoint.endpoint, self._ask(endpoint, "settle"))

    def restore(self, endpoint: Endpoint) -> None:
        """Undo `shift` and wait until the candidate has ended. After `settle` there is nothing to undo."""
        folder = self._folder(endpoint.endpoint)
        state = states.read(folder)
        if state and state.can_undo(key_of(endpoint.version, endpoint.digest)):
            self._ensure(folder)  # with no supervisor, the next one would bring the candidate back
        self._dismiss(endpoint, "restore")

    def discard(self, candidate: Candidate) -> None:
        """End a candidate that does not serve, and wait until it has."""
        self._dismiss(candidate, "discard")

    def withdraw(self, endpoint: str, reason: str, *, version: str | None = None) -> bool:
        """Have the port answer 503, and wait until the version's server has ended. What was stopped answers again, so."""
        folder, leaving, why = self._folder(endpoint), list[int](), reason_of(reason)
        known = states.read(folder)
        if known is None or known.serving is None:
            return False
        is_found = True

        def is_done() -> bool:
            nonlocal is_found
            with contextlib.suppress(control.Unreachable):  # killed meanwhile: the next one takes up where it was
                self._ensure(folder)
                done = control.ask(folder, "withdraw", reason=why, version=version)
                is_found = done is not None
                leaving.extend(done["leaving"] if done else ())
                return done is None or bool(done["is_done"])
            return False

        def is_told() -> bool:
            try:
                return is_done()
            except StepFailed as error:
                if OLDER not in error.problem:
                    raise
            self.stop(endpoint)  # the next one has today's code, and what served
            return False

        _wait(f"endpoint {endpoint} says that it is withdrawn", is_told, READY_SECONDS, log=folder)
        self._wait_for_end(endpoint, leaving)
        return is_found

    def retire(self, endpoint: str) -> datetime | None:
        """Nothing: `settle` has ended the version before."""
        return None

    def serving(self, endpoint: str) -> Endpoint | None:
        """What has the endpoint's port, and None when that is down, or its version was withdrawn."""
        for one in self.statuses():
            if one.endpoint == endpoint and one.status in ("serving", "starting") and one.version and one.digest:
                return Endpoint(
                    endpoint=endpoint, url=one.url, version=one.version, digest=one.digest, previous=one.previous
                )
        return None

    def measurements(self, endpoint: str) -> dict[str, str]:
        """Of the one server of the version in service."""
        return measurements.of_folder(self._folder(endpoint))

    def statuses(self) -> tuple[EndpointStatus, ...]:
        """Every endpoint of the project that runs or comes back with the next `start`, by name."""
        return tuple(map(of_folder, sorted(path.parent for path in self._endpoints.glob("*/state.json"))))

    def running(self) -> tuple[str, ...]:
        """Names of all endpoints that have a process, those that serve nothing yet included."""
        return tuple(sorted(folder.name for folder in self._endpoints.glob("*") if control.is_supervised(folder)))

    def stop(self, endpoint: str) -> bool:
        """End the supervisor and its servers, and wait until they are gone."""
        folder = self._folder(endpoint)
        if not control.is_supervised(folder):
            return False

        def has_ended() -> bool:
            with contextlib.suppress(control.Unreachable):  # it begins, and is asked again, or it ends
                control.ask(folder, "stop")
            return not control.is_supervised(folder)

        _wait(f"endpoint {endpoint} has ended", has_ended, END_SECONDS, log=folder)
        return True

    def _folder(self, endpoint: str) -> Path:
        return self._endpoints / endpoint

    def _ensure(self, folder: Path, port: int | None = None) -> None:
        launch.ensure(folder, feast_state=self._project.state / "feast", port=port, root=self._project.root)

    def _ask(self, one: Candidate | Endpoint, command: str) -> Any:
        return control.ask(self._folder(one.endpoint), command, key=key_of(one.version, one.digest))

    def _is_ready(self, folder: Path, served: Served) -> bool:
        found = control.ask(folder, "status")["servers"].get(served.key)
        if found is None or found["exit_code"] is not None:
            control.ask(folder, "discard", key=served.key)
            if found and found["exit_code"] == DIGEST_EXIT:
                what = f"the model folder of {served.name} version {served.version}"
                raise DigestMismatch(what, expected=served.digest, found=digests.of_folder(Path(served.model)))
            raise StepFailed(
                f"version {served.version} ended before it was ready: {found['tail'] if found else 'another run ended it'}",
                remedy=f"its log is {folder / f'version-{served.version}.log'}",
                retry=True,
            )
        return _says_ready(found["url"])

    def _dismiss(self, one: Candidate | Endpoint, command: str) -> None:
        """Have a version ended and wait until it has. Where no supervisor is, no version runs."""
        folder, leaving = self._folder(one.endpoint), list[int]()

        def is_told() -> bool:
            try:
                leaving.extend(self._ask(one, command))
            except control.Unreachable:  # it begins, and is asked again, or it ends
                return not control.is_supervised(folder)
            return True

        _wait(f"endpoint {one.endpoint} takes commands", is_told, END_SECONDS, log=folder)
        self._wait_for_end(one.endpoint, leaving)

    def _wait_for_end(self, endpoint: str, pids: list[int]) -> None:
        folder = self._folder(endpoint)

        def has_ended() -> bool:
            if not control.is_supervised(folder):  # servers end with it
                return True
            try:
                return not set(pids) & set(control.ask(folder, "status")["leaving"])
            except control.Unreachable:
                return False

        _wait(f"the version before has ended at endpoint {endpoint}", has_ended, END_SECONDS, log=folder)


def _check_port(state: EndpointState | None, port: int | None) -> None:
    if state and port and state.port != port:
        raise StepFailed(
            f"endpoint {state.name} answers at port {state.port}, the spec says {port}",
            remedy=f"stop it first: python -m golden_paths stop {state.name}",
        )


def _says_ready(url: str) -> bool:
    import httpx

    try:
        answer = httpx.get(f"{url}/health", timeout=2)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200


def _wait(what: str, is_so: Callable[[], bool], seconds: float, *, log: Path) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise StepFailed(f"gave up after {seconds:g} s waiting until {what}", remedy=f"look at {log}", retry=True)
        time.sleep(POLL)
