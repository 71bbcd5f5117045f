"""What an endpoint remembers, in <state>/endpoints/NAME/state.json."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from golden_paths.prediction_log.keeping import Keeping


class Served(BaseModel):
    """One model version as a server process is started with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    version: str
    digest: str
    run_id: str
    training_set: str
    model: str  # folder
    feature_repo: str | None = None
    service: str | None = None
    keeping: Keeping | None = None  # of its prediction log

    @property
    def key(self) -> str:
        """Version and digest: another MLflow may have given the same number to another model."""
        return key_of(self.version, self.digest)


class EndpointState(BaseModel):
    """The port is chosen once and kept; `serving` comes back after a crash; `control` is the socket for commands.

    `before` served before `serving`. Until the change is `settled` it can be undone.
    """

    model_config = ConfigDict(extra="forbid")
    name: str
    port: int
    pid: int = 0
    control: str = ""
    serving: Served | None = None
    before: Served | None = None
    settled: bool = True

    @property
    def url(self) -> str:
        """The stable address, on the machine that serves or that publishes the port."""
        return f"http://127.0.0.1:{self.port}"

    def can_undo(self, key: str) -> bool:
        """Whether the change to this version can still be undone."""
        return self.serving is not None and self.serving.key == key and not self.settled


def key_of(version: str, digest: str) -> str:
    """How an endpoint calls one version of a model."""
    return f"{version}-{digest[:12]}"


def file_in(folder: Path) -> Path:
    """The state file of an endpoint's folder."""
    return folder / "state.json"


def read(folder: Path) -> EndpointState | None:
    """The state, or None when the endpoint never was."""
    try:
        return EndpointState.model_validate_json(file_in(folder).read_bytes())
    except FileNotFoundError:
        return None


def write(folder: Path, state: EndpointState) -> None:
    """Whole or not at all."""
    partial = folder / f"state.{os.getpid()}.partial"
    partial.write_text(state.model_dump_json(indent=2))
    partial.rename(file_in(folder))
