"""smoke: replay the golden records against the candidate; its answers must be those that the fitted model gave."""

from __future__ import annotations

import json
import math
import time
from datetime import timedelta
from typing import Any

from golden_paths.artifacts import Candidate, ModelVersion, SmokeReport
from golden_paths.errors import GateFailed, StepFailed
from golden_paths.lineage import of_endpoint
from golden_paths.modelling import golden
from golden_paths.record import Check
from golden_paths.rollout import load
from golden_paths.serve.callers import HEADERS
from golden_paths.spec import DeploySection, PathSpec
from golden_paths.step import Step, StepContext
from golden_paths.steps import canary, deploy

SECONDS = 30.0
REQUESTS = 300  # of single records: a candidate that fails one request in twenty passes once in five million times


def run(context: StepContext) -> SmokeReport:
    """Every answer exactly equal, and on Kubernetes under load: no error, and in time."""
    version = context.take(ModelVersion)
    records = golden.fetched(context, version)
    candidate = deploy.running(context, version)
    begin = time.perf_counter()
    answer = _ask(candidate.url, records)
    milliseconds = (time.perf_counter() - begin) * 1000
    difference = _difference(records, answer)
    expected, found = "every answer as the fitted model gave it", difference or "all equal"
    if not _gate(context, "golden records", difference is None, expected, found):
        raise GateFailed(
            f"smoke: {difference}",
            remedy="the served model is not the fitted one: look at its environment; what serves goes on serving",
        )
    count = len(records["predictions"])
    context.log(f"{count} golden records answered exactly, in {milliseconds:.0f} ms")
    report = SmokeReport(
        endpoint=candidate.endpoint,
        version=candidate.version,
        digest=candidate.digest,
        records=count,
        slowest_ms=milliseconds,
    )
    deploy_section = context.spec.need(DeploySection)
    if deploy_section.to == "local":
        return report
    seconds = load.under_load(candidate.url, canary.bodies(records), requests=REQUESTS)
    return report.model_copy(update=_timely(context, seconds, deploy_section.latency))


def _timely(context: StepContext, seconds: list[float], latency: timedelta) -> dict[str, Any]:
    """Requests and their 95th percentile in ms. Raises `GateFailed` when that is longer than the spec's bound."""
    p95 = sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]
    context.log(f"{len(seconds)} single golden records answered without error, 95 % of them within {p95 * 1000:.1f} ms")
    bound = f"<= {latency.total_seconds() * 1000:g} ms"
    if not _gate(context, "p95 latency", p95 <= latency.total_seconds(), bound, f"{p95 * 1000:.1f} ms"):
        raise GateFailed(
            f"smoke: 95 % of the golden records took up to {p95 * 1000:.0f} ms, "
            f"deploy.latency is {latency.total_seconds() * 1000:g} ms",
            remedy="make the model faster, give it more deploy.cpu, or raise deploy.latency; what serves goes on serving",
        )
    return {"requests": len(seconds), "p95_ms": p95 * 1000}


def _gate(context: StepContext, name: str, passed: bool, expected: str, found: str) -> bool:
    return context.check(
        Check(name=name, passed=passed, subject=Candidate.name, expected=expected, found=found, is_gate=True)
    )


def _ask(url: str, golden: dict[str, Any]) -> dict[str, Any]:
    import httpx

    body = {"dataframe_split": golden["inputs"]}
    query = {"return": "probabilities"} if golden["probabilities"] is not None else {}
    try:
        answer = httpx.post(f"{url}/invocations", params=query, json=body, headers=HEADERS, timeout=SECONDS)
    except httpx.HTTPError as error:
        raise StepFailed(f"the candidate does not answer: {error}", remedy="see its log", retry=True) from error
    if answer.is_error:
        return {"error": f"{answer.status_code} {answer.text[:300]}"}
    found: dict[str, Any] = answer.json()
    return found


def _difference(golden: dict[str, Any], answer: dict[str, Any]) -> str | None:
    """The first difference, in words; None when there is none."""
    if "error" in answer:
        return f"the candidate refuses the golden records: {answer['error']}"
    if golden["classes"] != answer.get("classes", golden["classes"]):
        return f"expected classes {golden['classes']}, found {answer['classes']}"
    for kind in ("predictions", "probabilities"):
        if golden[kind] is None:
            continue
        expected, found = golden[kind], answer.get(kind) or []
        if len(found) != len(expected):
            return f"expected {len(expected)} {kind}, found {len(found)}"
        for at, (one, other) in enumerate(zip(expected, found, strict=True)):
            if json.dumps(one) != json.dumps(other):  # as text: 1, 1.0 and true are three answers
                return f"golden record {at}: {kind} expected {json.dumps(one)}, found {json.dumps(other)}"
    return None


def reads(spec: PathSpec) -> tuple[str, ...]:
    """Golden records and candidate."""
    return (f"MLflow: golden records of {spec.name}", f"candidate of endpoint {spec.name}")


def writes(spec: PathSpec) -> tuple[str, ...]:
    """Only a failure leaves a trace."""
    return (f"MLflow: tag rejected on the version of {spec.name}, when an answer differs",)


STEP = Step(
    name="smoke",
    summary="Replay the golden records: the candidate must answer as the fitted model did, exactly",
    consumes=(ModelVersion, Candidate),
    produces=SmokeReport,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_endpoint.smoke,
    undo=deploy.undo,
)
