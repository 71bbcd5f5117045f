"""The prediction log of an endpoint on this machine: every version keeps it, whatever is killed or changed."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from golden_paths.clients.local_target import LocalTarget
from golden_paths.endpoint.state import EndpointState
from golden_paths.prediction_log import reading
from golden_paths.prediction_log.folder_store import FolderStore
from golden_paths.prediction_log.keeping import Keeping
from golden_paths.project import Project
from local_endpoints import NAME, eventually, processes, serve, version_at
from serving import PATIENT, Saved

EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
SERVED = {"name": "churn", "version": "1", "digest": "d", "run_id": "r", "training_set": "t", "model": "/m"}


def ask(url: str, times: int) -> None:
    for _ in range(times):
        assert httpx.post(f"{url}/invocations", json={"inputs": [PATIENT]}, timeout=30).status_code == 200


@pytest.mark.real
@pytest.mark.timeout(600)
def test_rows_of_both_versions_are_there_when_one_has_taken_over_and_after_a_kill(tmp_path: Path, saved: Saved) -> None:
    store = FolderStore(str(tmp_path / "log"))
    target = LocalTarget(
        Project(tmp_path, tmp_path / "state"), keeping=lambda: Keeping(address=str(store.root), flush_seconds=3600)
    )

    def rows() -> dict[str, int]:
        return {str(version): int(rows) for version, rows in reading.read(store, NAME, *EVER)["version"].value_counts().items()}

    try:
        url = serve(target, saved, "1").url
        ask(url, 3)
        serve(target, saved, "2")  # waits until version 1 has ended, and with it its log
        assert rows() == {"1": 3}
        os.kill(httpx.get(f"{url}/health").json()["pid"], signal.SIGKILL)
        assert eventually(lambda: version_at(url) == "2")
        ask(url, 2)
    finally:
        target.stop(NAME)
    assert rows() == {"1": 3, "2": 2}
    assert processes(tmp_path) == []


def test_a_state_of_before_there_was_a_log_is_read() -> None:
    state = EndpointState.model_validate_json(json.dumps({"name": "churn", "port": 1, "serving": SERVED}))
    assert state.serving
    assert state.serving.keeping is None
