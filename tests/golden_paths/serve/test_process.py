"""The command line, /health and exit codes of a real process."""

from __future__ import annotations

import pytest

from serving import PATIENT, Saved, Start

pytestmark = pytest.mark.real


def test_it_is_ready_only_once_the_model_is_there_and_says_which_it_is(diabetes: Saved, start: Start) -> None:
    server = start(diabetes, version="7")
    assert server.ask("GET", "/health") == (503, {"status": "starting"})
    body = server.wait_for(lambda code, _: code == 200)
    assert body == {
        "status": "ready",
        "name": "diabetes",
        "version": "7",
        "digest": diabetes.digest,
        "accepting": False,
        "pid": server.process.pid,
    }
    assert server.ask("GET", "/version") == (
        200,
        {"name": "diabetes", "version": "7", "digest": diabetes.digest, "training_set": "abc", "run_id": "run-1"},
    )
    paths = server.ask("GET", "/openapi.json")[1]["paths"]
    assert list(paths) == ["/predict", "/invocations", "/explain", "/health", "/version", "/metrics"]
    assert server.ask("POST", "/invocations", {"instances": [PATIENT]}) == (200, {"predictions": [True]})
    assert server.ask("POST", "/invocations", {"instances": []})[0] == 422
    metrics = server.ask("GET", "/metrics")[1].splitlines()
    assert 'golden_paths_requests_total{endpoint="/invocations",status="200"} 1.0' in metrics
    assert 'golden_paths_requests_total{endpoint="/invocations",status="422"} 1.0' in metrics
    assert f'golden_paths_model{{digest="{diabetes.digest}",name="diabetes",version="7"}} 1.0' in metrics
    assert server.end() == 0


def test_another_digest_ends_the_process_with_code_3_and_both_digests(diabetes: Saved, start: Start) -> None:
    server = start(diabetes, digest="0" * 64)
    _, stderr = server.process.communicate(timeout=60)
    assert (server.process.returncode, stderr) == (
        3,
        f"{diabetes.folder} has digest {diabetes.digest}, registered is {'0' * 64}; "
        "it was changed after it was registered: run the path again to make a new version\n",
    )


def test_a_folder_without_a_model_ends_the_process_with_code_1(diabetes: Saved, start: Start) -> None:
    missing = Saved(diabetes.folder / "nothing", "0" * 64, None, None)
    server = start(missing)
    _, stderr = server.process.communicate(timeout=60)
    assert (server.process.returncode, stderr) == (
        1,
        f"{missing.folder} is no folder; name the folder that holds MLmodel\n",
    )
