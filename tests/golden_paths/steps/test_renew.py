"""renew: what follows from a look, on a real log, with a history that is kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from golden_paths import history
from watching import HOUR, NAME, NOW, Loans, applicants, failing


def noted(loans: Loans) -> list[str]:
    return [one.what for one in history.entries(loans.clients.models, NAME)]


def drifted(root: Path, **monitor: object) -> Loans:
    loans = Loans(root, **monitor)
    loans.promote()
    loans.answers(applicants(1000, 7, richer=0.8))
    return loans


def test_drift_asks_for_one_run_and_the_history_says_why(tmp_path: Path) -> None:
    loans = drifted(tmp_path)
    made = loans.renew(loans.look())
    assert (made.action, made.run, made.causes) == ("retrain", "renewal__look-1", ("drift",))
    entry = history.entries(loans.clients.models, NAME)[-1]
    assert (entry.what, entry.run, entry.by) == ("renewed", made.run, "Airflow (scheduled)")
    assert entry.why.startswith("drift: income has drifted")
    assert list(history.faults(loans.clients.models, NAME)) == []


def test_the_loop_closes_retrain_promote_quiet(tmp_path: Path) -> None:
    loans = drifted(tmp_path)
    asked = loans.renew(loans.look())
    loans.runs[NAME, asked.run] = "running"
    assert loans.renew(loans.look("look-2"), "look-2").action == "wait"
    loans.runs[NAME, asked.run] = "success"
    loans.promote(asked.run, seed=9)
    loans.answers(applicants(1000, 8), at=NOW + 0.5 * HOUR)
    quiet = loans.look("look-3", end=NOW + HOUR, start=NOW)
    assert (quiet.version, quiet.alarms) == ("2", ())
    assert loans.renew(quiet, "look-3").action == "nothing"
    assert noted(loans) == ["promoted", "renewed", "promoted", "calm"]
    assert list(history.faults(loans.clients.models, NAME)) == []


def test_what_is_not_cured_escalates_once_and_is_said_again(tmp_path: Path) -> None:
    loans = drifted(tmp_path)
    asked = loans.renew(loans.look())
    loans.promote(asked.run)
    loans.answers(applicants(1000, 8, richer=0.8), at=NOW + 0.5 * HOUR)
    for run, is_news in (("look-2", True), ("look-3", False)):
        made = loans.renew(loans.look(run, end=NOW + HOUR, start=NOW), run)
        assert (made.action, made.is_news) == ("escalate", is_news)
        assert "alarms as well" in made.reason
    assert noted(loans) == ["promoted", "renewed", "promoted", "escalated"]


def test_killed_after_the_note_it_asks_for_the_same_run(tmp_path: Path) -> None:
    loans = drifted(tmp_path)
    watched = loans.look()
    first, again = loans.renew(watched), loans.renew(watched)
    assert (again.action, again.run) == ("retrain", first.run)
    assert noted(loans) == ["promoted", "renewed"]


def test_a_look_at_the_past_or_at_what_serves_no_more_starts_nothing(tmp_path: Path) -> None:
    loans = drifted(tmp_path)
    watched = loans.look()
    assert loans.renew(watched.model_copy(update={"end": NOW - timedelta(days=2)})).action == "nothing"
    loans.promote("second")
    assert loans.renew(watched).action == "nothing"
    assert "renewed" not in noted(loans)


def test_without_retrain_an_alarm_is_told_and_nothing_more(tmp_path: Path) -> None:
    loans = drifted(tmp_path, retrain=None)
    assert loans.renew(loans.look()).action == "nothing"


OLD = NOW - timedelta(days=31)


def aged(root: Path, rule: str) -> Loans:
    loans = Loans(root, max_age="30d", drift=None, retrain=None)
    loans.policy(f"risk: {{limited: {{expiry: {rule}, approval: {{approvers: [ada]}}}}}}\n")
    loans.promote(at=OLD)
    return loans


def test_an_expired_version_is_withdrawn_with_the_reason(tmp_path: Path) -> None:
    loans = aged(tmp_path, "withdraw")
    made = loans.renew(loans.look())
    assert made.action == "withdraw"
    assert loans.clients.models.champion(NAME) is None
    assert "older than max_age 30d" in loans.clients.served.withdrawn(NAME)
    assert noted(loans) == ["promoted", "withdrawn"]
    assert list(history.faults(loans.clients.models, NAME)) == []
    assert loans.look("look-2").version == ""


def test_a_withdrawal_that_was_killed_is_finished_by_the_retry(tmp_path: Path) -> None:
    loans = aged(tmp_path, "withdraw")
    watched, models = loans.look(), loans.clients.models
    real = models.tag_version
    asked: list[int] = []

    def killed(*given: object) -> None:
        asked.append(1)
        real(*given)  # type: ignore[arg-type]
        if len(asked) == 2:  # the alias is gone by then
            raise ConnectionError("killed")

    models.tag_version = killed  # type: ignore[method-assign,assignment]
    with pytest.raises(ConnectionError):
        loans.renew(watched)
    models.tag_version = real  # type: ignore[method-assign]
    assert loans.renew(watched).action == "withdraw"
    assert noted(loans) == ["promoted", "withdrawn"]
    assert list(history.faults(models, NAME)) == []


def test_a_withdrawal_that_was_killed_before_it_was_told_is_told_by_the_retry(tmp_path: Path) -> None:
    loans = aged(tmp_path, "withdraw")
    watched = loans.look()
    first, again = loans.renew(watched), loans.renew(watched)
    assert (again.action, again.reason, again.version) == ("withdraw", first.reason, "1")
    assert loans.renew(watched, "look-2").action == "nothing"
    assert noted(loans) == ["promoted", "withdrawn"]


def test_an_expired_version_ends_at_a_look_at_the_past_too(tmp_path: Path) -> None:
    """The one look of a watch that was paused for weeks may be at one."""
    loans = aged(tmp_path, "withdraw")
    watched = loans.look()
    past = watched.model_copy(update={"start": NOW - timedelta(days=9), "end": NOW - timedelta(days=8)})
    assert loans.renew(past).action == "withdraw"


def test_a_monthly_look_is_no_look_at_the_past_for_a_month(tmp_path: Path) -> None:
    loans = drifted(tmp_path)
    watched = loans.look()
    monthly = watched.model_copy(update={"start": NOW - timedelta(days=32), "end": NOW - timedelta(days=2)})
    assert loans.renew(monthly).action == "retrain"


def test_people_are_asked_about_an_expired_version_once(tmp_path: Path) -> None:
    loans = aged(tmp_path, "recertify")
    watched = loans.look()
    made = loans.renew(watched)
    assert made.action == "recertify"
    assert made.run.startswith(f"recertify__v1__{OLD:%Y%m%d}")
    loans.runs[f"{NAME}.recertify", made.run] = "running"
    assert loans.renew(watched, "look-2").action == "wait"
    assert loans.clients.models.champion(NAME)


def test_a_version_that_is_kept_alarms_and_serves_on(tmp_path: Path) -> None:
    loans = aged(tmp_path, "keep")
    watched = loans.look()
    assert [one.cause for one in watched.alarms] == ["age"]
    assert loans.renew(watched).action == "nothing"
    assert loans.clients.models.champion(NAME)


def test_a_history_that_cannot_be_written_starts_nothing(tmp_path: Path) -> None:
    loans = drifted(tmp_path)
    watched = loans.look()
    models = loans.clients.models
    real = models.add_history

    def down(*_: object) -> None:
        raise ConnectionError("MLflow is down")

    models.add_history = down  # type: ignore[method-assign,assignment]
    with pytest.raises(ConnectionError):
        loans.renew(watched)
    models.add_history = real  # type: ignore[method-assign]
    assert loans.renew(watched).action == "retrain"
    assert noted(loans) == ["promoted", "renewed"]


def test_a_look_that_failed_once_still_leads_to_one_run(tmp_path: Path) -> None:
    loans = drifted(tmp_path)
    failing(loans, "upload", ConnectionError("killed"))
    with pytest.raises(ConnectionError):
        loans.look()
    assert loans.renew(loans.look()).run == "renewal__look-1"
