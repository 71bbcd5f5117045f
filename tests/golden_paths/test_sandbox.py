"""What a spec brings runs apart: without secrets, and with an end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from golden_paths import sandbox
from golden_paths.errors import CodeFailed
from golden_paths.project import Project
from golden_paths.sandbox_child import says_away


@pytest.fixture
def brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that the child can import, through a package folder that stands for ours."""
    module = tmp_path / "brought.py"
    module.write_text(
        textwrap.dedent("""
        import os, signal, subprocess, sys, time
        def environment(payload):
            return dict(os.environ)
        def descriptors(payload):
            return {"open": sorted(int(fd) for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}"))}
        def leaves(payload):
            import tempfile
            return {"left": tempfile.mkdtemp()}
        def fail(payload):
            print("before")
            raise ValueError("no such column")
        def away(payload):
            try:
                raise ConnectionRefusedError("port 6379")
            except OSError as error:
                raise RuntimeError("no features") from error
        def leave(payload):
            sys.exit(7)
        def crash(payload):
            os.kill(os.getpid(), signal.SIGKILL)
        def hang(payload):
            child = subprocess.Popen(["sleep", "1000"])
            print(f"pids {os.getpid()} {child.pid}", flush=True)
            time.sleep(1000)
        """)
    )
    inherited = sandbox.environment
    monkeypatch.setattr(sandbox, "environment", lambda home: with_path(inherited(home), tmp_path))
    return tmp_path


def with_path(environment: dict[str, str], folder: Path) -> dict[str, str]:
    return environment | {"PYTHONPATH": f"{environment['PYTHONPATH']}{os.pathsep}{folder}"}


def call(folder: Path, function: str, log: list[str], timeout: float = 60) -> dict[str, object]:
    return sandbox.call(f"brought:{function}", {}, project=Project.at(folder), log=log.append, timeout=timeout)


def test_what_it_leaves_among_temporary_files_goes_with_it(brought: Path) -> None:
    """Feast makes a folder when it is imported, for instance."""
    left = Path(str(call(brought, "leaves", [])["left"]))
    assert left.name.startswith("tmp") and not left.exists()
    assert left.parents[1].name.startswith("golden-paths-") and not left.parents[1].exists()


def test_the_child_sees_no_secret_of_the_worker(brought: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "MLFLOW_TRACKING_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "AIRFLOW_CONN_X",
    ):
        monkeypatch.setenv(name, "hunter2")
    monkeypatch.setenv("FEAST_REDIS", "passed on by the platform team")
    seen = call(brought, "environment", [])
    assert "hunter2" not in json.dumps(seen)
    assert seen["FEAST_REDIS"] == "passed on by the platform team"


def test_the_child_inherits_no_file_descriptor(brought: Path) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    try:
        assert call(brought, "descriptors", []) == {"open": [0, 1, 2]}
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("fail", "ValueError: no such column; the traceback is in the log above"),
        ("leave", "SystemExit: 7; the traceback is in the log above"),
        ("crash", "brought:crash ended with SIGKILL and no result; the machine or the worker ran out of memory"),
    ],
)
def test_a_failure_is_told_with_its_reason(brought: Path, function: str, message: str) -> None:
    with pytest.raises(CodeFailed) as caught:
        call(brought, function, [])
    assert str(caught.value) == message


def test_what_the_child_prints_is_logged_with_its_traceback(brought: Path) -> None:
    log: list[str] = []
    with pytest.raises(CodeFailed):
        call(brought, "fail", log)
    assert (log[0], log[-1]) == ("before", "ValueError: no such column")


def test_a_child_that_takes_too_long_is_ended_with_its_own_children(brought: Path) -> None:
    log: list[str] = []
    with pytest.raises(CodeFailed) as caught:
        call(brought, "hang", log, timeout=3)
    assert str(caught.value) == "brought:hang did not end within 3 s; make it faster, or raise the section's timeout"
    assert wait_gone([int(pid) for pid in log[0].split()[1:]])


def test_a_killed_worker_leaves_no_child(brought: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from golden_paths import sandbox; from golden_paths.project import Project\n"
        f"places = {os.pathsep.join([*sys.path, str(brought)])!r}; old = sandbox.environment\n"
        "sandbox.environment = lambda home: old(home) | {'PYTHONPATH': places}\n"
        f"project = Project.at(Path({str(brought)!r}))\n"
        "sandbox.call('brought:hang', {}, project=project, log=lambda line: print(line, flush=True))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    worker = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)
    assert worker.stdout
    pids = [int(pid) for pid in worker.stdout.readline().split()[1:]]
    worker.kill()
    worker.wait()
    worker.stdout.close()
    try:
        assert wait_gone(pids[:1])
    finally:
        psutil.Process(pids[1]).kill()  # its own grandchild: the child had no chance to end it


def wait_gone(pids: list[int], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_a_server_that_is_away_is_worth_a_retry_and_a_mistake_is_not(brought: Path) -> None:
    retries = {}
    for function in ("away", "fail"):
        with pytest.raises(CodeFailed) as error:
            call(brought, function, [])
        retries[function] = error.value.retry
    assert retries == {"away": True, "fail": False}


def test_databases_and_redis_have_errors_of_their_own_for_it() -> None:
    import psycopg
    import redis
    import sqlalchemy

    away = [
        psycopg.OperationalError(),
        redis.ConnectionError(),
        redis.BusyLoadingError(),
        redis.TimeoutError(),
        sqlalchemy.exc.OperationalError("select", {}, Exception()),
    ]
    assert [error for error in away if not says_away(error)] == []
    assert not says_away(sqlalchemy.exc.IntegrityError("insert", {}, Exception()))
