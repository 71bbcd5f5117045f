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

from golden_paths.prediction_log import reading
from golden_paths.prediction_log.folder_store import FolderStore
from golden_paths.prediction_log.hashing import hashed
from golden_paths.prediction_log.keeping import Keeping
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
    server = ready(start(diabetes, *options(tmp_path / "log", hashed=("sex",)), version="7"))
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
    assert "feature.sex" not in found  # hashed, and there is no key


def test_a_hash_has_the_key_of_the_environment_or_of_a_file(
    diabetes: Saved, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDEN_PATHS_HASH_KEY", "of the environment")
    (tmp_path / "key").write_text("of a file\n")
    servers = [
        ready(start(diabetes, *options(tmp_path / "log", hashed=("sex",), **more), version=version))
        for version, more in (("1", {}), ("2", {"key_file": str(tmp_path / "key")}))
    ]
    for server in servers:
        server.ask("POST", "/invocations", ROW)
        assert server.end() == 0
    found = rows(tmp_path / "log").sort_values("version")
    assert list(found["feature.sex"]) == [hashed(2, "of the environment"), hashed(2, "of a file")]


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


def gone(log: Path) -> None:
    shutil.rmtree(log, ignore_errors=True)


def a_file(log: Path) -> None:
    gone(log)
    log.write_text("no folder")


def read_only(log: Path) -> None:
    gone(log)
    log.symlink_to("/proc/self/nothing")  # where even root makes no folder


@pytest.mark.parametrize("trouble", [gone, a_file, read_only])
def test_a_folder_in_trouble_is_no_trouble_of_a_request(diabetes: Saved, start: Start, tmp_path: Path, trouble: Any) -> None:
    log = tmp_path / "log"
    server = ready(start(diabetes, *options(log, flush_seconds=1)))
    assert server.ask("POST", "/invocations", ROW)[0] == 200
    while server.metric("golden_paths_log_rows_total") < 1:
        time.sleep(0.05)
    trouble(log)
    assert server.ask("POST", "/invocations", ROW)[0] == 200
    while trouble is not gone and not server.metric("golden_paths_log_last_error_timestamp_seconds"):
        assert server.ask("POST", "/invocations", ROW)[0] == 200
    if log.is_symlink() or log.is_file():
        log.unlink()
    assert server.end() == 0
    assert len(rows(log)) >= 1  # what was asked while the folder was in trouble


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
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.01)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(8) == 0
        assert "rows are lost" in server.process.communicate(timeout=10)[1]


def test_the_models_code_finds_neither_the_key_nor_mlflows_sign_in() -> None:
    secret = {"GOLDEN_PATHS_HASH_KEY": "k", "MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "p"}
    code = "import os, sys; from golden_paths.serve.logged import PredictionLog; from golden_paths.serve.status import Identity; "
    code += "from golden_paths.prediction_log.keeping import Keeping; "
    code += "PredictionLog(Keeping(address='mlflow+http://h'), Identity('n', '1', 'd', 'r', 't')); print(sorted(os.environ))"
    path = {"PYTHONPATH": str(Path(reading.__file__).parents[2])}
    found = subprocess.run([sys.executable, "-c", code], env=path | secret, capture_output=True, text=True, check=True).stdout
    assert [name for name in secret if name in found] == []
