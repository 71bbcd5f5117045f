"""Keeps a project's endpoints up in a process of its own, so that they outlive the worker that deploys.

Its container shares the project's state with the workers: they ask it, by a socket there, for an endpoint's supervisor, and
speak to that as on one machine. What served when the keeper ended comes back when it starts, and what is killed at once.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from pathlib import Path

from golden_paths.endpoint import control, launch
from golden_paths.endpoint import state as states
from golden_paths.errors import StepFailed
from golden_paths.project import Project

TICK = 0.25  # seconds between looks


class Keeper:
    """One per project; runs until SIGTERM, which ends its endpoints too: requests in flight are answered."""

    def __init__(self, project: Project) -> None:
        self._project, self._folder = project, project.state / "endpoints"
        self._ending = False

    def run(self) -> None:
        """Bring up what served, then take requests. `StepFailed` when another keeper runs."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._end())
        self._folder.mkdir(parents=True, exist_ok=True)
        if not control.take_lock(self._folder):
            raise StepFailed(f"the endpoints in {self._folder} have a keeper", remedy="stop that one first")
        for folder in self._known():
            if (state := states.read(folder)) and state.serving:
                self._try(folder)
        with control.listening(self._folder) as listener:
            listener.settimeout(TICK)
            while not self._ending:
                self._tend()
                with contextlib.suppress(TimeoutError):
                    control.answer(listener.accept()[0], {"ensure": self._ensure, "ping": lambda: True})
        self._stop_all()

    def _tend(self) -> None:
        """Start again what was killed. One that was stopped has said that no supervisor runs."""
        for folder in self._known():
            state = states.read(folder)
            if state and state.serving and state.control and not control.is_supervised(folder):
                self._try(folder)

    def _try(self, folder: Path) -> None:
        try:
            self._ensure(folder.name)
        except (StepFailed, ValueError, OSError) as error:  # its log has more; the others are kept
            sys.stderr.write(f"{error}\n")

    def _ensure(self, name: str, port: int | None = None) -> bool:
        if name != Path(name).name:
            raise ValueError(f"'{name}' is no endpoint's name")
        launch.here(self._folder / name, feast_state=self._project.state / "feast", port=port, root=self._project.root)
        return True

    def _stop_all(self) -> None:
        """All are told before one is waited for."""
        told = [folder for folder in self._known() if control.is_supervised(folder)]
        for folder in told:
            with contextlib.suppress(StepFailed):
                control.ask(folder, "stop")
        launch.wait_until_ended(told)

    def _known(self) -> list[Path]:
        return sorted(path.parent for path in self._folder.glob("*/state.json"))

    def _end(self) -> None:
        self._ending = True
