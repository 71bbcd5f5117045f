"""smoke: replay the golden records against the candidate; its answers must be those that the fitted model gave."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from golden_paths import digests
from golden_paths.artifacts import Candidate, ModelVersion, SmokeReport
from golden_paths.errors import DigestMismatch, GateFailed, StepFailed
from golden_paths.spec import PathSpec
from golden_paths.step import Step, StepContext
from golden_paths.steps import deploy

SECONDS = 30.0


def run(context: StepContext) -> SmokeReport:
    """Every answer exactly equal, or the candidate ends and the version is tagged rejected."""
    version = context.take(ModelVersion)
    context.take(Candidate)
    golden = _golden_records(context, version)
    candidate = deploy.start(context, version)  # the one that deploy started, or a new one if that was killed
    begin = time.perf_counter()
    answer = _ask(candidate.url, golden)
    milliseconds = (time.perf_counter() - begin) * 1000
    if difference := _difference(golden, answer):
        context.clients.target.discard(candidate)
        context.clients.models.tag_version(
            version.model,
            version.version,
            {"golden_paths.status": "rejected", "golden_paths.reason": difference[:500]},
        )
        raise GateFailed(
            f"smoke: {difference}",
            remedy="the served model is not the fitted one: look at its environment; what serves goes on serving",
        )
    records = len(golden["predictions"])
    context.log(f"{records} golden records answered exactly, in {milliseconds:.0f} ms")
    return SmokeReport(
        endpoint=candidate.endpoint,
        version=candidate.version,
        digest=candidate.digest,
        records=records,
        slowest_ms=milliseconds,
    )


def _golden_records(context: StepContext, version: ModelVersion) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="golden-paths-") as folder:
        file = context.clients.tracking.download(version.golden_records, Path(folder))
        if (digest := digests.of_file(file)) != version.golden_digest:
            what = f"the golden records of version {version.version} of {version.model}"
            raise DigestMismatch(what, expected=version.golden_digest, found=digest)
        found: dict[str, Any] = json.loads(file.read_bytes())
    return found


def _ask(url: str, golden: dict[str, Any]) -> dict[str, Any]:
    import httpx

    body = {"dataframe_split": golden["inputs"]}
    query = {"return": "probabilities"} if golden["probabilities"] is not None else {}
    try:
        answer = httpx.post(f"{url}/invocations", params=query, json=body, timeout=SECONDS)
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
)
