"""watch: what a look removes, and what it does where there is nothing to read."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from golden_paths.errors import StepFailed
from watching import NAME, NOW, Loans, applicants


def test_a_log_that_is_gone_or_off_is_said(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    loans.promote()
    loans.answers(applicants(1000, 7))
    shutil.rmtree(loans.project.state / "predictions")
    assert (loans.look().rows, loans.look("look-2").alarms) == (0, ())
    (tmp_path / "include" / "platform.yaml").write_text("prediction_log: {address: 'off'}\n")
    made = loans.look("look-3")
    assert (made.rows, made.alarms) == (0, ())


def test_a_look_removes_what_is_older_than_the_platform_keeps(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    (tmp_path / "include" / "platform.yaml").write_text("prediction_log: {retention: 2d}\n")
    loans.promote()
    loans.answers(applicants(400, 7), at=NOW - timedelta(days=4))
    loans.answers(applicants(400, 7))
    log = loans.clients.predictions(loans.spec)
    champion = loans.clients.models.champion(NAME)
    assert champion
    assert len(log.read(champion, NOW - timedelta(days=9), NOW)) == 800
    assert loans.look().rows == 400
    assert len(log.read(champion, NOW - timedelta(days=9), NOW)) == 400


def test_old_looks_that_were_quiet_are_deleted_and_alarms_are_kept(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    (tmp_path / "include" / "platform.yaml").write_text("prediction_log: {retention: 2d}\n")
    loans.promote()
    loans.answers(applicants(1000, 7))
    quiet = loans.look()
    loans.answers(applicants(1000, 8).assign(income=1e6))
    alarm = loans.look("look-2")
    assert (quiet.alarms, bool(alarm.alarms)) == ((), True)
    runs = loans.clients.tracking.runs
    for one in (quiet, alarm):
        runs[one.mlflow_run_id].ended = NOW - timedelta(days=3)
    last = loans.look("look-3")
    assert quiet.mlflow_run_id not in runs
    assert {alarm.mlflow_run_id, last.mlflow_run_id} < set(runs)


def test_who_may_not_delete_in_mlflow_looks_all_the_same(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    loans.promote()
    loans.answers(applicants(1000, 7))

    def refused(*given: object, **named: object) -> int:
        raise StepFailed("MLflow refuses: permission denied", remedy="ask for it")

    loans.clients.tracking.retire = refused  # type: ignore[method-assign]
    assert loans.look().rows == 1000
    assert "old looks are not deleted: MLflow refuses: permission denied; ask for it" in loans.said
