"""python -m golden_paths predictions: what a watched model answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from golden_paths.commands import app
from golden_paths.prediction_log.folder_store import FolderStore
from golden_paths.project import Project
from prediction_logs import answered, form, write
from projects import SPEC, make_project

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    dags = make_project(tmp_path)
    monkeypatch.delenv("GOLDEN_PATHS_STATE", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (dags / "broken.yaml").write_text("golden_path: [")
    (dags / "churn.yaml").write_text(SPEC + "monitor: {drift: {}}\n")
    (dags / "quiet.yaml").write_text(SPEC.replace("name: churn", "name: quiet"))
    found = Project.at(tmp_path)
    store, of = FolderStore(str(found.state / "predictions")), form(model="churn")
    write(store, answered(NOON, [1.0, 2.0]), answered(NOON - timedelta(hours=30), [3.0]), of=of)
    write(store, answered(NOON + timedelta(hours=1), [4.0]), of=form("2", model="churn"))
    return found


def call(project: Project, *arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, ["predictions", *arguments, "--project", str(project.root)], env={"COLUMNS": "200"})
    assert done.exit_code == code, done.output
    return done


def test_rows_are_counted_by_hour_and_version(project: Project) -> None:
    shown = call(project, "churn", "--until", "2026-11-27T14:00").stdout.split()
    assert shown == ["hour", "(UTC)", "version", "rows", "2026-11-27", "12:00", "1", "2", "2026-11-27", "13:00", "2", "1"]


@pytest.mark.parametrize(
    ("since", "until", "rows"),
    [
        ("3d", "2026-11-27T14:00", 4),
        ("1h", "2026-11-27T14:00+00:00", 1),
        ("2026-11-27T13:00+01:00", "2026-11-27T14:00+01:00", 2),
        ("2026-11-26", "2026-11-27", 1),
    ],
)
def test_a_window_is_two_times_or_a_time_and_how_long_before(project: Project, since: str, until: str, rows: int) -> None:
    found = json.loads(call(project, "churn", "--since", since, "--until", until, "--json").stdout)
    assert sum(one["rows"] for one in found) == rows


def test_rows_are_written_to_a_file(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "rows.parquet"
    said = call(project, "churn", "--since", "3d", "--until", "2026-11-27T14:00", "-o", str(out)).stdout
    assert said == f"wrote 4 of 4 rows to {out}\n"
    assert list(pd.read_parquet(out)["feature.age"]) == [3.0, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["quiet"], "quiet keeps no prediction log: its spec has no monitor, or prediction_log.address is off"),
        (["nobody"], "no spec in {root}/dags is called nobody"),
        (["churn", "--until", "soon"], "--until 'soon' is no time; write it as in 2026-11-24T10:00"),
        (["churn", "--since", "9999d"], "--since '9999d' is longer than ten years; write a shorter one, as in 24h"),
        (["churn", "--since", "long"], "--since 'long' is no time; write it as in 2026-11-24T10:00"),
    ],
)
def test_what_cannot_be_shown_is_said(project: Project, arguments: list[str], message: str) -> None:
    done = call(project, *arguments, code=1)
    assert str(done.exception) == message.format(root=project.root)
