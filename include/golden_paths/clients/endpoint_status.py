"""One endpoint as a list shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from golden_paths.endpoint import control
from golden_paths.endpoint import state as states
from golden_paths.endpoint.state import EndpointState
from golden_paths.errors import StepFailed


@dataclass(frozen=True)
class EndpointStatus:
    """One endpoint that is, or was and comes back with the next `start`.

    serving: it answers. starting: its version is loaded again after a crash. withdrawn: it answers 503 with `reason`.
    empty: no version was promoted yet. down: its supervisor was killed or stopped.
    """

    endpoint: str
    url: str
    version: str | None
    digest: str | None
    previous: str | None
    status: Literal["serving", "starting", "withdrawn", "empty", "down"]
    reason: str = ""


def of_folder(folder: Path) -> EndpointStatus:
    """Of an endpoint of this machine."""
    try:
        found = control.ask(folder, "status")
    except StepFailed:
        found = {"state": states.read(folder), "accepts": None}
    state = EndpointState.model_validate(found["state"])
    serving, before = state.serving, state.before
    status: Literal["serving", "starting", "withdrawn"] = "serving" if found["accepts"] else "starting"
    if serving and serving.withdrawn:
        status = "withdrawn"
    return EndpointStatus(
        endpoint=state.name,
        url=state.url,
        version=serving.version if serving else None,
        digest=serving.digest if serving else None,
        previous=before.version if before else None,
        status="down" if found["accepts"] is None else status if serving else "empty",
        reason=serving.withdrawn if serving else "",
    )
