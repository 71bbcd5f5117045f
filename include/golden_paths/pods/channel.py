"""What comes back from a pod: an artifact or an error, in the container's termination message.

Kubernetes keeps 4096 bytes of it with the pod. What is longer is compressed; what is still longer goes to the end of the
container's log, and the message says how many lines and with which SHA-256. A sidecar, as the provider's XCom has one,
would be a second image, a second container and an `exec` into the pod.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from typing import Any

from golden_paths import digests
from golden_paths.artifacts import Artifact
from golden_paths.errors import GateFailed, StepFailed
from golden_paths.record import Check, Record
from golden_paths.step import Step

MAX_BYTES = 4096
PACKED, LOGGED = "zlib:", "log:"
LINE = "golden-paths result: "
WIDTH = 8000  # characters of a line of the log
SAID = 1500  # characters of a problem: it is for people


def of_artifact(made: Artifact, record: Record) -> dict[str, Any]:
    """A step's result, and the checks that ran."""
    return {"artifact": made.model_dump(mode="json"), "checks": _checks(record)}


def of_error(error: StepFailed, record: Record) -> dict[str, Any]:
    """A step's failure, in its own words; the checks that ran, and what it had made by then."""
    gate = isinstance(error, GateFailed)
    said = {"problem": error.problem[:SAID], "remedy": error.remedy[:SAID], "retry": error.retry, "gate": gate}
    made = record.made.model_dump(mode="json") if record.made else None
    return {"error": said, "checks": _checks(record), "made": made}


def recorded(step: Step, outcome: dict[str, Any], record: Record) -> None:
    """Note what the pod noted."""
    record.checks += [Check.model_validate(check) for check in outcome.get("checks") or ()]
    if outcome.get("made"):
        record.made = step.produces.model_validate_json(json.dumps(outcome["made"]))


def _checks(record: Record) -> list[dict[str, Any]]:
    return [check.model_dump(exclude_defaults=True) for check in record.checks]


def encode(outcome: dict[str, Any], log: Callable[[str], None]) -> str:
    """The termination message; what has no room in it is logged."""
    text = json.dumps(outcome, separators=(",", ":"))
    if len(text.encode()) <= MAX_BYTES:
        return text
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    if len(PACKED) + len(packed) <= MAX_BYTES:
        return PACKED + packed
    lines = [packed[at : at + WIDTH] for at in range(0, len(packed), WIDTH)]
    for line in lines:
        log(LINE + line)
    return f"{LOGGED}{len(lines)}:{digests.of_bytes(packed.encode())}"


def decode(message: str, tail: Callable[[int], str]) -> dict[str, Any] | None:
    """What the pod said; `tail` gives the last lines of its log. None when it said nothing that is ours."""
    try:
        if message.startswith(LOGGED):
            _, count, digest = message.split(":")
            packed = "".join(line.removeprefix(LINE) for line in tail(int(count)).splitlines() if line.startswith(LINE))
            return _unpacked(packed) if digests.of_bytes(packed.encode()) == digest else None
        found = _unpacked(message.removeprefix(PACKED)) if message.startswith(PACKED) else json.loads(message)
    except (ValueError, zlib.error):
        return None
    return found if isinstance(found, dict) and found.keys() & {"artifact", "error"} else None


def raised(error: dict[str, Any]) -> StepFailed:
    """The step's own error again."""
    kind = GateFailed if error.get("gate") else StepFailed
    return kind(str(error["problem"]), remedy=str(error["remedy"]), retry=bool(error["retry"]))


def _unpacked(packed: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(packed)))
    return found
