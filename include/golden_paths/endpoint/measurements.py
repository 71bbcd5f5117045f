"""What the server of the version in service has counted, in Prometheus' text, asked at its private address."""

from __future__ import annotations

from pathlib import Path

from golden_paths.endpoint import control
from golden_paths.endpoint.state import EndpointState
from golden_paths.errors import StepFailed

SECONDS = 10.0


def of_folder(folder: Path) -> dict[str, str]:
    """By server, whose name a restart changes; none where nothing serves, or it does not answer."""
    import httpx

    try:
        found = control.ask(folder, "status")
    except StepFailed:
        return {}
    serving = EndpointState.model_validate(found["state"]).serving
    server = found["servers"].get(serving.key) if serving else None
    if server is None or server["exit_code"] is not None:
        return {}
    try:
        answer = httpx.get(f"{server['url']}/metrics", timeout=SECONDS)
    except httpx.HTTPError:
        return {}
    return {f"process {server['pid']}": answer.text} if answer.status_code == httpx.codes.OK else {}
