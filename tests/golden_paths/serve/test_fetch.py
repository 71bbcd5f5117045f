"""The init container against a real MLflow server: what it fetches, refuses, waits for, and leaves when it is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.mlflow_server import free_port, mlflow_server
from golden_paths import digests
from golden_paths.clients.mlflow_tracking import MlflowTracking
from golden_paths.serve import ending, fetch
from held_mlflow import held_mlflow
from serving import IMPORTS, Saved

pytestmark = pytest.mark.real


@dataclass(frozen=True)
class Logged:
    """A model on a server."""

    server: str
    uri: str
    digest: str

    def arguments(self, to: Path, *more: str, digest: str = "") -> list[str]:
        return ["--uri", self.uri, "--digest", digest or self.digest, "--to", str(to), *more]

    def begin(self, to: Path, *, server: str = "") -> subprocess.Popen[str]:
        """The process of an init container."""
        environment = os.environ | {"PYTHONPATH": str(IMPORTS), "MLFLOW_TRACKING_URI": server or self.server}
        command = [sys.executable, "-P", "-m", "golden_paths.serve.fetch", *self.arguments(to)]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory, diabetes: Saved) -> Iterator[Logged]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as server:
        tracking = MlflowTracking(server)
        run = tracking.run("fetch", "key:fetch", name="train", tags={})
        yield Logged(server, tracking.log_model(run.id, diabetes.folder), diabetes.digest)


@pytest.fixture
def status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: Logged) -> Path:
    """The termination log of this process, which is a pod now."""
    log = tmp_path / "termination-log"
    log.touch()
    monkeypatch.setattr(ending, "TERMINATION_LOG", log)
    monkeypatch.setattr(ending, "at_once_on_sigterm", lambda code: None)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", logged.server)
    return log


def test_it_fetches_the_model_and_nothing_else_is_left(logged: Logged, status: Path, tmp_path: Path) -> None:
    place = tmp_path / "volume" / "model"
    assert fetch.main(logged.arguments(place)) == 0
    assert digests.of_folder(place) == logged.digest
    assert [one.name for one in place.parent.iterdir()] == ["model"]
    assert status.read_text() == ""


def test_what_is_there_is_not_fetched_again(
    logged: Logged, status: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetch.main(logged.arguments(tmp_path / "model")) == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert fetch.main(logged.arguments(tmp_path / "model")) == 0


def test_another_digest_is_refused_with_code_3_and_leaves_no_model(
    logged: Logged, status: Path, tmp_path: Path
) -> None:
    assert fetch.main(logged.arguments(tmp_path / "model", digest="0" * 64)) == 3
    assert status.read_text() == (
        f"{logged.uri} at {logged.server} has digest {logged.digest}, registered is {'0' * 64}; "
        "it was changed after it was registered: run the path again to make a new version"
    )
    assert not (tmp_path / "model").exists()


def test_half_of_a_model_is_replaced(logged: Logged, status: Path, tmp_path: Path) -> None:
    for left in ("model", "model.partial"):
        (tmp_path / left).mkdir()
        (tmp_path / left / "MLmodel").write_text("half of")
    assert fetch.main(logged.arguments(tmp_path / "model")) == 0
    assert digests.of_folder(tmp_path / "model") == logged.digest
    assert not (tmp_path / "model.partial").exists()


def test_a_model_that_mlflow_does_not_have_is_not_asked_for_again(logged: Logged, status: Path, tmp_path: Path) -> None:
    unknown = Logged(logged.server, "models:/m-0123456789abcdef", logged.digest)
    began = time.monotonic()
    assert fetch.main(unknown.arguments(tmp_path / "model")) == 1
    assert time.monotonic() - began < 5
    assert status.read_text().startswith(f"MLflow at {logged.server} refused: RESOURCE_DOES_NOT_EXIST")


def test_an_mlflow_that_stays_away_is_given_up_with_code_1(
    logged: Logged, status: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fetch, "PATIENCE", 3.0)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    began = time.monotonic()
    assert fetch.main(logged.arguments(tmp_path / "model")) == 1
    assert 3 <= time.monotonic() - began < 15
    assert status.read_text().startswith("MLflow at http://127.0.0.1:9 did not answer: ")
    assert "; trying again\n" in capsys.readouterr().err


def test_an_mlflow_that_is_away_for_a_while_is_waited_for(logged: Logged, tmp_path: Path) -> None:
    port = free_port()
    fetching = logged.begin(tmp_path / "model", server=f"http://127.0.0.1:{port}")
    assert fetching.stderr
    assert fetching.stderr.readline().endswith("; trying again\n")
    with held_mlflow(logged.server, port):
        _, stderr = fetching.communicate(timeout=90)
    assert fetching.returncode == 0, stderr
    assert digests.of_folder(tmp_path / "model") == logged.digest


@pytest.mark.parametrize("request_", [r"GET /api/2\.0/mlflow/logged-models/.*", r"GET .*/artifacts/.*/MLmodel"])
def test_told_to_end_in_the_middle_it_ends_at_once_and_the_next_one_fetches_all(
    logged: Logged, tmp_path: Path, request_: str
) -> None:
    with held_mlflow(logged.server) as proxy:
        held = proxy.hold(request_)
        fetching = logged.begin(tmp_path / "model", server=proxy.url)
        assert held.wait(60)
        fetching.terminate()
        assert fetching.wait(3) == 143
        assert not (tmp_path / "model").exists()
        fetching = logged.begin(tmp_path / "model", server=proxy.url)
        _, stderr = fetching.communicate(timeout=60)
    assert fetching.returncode == 0, stderr
    assert digests.of_folder(tmp_path / "model") == logged.digest


def test_features_are_laid_out_beside_the_model_and_another_digest_of_them_is_refused(
    logged: Logged, status: Path, tmp_path: Path
) -> None:
    from golden_paths import features_package

    repo, state = tmp_path / "shop", tmp_path / "state"
    for folder in (repo, state):
        folder.mkdir()
    (repo / "feature_store.yaml").write_text("registry: ${FEAST_STATE}/registry.db")
    (state / "registry.db").write_bytes(b"bytes")
    package = tmp_path / "features.tar.gz"
    package.write_bytes(features_package.pack(repo, state))
    place = tmp_path / "volume"
    more = ["--features", str(package), "--features-to", str(place / "features"), "--state", str(place / "feast")]
    good, bad = digests.of_file(package), "0" * 64
    assert fetch.main(logged.arguments(place / "model", *more, "--features-digest", bad)) == 3
    assert status.read_text() == (
        f"the features package has digest {good}, registered is {bad}; "
        "it was changed after it was registered: run the path again to make a new version"
    )
    assert fetch.main(logged.arguments(place / "model", *more, "--features-digest", good)) == 0
    assert (place / "features" / "shop" / "feature_store.yaml").is_file()
    assert (place / "feast" / "registry.db").read_bytes() == b"bytes"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--features", "x"], "--features, --features-digest, --features-to and --state go together"),
        ([], "MLFLOW_TRACKING_URI is not set; set it to the tracking server's address"),
    ],
)
def test_wrong_arguments_end_with_code_2(
    status: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    said: str,
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with pytest.raises(SystemExit) as raised:
        fetch.main(["--uri", "models:/m-1", "--digest", "0", "--to", str(tmp_path / "model"), *more])
    assert raised.value.code == 2
    assert capsys.readouterr().err.endswith(f"error: {said}\n")
