"""What every store promises, held against a folder, fsspec, an S3 and a real MLflow server."""

from __future__ import annotations

import resource
import secrets
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from fakes.mlflow_server import free_port
from golden_paths.errors import StepFailed
from golden_paths.prediction_log import fsspec_store, mlflow_store, reading
from golden_paths.prediction_log.folder_store import FolderStore
from golden_paths.prediction_log.keeping import Keeping
from golden_paths.prediction_log.mlflow_store import MlflowStore
from golden_paths.prediction_log.store import Store, opened
from golden_paths.serve.log_metrics import LogMetrics
from golden_paths.serve.log_queue import LogQueue
from golden_paths.serve.log_writer import LogWriter
from held_mlflow import held_mlflow
from local_endpoints import saved_model
from prediction_logs import form
from s3_server import BUCKET, KEYS, bucket, reached
from serving import PATIENT, started

HOUR = "risk/date=2026-11-27/hour=04"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with bucket() as url:
        yield url


@pytest.fixture(params=["path", "file", "memory", "fsspec over files", "s3", pytest.param("mlflow", marks=pytest.mark.real)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "mlflow":
        found: Store = opened("mlflow+" + request.getfixturevalue("server_uri"))
        yield found
        found.delete("risk")
        return
    if request.param == "s3":
        reached(request.getfixturevalue("s3"), request.getfixturevalue("monkeypatch"))
        yield opened(f"s3://{BUCKET}/{secrets.token_hex(8)}/predictions")
        return
    addresses = {"path": str(tmp_path / "log"), "file": f"file://{tmp_path}/log", "memory": f"memory://{secrets.token_hex(8)}"}
    if request.param == "fsspec over files":
        yield fsspec_store.FsspecStore(f"file://{tmp_path}/log")
    else:
        yield opened(addresses[request.param])


def test_what_is_written_is_listed_and_read(store: Store) -> None:
    store.write(f"{HOUR}/1-pod-a-1.parquet", b"one")
    store.write(f"{HOUR}/1-pod-a-2.parquet", b"two" * 100_000)
    assert store.list("risk") == ["date=2026-11-27/"]
    assert store.list("risk/date=2026-11-27") == ["hour=04/"]
    assert store.list(HOUR) == ["1-pod-a-1.parquet", "1-pod-a-2.parquet"]
    assert (store.read(f"{HOUR}/1-pod-a-1.parquet"), len(store.read(f"{HOUR}/1-pod-a-2.parquet"))) == (b"one", 300_000)


def test_the_same_written_again_changes_nothing(store: Store) -> None:
    for _ in range(2):
        store.write(f"{HOUR}/1-pod-a-1.parquet", b"one")
    assert (store.list(HOUR), store.read(f"{HOUR}/1-pod-a-1.parquet")) == (["1-pod-a-1.parquet"], b"one")


def test_what_another_wrote_since_the_last_look_is_listed(store: Store) -> None:
    store.write(f"{HOUR}/1-pod-a-1.parquet", b"one")
    assert len(store.list(HOUR)) == 1
    store.write(f"{HOUR}/1-pod-b-1.parquet", b"two")
    assert len(store.list(HOUR)) == 2


def test_a_folder_that_is_not_there_has_nothing(store: Store) -> None:
    assert store.list("nothing/date=2026-11-27") == []


def test_a_file_that_is_not_there_is_said_to_be_missing(store: Store) -> None:
    store.write(f"{HOUR}/1-pod-a-1.parquet", b"one")
    with pytest.raises(FileNotFoundError):
        store.read(f"{HOUR}/1-pod-a-2.parquet")


def test_a_folder_is_deleted_with_all_that_is_in_it_and_again_without_an_error(store: Store) -> None:
    store.write(f"{HOUR}/1-pod-a-1.parquet", b"one")
    store.write("risk/date=2026-11-27/hour=05/1-pod-a-2.parquet", b"two")
    for _ in range(2):
        store.delete(HOUR)
    assert store.list("risk/date=2026-11-27") == ["hour=05/"]


def test_a_file_is_deleted_and_again_without_an_error(store: Store) -> None:
    store.write(f"{HOUR}/1-pod-a-1.parquet", b"one")
    store.write(f"{HOUR}/1-pod-a-2.parquet", b"two")
    for _ in range(2):
        store.delete(f"{HOUR}/1-pod-a-1.parquet")
    assert store.list(HOUR) == ["1-pod-a-2.parquet"]


def test_a_disk_that_is_full_leaves_no_half_of_a_file(tmp_path: Path) -> None:
    store, limits = FolderStore(str(tmp_path)), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            store.write(f"{HOUR}/1-pod-a-1.parquet", b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_another_process_is_about_to_write_is_not_listed(tmp_path: Path) -> None:
    store = FolderStore(str(tmp_path))
    store.write(f"{HOUR}/1-pod-a-1.parquet", b"one")
    (tmp_path / HOUR / ".1-pod-b-1.parquet.partial").write_bytes(b"ha")
    assert store.list(HOUR) == ["1-pod-a-1.parquet"]


def test_an_address_whose_package_is_missing_names_it() -> None:
    with pytest.raises(StepFailed) as caught:
        opened("gs://bucket/predictions")
    assert caught.value.remedy == "install the package that fsspec needs for it (gcsfs), or name another address"
    assert caught.value.problem.startswith("the prediction log's address begins with gs://, which cannot be read here: ")


def test_an_address_of_no_kind_is_refused() -> None:
    with pytest.raises(StepFailed, match="begins with nowhere://"):
        opened("nowhere://bucket")


@pytest.mark.parametrize("verb", ["list", "write"])
def test_a_bucket_that_is_away_is_an_error_that_names_it(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached(f"http://127.0.0.1:{free_port()}", monkeypatch)
    with pytest.raises(OSError, match="s3://bucket/log does not answer as it should: EndpointConnectionError"):
        getattr(opened("s3://bucket/log"), verb)(*["x", b""][: 1 + (verb == "write")])


def test_a_bucket_that_lets_nobody_in_is_an_error_that_says_so(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached(s3, monkeypatch)
    for name in KEYS:
        monkeypatch.delenv(name)
    with pytest.raises(OSError, match=f"s3://{BUCKET}/log does not answer as it should: NoCredentialsError"):
        opened(f"s3://{BUCKET}/log").write("x", b"")


def test_a_bucket_that_is_not_there_is_an_error_and_no_empty_log_is_written(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached(s3, monkeypatch)
    with pytest.raises(FileNotFoundError, match="bucket does not exist"):
        opened("s3://nowhere/log").write("x", b"")


def test_an_s3_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fsspec_store, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as black_hole:
        reached(f"http://127.0.0.1:{black_hole.getsockname()[1]}", monkeypatch)
        with pytest.raises(OSError, match=f"s3://{BUCKET}/log did not answer within 0.5 s"):
            opened(f"s3://{BUCKET}/log").write("x", b"x")


def test_an_mlflow_that_is_away_is_an_error_that_names_it() -> None:
    place = f"127.0.0.1:{free_port()}"
    with pytest.raises(OSError, match=f"MLflow does not answer at http://{place}/api/2.0/mlflow-artifacts"):
        MlflowStore(f"http://ada:secret@{place}").write("risk/x", b"")


@pytest.mark.parametrize(
    ("server", "environment", "header"),
    [
        ("http://h", {}, None),
        ("http://ada:p%40ss@h", {}, "Basic YWRhOnBAc3M="),
        ("http://h", {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "p@ss"}, "Basic YWRhOnBAc3M="),
        ("http://h", {"MLFLOW_TRACKING_TOKEN": "t"}, "Bearer t"),
    ],
)
def test_it_signs_in_as_mlflow_does(
    server: str, environment: dict[str, str], header: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("USERNAME", "PASSWORD", "TOKEN"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert MlflowStore(server)._headers.get("Authorization") == header


EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.real
def test_a_server_logs_to_mlflow_and_the_watch_reads_it_there(server_uri: str, tmp_path: Path) -> None:
    keeping = Keeping(address=f"mlflow+{server_uri}").model_dump_json()
    running = started(saved_model(tmp_path / "model"), "--grace", "0.1", "--prediction-log", keeping)
    try:
        running.wait_for(lambda code, _: code == 200)
        for _ in range(3):
            assert running.ask("POST", "/invocations", {"inputs": [PATIENT, PATIENT]})[0] == 200
        assert running.end() == 0
    finally:
        running.process.kill()
        running.process.communicate()
    found = reading.read(opened(f"mlflow+{server_uri}"), "diabetes", *EVER)
    assert (len(found), set(found["version"]), set(found["feature.bmi"])) == (6, {"1"}, {PATIENT[2]})
    assert reading.counts(opened(f"mlflow+{server_uri}"), "diabetes", *EVER)


@pytest.mark.real
def test_a_file_whose_answer_was_lost_is_written_again_and_is_there_once(
    server_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow_store, "SECONDS", 1.0)
    with held_mlflow(server_uri) as proxy:
        done = proxy.hold(r"PUT .*\.parquet")
        queue, registry = LogQueue(), CollectorRegistry()
        writer = LogWriter(
            queue, LogMetrics(registry, lambda: queue.rows), opened=lambda: MlflowStore(proxy.url), form=form, seconds=0.05
        )
        writer.start()
        queue.put(b"r", None, {"age": [1.0], "sex": [0], "ward": ["n"]}, {"predictions": [True]}, 10)
        assert done.wait(30)
        assert len(reading.read(opened(f"mlflow+{server_uri}"), "risk", *EVER)) == 1  # though the server does not know
        writer.end(30)
    assert registry.get_sample_value("golden_paths_log_last_error_timestamp_seconds")
    assert registry.get_sample_value("golden_paths_log_rows_total") == 1
    assert reading.read(opened(f"mlflow+{server_uri}"), "risk", *EVER)["request_id"].tolist() == ["r"]
