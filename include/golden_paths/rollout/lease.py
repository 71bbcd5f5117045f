"""One rollout of a model at a time, whoever runs it: a Lease of the cluster, held by the version that is rolled out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from golden_paths.cluster.answers import Refused
from golden_paths.cluster.api import ClusterApi
from golden_paths.errors import StepFailed
from golden_paths.rollout import labels

LASTS = 60.0  # seconds without a sign of life after which another may take it
RENEW = 10.0
LONGEST_WAIT = 3600.0
POLL = 0.5


class Lease:
    """The lease of one model. Its holder keeps it between the steps of a rollout, until `release`."""

    def __init__(self, api: ClusterApi, model: str, holder: str, *, lasts: float = LASTS) -> None:
        self._api, self._model, self._holder, self._lasts = api, model, holder, lasts
        self._lost = threading.Event()

    @contextmanager
    def held(self, *, by_force: bool = False) -> Iterator[None]:
        """Hold it, waiting for who has it, and show signs of life meanwhile."""
        self._acquire(by_force=by_force)
        ended = threading.Event()
        beat = threading.Thread(target=self._beat, args=(ended,), name="lease", daemon=True)
        beat.start()
        try:
            yield
        finally:
            ended.set()
            beat.join()

    def check(self) -> None:
        """Raise `StepFailed` when somebody has taken it: a rollback by hand does not wait."""
        found = self._api.get("Lease", self._model)
        if self._lost.is_set() or (found is not None and _holder(found) != self._holder):
            raise StepFailed(
                f"the rollout of {self._model} was taken over, by a rollback or by another run",
                remedy="look at what serves now; run the path again when that is wanted",
            )

    def release(self) -> None:
        """Let it go, when it is ours."""
        found = self._api.get("Lease", self._model)
        if found and _holder(found) == self._holder:
            self._write(found, holder="")

    def _acquire(self, *, by_force: bool) -> None:
        seen, since, is_told = "", time.monotonic(), False
        end = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < end:
            found = self._api.get("Lease", self._model)
            if found is None:
                if self._create():
                    return
                continue
            life = found["metadata"]["resourceVersion"]
            if life != seen:  # by our own clock alone: those of two machines may differ
                seen, since = life, time.monotonic()
            is_free = _holder(found) in ("", self._holder) or time.monotonic() - since > self._lasts
            if (is_free or by_force) and self._write(found, holder=self._holder):
                return
            if not is_told:
                self._api.log(f"waiting for the rollout of {self._model} {_holder(found)}")
                is_told = True
            time.sleep(POLL)
        raise StepFailed(
            f"another rollout of {self._model} did not end within {LONGEST_WAIT:g} s", remedy="look at it", retry=True
        )

    def _create(self) -> bool:
        try:
            self._api.create(manifest(self._model) | {"spec": self._spec(self._holder)})
        except Refused as refused:
            if refused.status == 409:  # somebody was faster
                return False
            raise
        return True

    def _write(self, found: dict[str, Any], *, holder: str) -> bool:
        """False when it was changed since, or is gone."""
        try:
            self._api.replace(found | {"spec": self._spec(holder)})
        except Refused as refused:
            if refused.status in (404, 409):
                return False
            raise
        return True

    def _spec(self, holder: str) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return {"holderIdentity": holder, "renewTime": now, "leaseDurationSeconds": max(1, round(self._lasts))}

    def _beat(self, ended: threading.Event) -> None:
        while not ended.wait(min(RENEW, self._lasts / 4)):
            try:
                found = self._api.get("Lease", self._model)
                if found is not None and _holder(found) != self._holder:
                    self._lost.set()
                    return
                if found is not None:
                    self._write(found, holder=self._holder)
            except Exception as error:  # the API server is away: the step itself will say so
                self._api.log(f"the lease of {self._model} was not renewed: {error}")


def manifest(model: str) -> dict[str, Any]:
    """The lease of a model, held by nobody."""
    metadata = {"name": model, "labels": labels.MANAGED | {labels.MODEL: model}}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}


def _holder(found: dict[str, Any]) -> str:
    return str(found["spec"].get("holderIdentity") or "")
