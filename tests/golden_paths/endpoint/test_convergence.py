"""Two runs at once, and kills in the middle: done again, one version serves and nothing else is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from golden_paths.artifacts import Endpoint
from golden_paths.clients.local_target import LocalTarget
from golden_paths.endpoint import state as states
from golden_paths.errors import StepFailed
from local_endpoints import NAME, eventually, load, processes, serve, servers, start, version_at
from serving import IMPORTS, Saved

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
TESTS = Path(__file__).parents[2]
CALLER = """
import sys
from pathlib import Path
from golden_paths.clients.local_target import LocalTarget
from golden_paths.project import Project
from local_endpoints import start
from serving import Saved
root, model, digest = sys.argv[1:]
start(LocalTarget(Project(Path(root), Path(root) / "state")), Saved(Path(model), digest, None, None), "1")
"""


def promoted(target: LocalTarget, saved: Saved, number: str) -> Endpoint:
    """From start to settle, and again when that may help, as Airflow does it."""
    for _ in range(3):
        try:
            return serve(target, saved, number)
        except StepFailed as error:
            if not error.retry:
                raise
    return serve(target, saved, number)


def kill_supervisor(root: Path) -> None:
    state = states.read(root / "state" / "endpoints" / NAME)
    assert state
    os.kill(state.pid, signal.SIGKILL)


def serves_alone(target: LocalTarget, root: Path, endpoint: Endpoint) -> bool:
    """It answers at the stable port, and there is one supervisor with one server."""
    return (
        eventually(lambda: len(servers(root)) == 1 and len(processes(root)) == 2)
        and version_at(endpoint.url) == endpoint.version
        and target.serving(NAME) == endpoint
    )


def last(endpoints: Iterable[Endpoint]) -> Endpoint:
    """Of two, the one that took over from the other."""
    first, second = sorted(endpoints, key=lambda one: one.previous is not None)
    assert (first.previous, second.previous, second.url) == (None, first.version, first.url)
    return second


def test_two_versions_started_at_once_have_one_supervisor_and_who_shifts_last_serves(
    target: LocalTarget, saved: Saved, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(2) as pool:
        candidates = list(pool.map(lambda number: start(target, saved, number), "12"))
        assert [version_at(one.url) for one in candidates] == ["1", "2"]
        assert eventually(lambda: len(servers(tmp_path)) == 2 and len(processes(tmp_path)) == 3)
        endpoints = list(pool.map(target.shift, candidates))
        list(pool.map(target.settle, endpoints))
    assert serves_alone(target, tmp_path, last(endpoints))


def test_two_runs_at_once_leave_one_version_and_lose_no_request(
    target: LocalTarget, saved: Saved, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(promoted, target, saved, number) for number in "12"]
        assert eventually(lambda: target.serving(NAME) is not None)
        serving = target.serving(NAME)
        assert serving
        with load(serving.url) as (answered, failures):
            endpoints = [run.result() for run in runs]
            assert eventually(lambda: len(answered) > 10)
    assert failures == []
    assert serves_alone(target, tmp_path, last(endpoints))


@pytest.mark.parametrize("is_shifted", [False, True], ids=["before shift", "before settle"])
@pytest.mark.parametrize("served", [(), ("1",)], ids=["the first version", "the second version"])
def test_a_run_whose_supervisor_was_killed_is_done_again(
    target: LocalTarget, saved: Saved, tmp_path: Path, is_shifted: bool, served: tuple[str, ...]
) -> None:
    urls = {serve(target, saved, number).url for number in served}
    candidate = start(target, saved, "2")
    if is_shifted:
        target.shift(candidate)
    kill_supervisor(tmp_path)
    endpoint = promoted(target, saved, "2")
    assert (endpoint.version, endpoint.previous, {endpoint.url} | urls) == (
        "2",
        served[0] if served else None,
        {endpoint.url},
    )
    assert serves_alone(target, tmp_path, endpoint)


def test_a_shift_is_undone_when_the_supervisor_was_killed_since(
    target: LocalTarget, saved: Saved, tmp_path: Path
) -> None:
    first = serve(target, saved, "1")
    second = target.shift(start(target, saved, "2"))
    kill_supervisor(tmp_path)
    assert eventually(lambda: processes(tmp_path) == [])
    for _ in range(2):
        target.restore(second)
    assert serves_alone(target, tmp_path, first)


@pytest.mark.parametrize("module", ["golden_paths.endpoint", "golden_paths.serve"], ids=["supervisor", "server"])
def test_a_run_that_was_killed_once_its_process_was_there_is_done_again(
    target: LocalTarget, saved: Saved, tmp_path: Path, module: str
) -> None:
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, str(tmp_path), str(saved.folder), saved.digest],
        env=os.environ | {"PYTHONPATH": f"{IMPORTS}{os.pathsep}{TESTS}"},
        start_new_session=True,
    )
    assert eventually(lambda: processes(tmp_path, module) != [])
    os.killpg(caller.pid, signal.SIGKILL)
    assert caller.wait() == -signal.SIGKILL
    assert serves_alone(target, tmp_path, promoted(target, saved, "1"))
