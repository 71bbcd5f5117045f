"""What OpenLineage's client hands over: a task waits once, however many runs are within it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bad_marquez import marquez
from golden_paths.lineage import log
from golden_paths.lineage.events import Parent, Ref, event, of_parts
from golden_paths.lineage.names import feature_view
from golden_paths.lineage.touched import Dataset, Part, Touched
from golden_paths.lineage.transport import LogFirstConfig, LogFirstTransport

TASK = Ref("00000000-0000-4000-8000-000000000001", "churn.materialize", "golden-paths", "TASK")
ROOT = Ref("00000000-0000-4000-8000-000000000002", "churn", "golden-paths", "DAG")


def test_ends_of_runs_within_a_task_are_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server answers nothing, and patience has no end."""
    parts = tuple(
        Part(view, "A view.", (), (Dataset(feature_view("shop", view)),)) for view in ("customers", "orders", "visits")
    )
    with marquez() as server:
        monkeypatch.setenv("OPENLINEAGE_URL", server.url)
        transport = LogFirstTransport(LogFirstConfig(str(tmp_path)))
        transport._sender._patience = 600
        server.answers.clear()
        for one in of_parts(Touched(parts=parts), TASK, ROOT, {}):
            transport.emit(one)
        assert transport._sender._is_sending  # the first of them, still: who had waited would have seen it given up
        assert len(list(log.read(tmp_path))) == 6


def test_the_end_of_a_task_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with marquez() as server:
        monkeypatch.setenv("OPENLINEAGE_URL", server.url)
        transport = LogFirstTransport(LogFirstConfig(str(tmp_path)))
        for state in ("START", "COMPLETE"):
            transport.emit(event(state, TASK, Parent(ROOT, ROOT), Touched()))
        assert [one["eventType"] for one in server.got] == ["START", "COMPLETE"]
