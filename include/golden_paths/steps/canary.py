"""canary: the candidate takes a growing share of the traffic, and is judged beside the version in service."""

from __future__ import annotations

import json
from typing import Any

from golden_paths.artifacts import CanaryReport, CanaryStage, Candidate, ModelVersion, SmokeReport
from golden_paths.lineage import of_endpoint
from golden_paths.modelling import golden
from golden_paths.record import Check
from golden_paths.spec import DeploySection, PathSpec, RolloutSection
from golden_paths.step import Step, StepContext
from golden_paths.steps import deploy


def run(context: StepContext) -> CanaryReport:
    """Each stage within the spec's bounds, or the candidate ends and the version is tagged rejected."""
    version, candidate = context.take(ModelVersion), context.take(Candidate)
    context.take(SmokeReport)
    target = context.clients.target(context.spec)
    bounds = context.spec.need(DeploySection).rollout
    stages = target.canary(candidate, bodies(golden.fetched(context, version)))
    for stage in stages:
        context.check(_passed(stage, bounds))
    return CanaryReport(
        endpoint=candidate.endpoint, version=candidate.version, digest=candidate.digest, stages=stages
    )


def _passed(stage: CanaryStage, bounds: RolloutSection) -> Check:
    """A stage that was passed: one that was not is in the `GateFailed` that ended it."""
    allowed = f"5xx <= {stage.champion_errors} of {stage.champion_requests} + {bounds.max_errors:.2%}"
    slower = f"mean <= {bounds.max_slowdown:g} x {stage.champion_mean_ms:.1f} ms"
    found = f"{stage.errors} of {stage.requests}, {stage.mean_ms:.1f} ms"
    name = f"canary {stage.share:.0%}"
    return Check(
        name=name, passed=True, subject=Candidate.name, expected=f"{allowed}; {slower}", found=found, is_gate=True
    )


def bodies(records: dict[str, Any]) -> list[bytes]:
    """A request for /invocations of each golden record."""
    inputs = records["inputs"]
    return [
        json.dumps({"dataframe_split": {"columns": inputs["columns"], "data": [row]}}).encode() for row in inputs["data"]
    ]


def applies(spec: PathSpec) -> bool:
    """Whether the target can share the traffic between two versions."""
    return spec.need(DeploySection).to == "kubernetes"


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The measurements of both versions."""
    return (f"measurements of both versions of {spec.name}",)


def writes(spec: PathSpec) -> tuple[str, ...]:
    """A share of the traffic."""
    return (f"endpoint {spec.name}: a share of its traffic",)


STEP = Step(
    name="canary",
    summary="Give the candidate a growing share of the traffic, judged by errors and latency beside the version in service",
    consumes=(ModelVersion, Candidate, SmokeReport),
    produces=CanaryReport,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_endpoint.canary,
    applies=applies,
    undo=deploy.undo,
    is_controller=True,
)
