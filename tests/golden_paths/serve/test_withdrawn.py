"""A server of a withdrawn version: at once, without a model, and the same words whatever is asked."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from golden_paths.serve.status import Identity, Status
from golden_paths.serve.withdrawn import build
from serving import Running, Saved, started

REASON = "it is older than 30d; é \"<b>"
IDENTITY = Identity("diabetes", "1", "d" * 64, "run-1", "abc")
SAID = {"error": f"withdrawn: {REASON}", "problems": []}


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(build(Status(IDENTITY), REASON)) as client:
        yield client


@pytest.mark.parametrize("body", [b"", b'{"entities": [{"patient_id": 7}]}', b"\x00" * 100_000], ids=["none", "good", "no JSON"])
@pytest.mark.parametrize("path", ["/predict", "/invocations", "/explain", "/explain?top=3"])
def test_every_question_gets_the_reason(client: TestClient, path: str, body: bytes) -> None:
    answer = client.post(path, content=body)
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (503, "application/json", SAID)


def test_it_is_healthy_and_says_which_version_it_was(client: TestClient) -> None:
    health, version = client.get("/health"), client.get("/version")
    assert (health.status_code, health.json()["status"], health.json()["digest"]) == (200, "withdrawn", "d" * 64)
    assert version.json() == IDENTITY.described() | {"withdrawn": REASON}
    client.post("/predict", json={})
    metrics = client.get("/metrics").text
    assert 'golden_paths_requests_total{endpoint="/predict",status="503"} 1.0' in metrics
    assert 'golden_paths_model{digest="' + "d" * 64 in metrics


def test_other_places_are_not_there(client: TestClient) -> None:
    assert [client.get("/docs").status_code, client.get("/predict").status_code] == [404, 405]


def test_it_says_draining_while_it_ends() -> None:
    status = Status(IDENTITY)
    build(status, REASON)
    status.state = "draining"
    assert status.health()[0] == 503


@pytest.fixture
def gone(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts servers of a model whose folder is not there."""
    running: list[Running] = []

    def start(*options: str) -> Running:
        server = started(Saved(tmp_path / "no-such-model", "d" * 64, None, None), f"--withdrawn={REASON}", *options)
        running.append(server)
        return server

    yield start
    for server in running:
        server.process.kill()
        server.process.communicate()


@pytest.mark.real
def test_a_real_process_needs_no_model_and_ends_as_others_do(gone: Callable[..., Running]) -> None:
    server = gone()
    body = server.wait_for(lambda code, _: code == 200)
    assert (body["status"], body["version"]) == ("withdrawn", "1")
    assert server.ask("POST", "/predict", {"entities": []}) == (503, SAID)
    assert server.ask("POST", "/explain", b"x" * (1 << 20)) == (503, SAID)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0


@pytest.mark.real
def test_it_loads_neither_numpy_nor_the_model_s_libraries() -> None:
    heavy = ("numpy", "pandas", "sklearn", "mlflow", "feast", "fastapi")
    code = f"import sys, golden_paths.serve.withdrawn, golden_paths.serve.server; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.real
def test_without_a_model_and_without_a_reason_nothing_is_served() -> None:
    command = [sys.executable, "-m", "golden_paths.serve", "--port", "0", "--digest", "d", "--name", "n", "--version", "1"]
    done = subprocess.run([*command, "--run-id", "r", "--training-set", "t"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "name the folder of the --model, or say why it is --withdrawn" in done.stderr
