"""A keeper in a process of its own, as in a container: endpoints outlive who deploys, and come back when they are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from processes import free_ports

from golden_paths.clients.local_target import LocalTarget
from golden_paths.endpoint import control, launch
from golden_paths.endpoint import state as states
from golden_paths.endpoint.place import HOST, PORTS
from golden_paths.errors import StepFailed
from golden_paths.project import Project
from local_endpoints import NAME, eventually, processes, serve, start, version_at
from serving import Saved

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


class Kept:
    """A project whose endpoints have a keeper, and the worker's view of them."""

    def __init__(self, root: Path, ports: str) -> None:
        self.project = Project(root, root / "state")
        self.target = LocalTarget(self.project)
        self.folder = self.project.state / "endpoints" / NAME
        self._environment = os.environ | {"GOLDEN_PATHS_STATE": str(self.project.state), HOST: "localhost", PORTS: ports}

    @contextmanager
    def keeper(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "golden_paths", "endpoints", "--keep", "--project", str(self.project.root)]
        process = subprocess.Popen(command, env=self._environment)
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(60) in (0, -signal.SIGKILL)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    port = free_ports(0)[0]
    monkeypatch.setenv(HOST, "localhost")
    yield Kept(tmp_path, f"{port}-{port}")
    assert processes(tmp_path) == []


def test_an_endpoint_is_started_by_the_keeper_on_its_port_and_is_not_the_workers_child(kept: Kept, saved: Saved) -> None:
    with kept.keeper() as keeper:
        candidate = start(kept.target, saved, "1")
        url = serve(kept.target, saved, "1").url
        state = states.read(kept.folder)
        assert state and os.stat(f"/proc/{state.pid}")
        assert f"PPid:\t{keeper.pid}" in Path(f"/proc/{state.pid}/status").read_text()
        assert (candidate.url.startswith("http://localhost:"), version_at(url)) == (True, "1")


def test_what_is_killed_comes_back_by_itself_and_what_is_stopped_does_not(kept: Kept, saved: Saved) -> None:
    with kept.keeper():
        url = serve(kept.target, saved, "1").url
        state = states.read(kept.folder)
        assert state
        os.kill(state.pid, signal.SIGKILL)
        assert eventually(lambda: kept.target.serving(NAME) is None or version_at(url) is None)
        assert eventually(lambda: version_at(url) == "1")
        kept.target.stop(NAME)
        assert not eventually(lambda: control.is_supervised(kept.folder), seconds=2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_what_served_comes_back_with_the_next_keeper(kept: Kept, saved: Saved, number: signal.Signals) -> None:
    with kept.keeper() as keeper:
        url = serve(kept.target, saved, "1").url
        keeper.send_signal(number)
        keeper.wait(60)
        if number == signal.SIGKILL:  # in a container nothing outlives its first process
            state = states.read(kept.folder)
            assert state
            os.kill(state.pid, signal.SIGKILL)
    assert eventually(lambda: not control.is_supervised(kept.folder))
    with kept.keeper():
        assert eventually(lambda: version_at(url) == "1")
        assert serve(kept.target, saved, "2").url == url


def test_without_a_keeper_it_says_so(kept: Kept, saved: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "UP_SECONDS", 0.2)
    with pytest.raises(StepFailed) as error:
        start(kept.target, saved, "1")
    assert str(error.value).startswith("endpoint diabetes: the keeper of endpoints does not answer: ")
    assert "golden_paths endpoints --keep" in str(error.value)


def test_there_is_one_keeper_and_a_port_that_cannot_be_had_is_told_to_the_worker(kept: Kept, saved: Saved) -> None:
    with kept.keeper():
        assert eventually(lambda: control.is_supervised(kept.folder.parent))
        command = [sys.executable, "-m", "golden_paths", "endpoints", "--keep", "--project", str(kept.project.root)]
        second = subprocess.run(command, env=kept._environment, capture_output=True, text=True, check=False)
        assert (second.returncode, "have a keeper" in second.stderr) == (1, True)
        with pytest.raises(StepFailed, match="port 9 is not published"):
            start(LocalTarget(kept.project, 9), saved, "1")
