"""A real server's log: what is in it after SIGTERM, what is not, and that nothing which befalls it reaches a request."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fakes.mlflow_server import free_port
from golden_paths.prediction_log import reading
from golden_paths.prediction_log.folder_store import FolderStore
from golden_paths.prediction_log.hashing import hashed
from golden_paths.prediction_log.keeping import Keeping
from golden_paths.prediction_log.store import opened
from s3_server import BUCKET, bucket, reached
from serving import PATIENT, Running, Saved, Start

pytestmark = pytest.mark.real
EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
ROW = json.dumps({"instances": [PATIENT]})
JSON = {"Content-Type": "application/json"}


def options(address: Path | str, **more: Any) -> list[str]:
    keeping = Keeping(address=str(address), **{"flush_seconds": 3600, **more})
    return ["--grace", "0.1", "--prediction-log", keeping.model_dump_json()]


def ready(server: Running) -> Running:
    server.wait_for(lambda code, _: code == 200)
    return server


def rows(folder: Path) -> pd.DataFrame:
    return reading.read(FolderStore(str(folder)), "diabetes", *EVER)


def test_what_was_answered_is_in_the_log_after_sigterm_and_what_nobody_asked_is_not(
    diabetes: Saved, start: Start, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("k\n")
    hashes: dict[str, Any] = {"hashed": ("sex",), "key_file": str(tmp_path / "key")}
    server = ready(start(diabetes, *options(tmp_path / "log", **hashes), version="7"))
    began = datetime.now(UTC)
    answer, _ = server.exchange("POST", "/invocations", ROW, JSON | {"X-Request-ID": "mine-1"})
    assert answer.getheader("x-request-id") == "mine-1"
    two = json.dumps({"instances": [PATIENT, [*PATIENT[:-1], 50.0]]})
    answer, _ = server.exchange("POST", "/invocations?return=probabilities", two, JSON | {"X-Request-ID": "no good"})
    made = answer.getheader("x-request-id")
    assert (answer.status, made and len(made) < 40) == (200, True)
    server.exchange("POST", "/invocations", ROW, JSON | {"X-Golden-Paths": "synthetic"})
    server.exchange("POST", "/invocations", json.dumps({"instances": [[1.0]]}), JSON)  # refused
    server.exchange("POST", "/explain", ROW, JSON)
    assert server.metric("golden_paths_log_queued_rows") == 3
    assert server.end() == 0
    found = rows(tmp_path / "log")
    assert list(found["request_id"]) == ["mine-1", made, made]
    assert {tuple(one) for one in found[["model", "version", "digest"]].to_numpy()} == {("diabetes", "7", diabetes.digest)}
    assert (list(found["feature.s6"]), list(found["prediction"])) == ([87.0, 87.0, 50.0], [True, True, True])
    assert (found["score"].isna().tolist(), (found["score"].dropna() > 0.5).all()) == ([True, False, False], True)
    assert began <= found["time"].min() <= found["time"].max() <= datetime.now(UTC)
    assert set(found["feature.sex"]) == {hashed(2, "k")}


def test_two_processes_and_two_versions_that_write_at_once_lose_nothing(diabetes: Saved, start: Start, tmp_path: Path) -> None:
    versions = ["1", "1", "2"]
    servers = [start(diabetes, *options(tmp_path / "log", flush_seconds=1), version=version) for version in versions]
    for server in map(ready, servers):
        assert server.process.pid
    asked = 0
    end = time.monotonic() + 3
    while time.monotonic() < end:
        for server in servers:
            assert server.ask("POST", "/invocations", ROW)[0] == 200
        asked += 1
    servers[0].process.kill()  # and one of them is gone, with what it had not written
    assert [server.end() for server in servers[1:]] == [0, 0]
    by_version = rows(tmp_path / "log")["version"].value_counts()
    assert (by_version["2"], asked < by_version["1"] <= 2 * asked) == (asked, True)
    files = [file for file in (tmp_path / "log").rglob("*") if file.is_file()]
    assert (len(files) >= 6, [file for file in files if file.suffix != ".parquet"]) == (True, [])


def a_file(log: Path) -> None:
    log.write_text("no folder")


def read_only(log: Path) -> None:
    log.symlink_to("/proc/self/nothing")  # where even root makes no folder


def test_a_folder_in_trouble_is_no_trouble_of_a_request_and_its_rows_are_written_later(
    diabetes: Saved, start: Start, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    server = ready(start(diabetes, *options(log, flush_seconds=1)))
    asked, failed = 0, 0.0
    for trouble in (None, a_file, read_only):
        shutil.rmtree(log, ignore_errors=True)  # gone
        if trouble:
            trouble(log)
            while (seen := server.metric("golden_paths_log_last_error_timestamp_seconds")) == failed:
                assert server.ask("POST", "/invocations", ROW)[0] == 200
                asked += 1
            failed = seen
            log.unlink()
        assert server.ask("POST", "/invocations", ROW)[0] == 200
        asked += 1
        while server.metric("golden_paths_log_rows_total") < asked:
            time.sleep(0.05)
        assert len(rows(log)) >= 1
    assert server.end() == 0


def test_a_store_that_swallows_everything_holds_up_neither_a_request_nor_a_second_sigterm(diabetes: Saved, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as black_hole:
        address = f"mlflow+http://127.0.0.1:{black_hole.getsockname()[1]}"
        server = ready(start(diabetes, *options(address, flush_seconds=1)))
        began = time.monotonic()
        while time.monotonic() - began < 3:
            asked = time.monotonic()
            assert server.ask("POST", "/invocations", ROW)[0] == 200
            assert time.monotonic() - asked < 2
        assert server.metric("golden_paths_log_rows_total") == 0
        began = time.monotonic()
        while server.process.poll() is None:  # signals that come together are one
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        assert (server.process.returncode, time.monotonic() - began < 8) == (0, True)


def test_a_bucket_that_is_away_has_every_row_once_it_is_back(
    diabetes: Saved, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    reached(f"http://127.0.0.1:{port}", monkeypatch)
    address = f"s3://{BUCKET}/predictions"
    server = ready(start(diabetes, *options(address, flush_seconds=1)))
    assert server.ask("POST", "/invocations", ROW)[0] == 200
    while not server.metric("golden_paths_log_last_error_timestamp_seconds"):
        time.sleep(0.1)
    with bucket(port=port):
        assert server.ask("POST", "/invocations", ROW)[0] == 200
        assert server.end() == 0  # and waits for no pause between attempts
        found = reading.read(opened(address), "diabetes", *EVER)
    assert (len(found), len(set(found["request_id"]))) == (2, 2)


@pytest.mark.parametrize("address", ["mlflow+http://h", "s3://bucket/log"])
def test_the_models_code_finds_neither_the_key_nor_a_sign_in(address: str) -> None:
    secret = {"GOLDEN_PATHS_HASH_KEY": "k", "MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "p"}
    secret |= {"AWS_ACCESS_KEY_ID": "i", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
    code = "import os, sys; from golden_paths.serve.logged import PredictionLog; from golden_paths.serve.status import Identity; "
    code += "from golden_paths.prediction_log.keeping import Keeping; "
    code += "PredictionLog(Keeping(address=sys.argv[1]), Identity('n', '1', 'd', 'r', 't')); print(sorted(os.environ))"
    path = {"PYTHONPATH": str(Path(reading.__file__).parents[2])}
    command = [sys.executable, "-c", code, address]
    found = subprocess.run(command, env=path | secret, capture_output=True, text=True, check=True).stdout
    assert "PYTHONPATH" in found
    assert [name for name in secret if name in found] == []
