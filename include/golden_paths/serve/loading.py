"""Verifies and loads the model, and opens the feature store, while the server answers /health already."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from golden_paths.errors import DigestMismatch, GoldenPathsError
from golden_paths.serve import ending
from golden_paths.serve.lane import QUICK, Lane
from golden_paths.serve.status import Status

if TYPE_CHECKING:
    from golden_paths.serve.model import ServedModel
    from golden_paths.serve.online import OnlineFeatures
    from golden_paths.serve.server import Server

LOAD_EXIT, DIGEST_EXIT = 1, 3


class Loader:
    """What the application serves, once it is there. `exit_code` is what the process ends with."""

    def __init__(self, status: Status, *, model: Path, feature_repo: Path | None, service: str | None) -> None:
        self.status, self.folder, self.feature_repo, self.service = status, model, feature_repo, service
        self.model: ServedModel | None = None
        self.features: OnlineFeatures | None = None
        self.lane = Lane(quick=False)
        self.exit_code = 0

    def start(self, server: Server) -> None:
        """Load in a thread; when that fails, the reason goes to stderr and the server ends."""
        threading.Thread(target=self._load, args=(server,), name="load", daemon=True).start()

    def _load(self, server: Server) -> None:
        try:
            self.load()
        except DigestMismatch as error:
            self._fail(server, DIGEST_EXIT, str(error))
        except GoldenPathsError as error:
            self._fail(server, LOAD_EXIT, str(error))
        except BaseException as error:  # the model's own code may raise anything
            self._fail(server, LOAD_EXIT, f"cannot load {self.folder}: {type(error).__name__}: {error}")

    def _fail(self, server: Server, code: int, message: str) -> None:
        ending.say_why(message)
        self.exit_code = code
        server.should_exit = True

    def load(self) -> None:
        """Load everything and become ready."""
        from golden_paths.serve.model import ServedModel

        model = ServedModel.verified(self.folder, self.status.identity.digest)
        if self.feature_repo is not None and self.service is not None:
            from golden_paths.serve.online import OnlineFeatures

            self.features = OnlineFeatures.opened(self.feature_repo, self.service, model.columns)
        self.lane.quick = model.seconds < QUICK
        self.model = model
        if self.status.state == "starting":
            self.status.state = "ready"
