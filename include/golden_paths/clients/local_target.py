"""Endpoints on this machine. Every verb asks the endpoint's supervisor, which is started when it is not there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from golden_paths import sandbox
from golden_paths.artifacts import Candidate, Endpoint, ModelVersion
from golden_paths.endpoint import state as states
from golden_paths.endpoint.state import EndpointState, Served
from golden_paths.errors import DigestMismatch, StepFailed
from golden_paths.project import Project

START_SECONDS = 120.0  # a model server under load: imports, download of nothing, one prediction
COMMAND_SECONDS = 60.0
DIGEST_EXIT = 3
T = TypeVar("T")


class LocalTarget:
    """Serves models as processes of this machine, below <state>/endpoints/NAME/."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._endpoints = project.state / "endpoints"

    def start(
        self, version: ModelVersion, *, model: Path, features: Path | None, service: str | None, port: int | None
    ) -> Candidate:
        """Run a version beside the endpoint and wait until it is ready."""
        self._supervise(version.model, port)
        served = Served(
            name=version.model,
            version=version.version,
            digest=version.digest,
            run_id=version.mlflow_run_id,
            training_set=version.training_set,
            model=str(model),
            feature_repo=str(features) if features else None,
            service=service,
        )
        url = str(self._ask(version.model, "start", served=served.model_dump())["url"])
        self._wait(f"version {version.version} is ready", lambda: self._ready(served, url))
        return Candidate(endpoint=version.model, version=version.version, digest=version.digest, url=url)

    def shift(self, candidate: Candidate) -> Endpoint:
        """Both versions accept for a moment, then the candidate alone: the port is never without one."""
        self._ask(candidate.endpoint, "accept", version=candidate.version)
        self._wait(f"version {candidate.version} accepts", lambda: _health(candidate.url).get("accepting") or None)
        previous = self._ask(candidate.endpoint, "serve", version=candidate.version)
        state = self._state(candidate.endpoint)
        return Endpoint(
            endpoint=candidate.endpoint,
            url=state.url,
            version=candidate.version,
            digest=candidate.digest,
            previous=previous,
        )

    def settle(self, endpoint: Endpoint) -> None:
        """Let the version before finish its requests; it ends by itself within the drain time."""
        self._ask(endpoint.endpoint, "settle")

    def restore(self, endpoint: Endpoint) -> None:
        """Undo `shift`."""
        self._ask(endpoint.endpoint, "restore", version=endpoint.version)

    def discard(self, candidate: Candidate) -> None:
        """End a candidate that does not serve."""
        if self._is_up(candidate.endpoint):
            self._ask(candidate.endpoint, "discard", version=candidate.version)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """What serves now. An endpoint whose supervisor is gone is left out; `start` brings it back."""
        found = []
        for state in map(self._state, self.running()):
            if served := state.serving:
                digest, version = served.digest, served.version
                found.append(
                    Endpoint(endpoint=state.name, url=state.url, version=version, digest=digest, previous=None)
                )
        return tuple(found)

    def running(self) -> tuple[str, ...]:
        """Names of all endpoints whose supervisor is up, those that serve nothing yet included."""
        return tuple(sorted(folder.name for folder in self._endpoints.glob("*") if self._is_up(folder.name)))

    def stop(self, endpoint: str) -> bool:
        """End the supervisor and its servers, and wait until they are gone."""
        if not self._is_up(endpoint):
            return False
        pid = self._state(endpoint).pid
        self._ask(endpoint, "stop")
        self._wait(f"endpoint {endpoint} has ended", lambda: None if self._is_up(endpoint) or _is_alive(pid) else True)
        return True

    def _supervise(self, name: str, port: int | None) -> None:
        folder = self._endpoints / name
        folder.mkdir(parents=True, exist_ok=True)
        if self._is_up(name):
            if port and self._state(name).port != port:
                raise StepFailed(
                    f"endpoint {name} answers at port {self._state(name).port}, the spec says {port}",
                    remedy=f"stop it first: python -m golden_paths stop {name}",
                )
            return
        command = [
            sys.executable,
            "-P",
            "-m",
            "golden_paths.endpoint",
            name,
            str(folder),
            str(self._project.state / "feast"),
        ]
        with (folder / "supervisor.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, str(port)] if port else command,
                env=sandbox.environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

        def is_up() -> bool | None:
            if self._is_up(name):
                return True
            if process.poll():
                said = (folder / "supervisor.log").read_text(errors="replace").strip().splitlines()
                reason = said[-1] if said else "ended at once"
                raise StepFailed(f"endpoint {name}: {reason}", remedy="choose another deploy.port")
            return None

        self._wait(f"endpoint {name} is up", is_up)

    def _ready(self, served: Served, url: str) -> bool | None:
        found = self._ask(served.name, "status")["servers"].get(served.version)
        if found is None or found["exit_code"] is not None:
            self._ask(served.name, "discard", version=served.version)
            tail = found["tail"].strip() if found else ""
            if found and found["exit_code"] == DIGEST_EXIT:
                what = f"the model folder of {served.name} version {served.version}"
                raise DigestMismatch(what, expected=served.digest, found=tail)
            raise StepFailed(
                f"version {served.version} ended before it was ready: {tail}", remedy="see its log", retry=True
            )
        return True if _health(url).get("status") == "ready" else None

    def _wait(self, what: str, look: Callable[[], T | None]) -> T:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if (found := look()) is not None:
                return found
            time.sleep(0.05)
        raise StepFailed(
            f"gave up after {START_SECONDS:g} s waiting until {what}", remedy="look at its log", retry=True
        )

    def _state(self, name: str) -> EndpointState:
        found = states.read(self._endpoints / name)
        if found is None:
            raise StepFailed(f"there is no endpoint {name}", remedy="run the path from deploy on")
        return found

    def _is_up(self, name: str) -> bool:
        try:
            return bool(self._ask(name, "status"))
        except (OSError, ValueError, StepFailed):
            return False

    def _ask(self, name: str, verb: str, **arguments: Any) -> Any:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(COMMAND_SECONDS)
            control.connect(self._state(name).control)
            with control.makefile("rwb") as stream:
                stream.write(json.dumps({"do": verb, **arguments}).encode() + b"\n")
                stream.flush()
                answer = json.loads(stream.readline())
        if "error" in answer:
            raise StepFailed(
                f"endpoint {name} refuses {verb}: {answer['error']}", remedy="see its supervisor.log", retry=True
            )
        return answer["ok"]


def _health(url: str) -> dict[str, Any]:
    import httpx

    try:
        found: dict[str, Any] = httpx.get(f"{url}/health", timeout=2).json()
    except (httpx.HTTPError, ValueError):
        return {}
    return found


def _is_alive(pid: int) -> bool:
    import psutil

    try:
        return pid != os.getpid() and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
