"""What a pod is asked to do: small enough for one environment variable of its container."""

from __future__ import annotations

import base64
import json
import zlib
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from golden_paths import digests
from golden_paths.errors import StepFailed
from golden_paths.registry import STEPS
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext

VARIABLE = "GOLDEN_PATHS_REQUEST"
MAX_BYTES = 120_000  # Linux takes 128 KiB for one variable


class Request(BaseModel):
    """One step of one run. `spec` is the checked spec as JSON, with the params of this run."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    step: str
    spec: str
    spec_digest: str
    run_id: str
    start: datetime | None
    end: datetime
    artifacts: dict[str, dict[str, Any]]
    memory: str  # the container's limit
    package: str | None = None  # digest of what the project brings
    package_uri: str | None = None  # where it is in MLflow; None: in the ConfigMap that is mounted
    origin: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """A pod that was asked the same may be taken up again. A commit in between changes nothing of it."""
        return digests.of_bytes(self.model_copy(update={"origin": {}}).model_dump_json().encode())

    def encoded(self) -> str:
        """As the variable's value. Raises `StepFailed` when it is too long for one."""
        text = base64.b64encode(zlib.compress(self.model_dump_json().encode(), 9)).decode()
        if len(text) > MAX_BYTES:
            problem = f"the spec and what the steps before {self.step} made are {len(text)} bytes, and a pod takes {MAX_BYTES}"
            raise StepFailed(problem, remedy="shorten the spec's texts and params, or write run_in: worker")
        return text

    @classmethod
    def decoded(cls, text: str) -> Request:
        """Back from the variable's value."""
        return cls.model_validate_json(zlib.decompress(base64.b64decode(text)))

    def checked_spec(self) -> PathSpec:
        """The spec again."""
        return PathSpec.model_validate_json(self.spec)

    def run(self) -> Run:
        """The run's identity."""
        return Run(self.run_id, end=self.end, start=self.start)


def request_of(step: str, context: StepContext, *, memory: str, origin: dict[str, str]) -> Request:
    """The step of this context, for a pod; its package is added when it has one."""
    given = {name: made for name, made in context.artifacts.items() if name in kinds(step)}
    artifacts = {name: json.loads(made.model_dump_json()) for name, made in given.items()}
    return Request(
        step=step,
        # What was not written is left out: a local deploy, say, may not even name what is a pod's.
        spec=context.spec.model_dump_json(exclude_unset=True),
        spec_digest=context.spec_digest,
        run_id=context.run.id,
        start=context.run.start,
        end=context.run.end,
        artifacts={name: artifacts[name] for name in sorted(artifacts)},
        memory=memory,
        origin=origin,
    )


def kinds(step: str) -> dict[str, Any]:
    """Artifact types that a step may be given, by name."""
    found = STEPS[step]
    return {kind.name: kind for kind in (*found.consumes, *found.follows)}
