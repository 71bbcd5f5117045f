"""watch: one look at a model that serves, over a real log."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from golden_paths.errors import StepFailed
from golden_paths.serve.metrics import Metrics
from golden_paths.serve.status import Identity
from watching import HOUR, NAME, NOW, Loans, alarms, applicants, failing


def test_without_a_champion_there_is_nothing_to_watch(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    made = loans.look()
    assert (made.version, made.rows, made.verdicts) == ("", 0, ())
    assert loans.said == [f"no version of {NAME} serves: there is nothing to watch"]


def test_traffic_like_the_training_set_is_quiet_and_the_look_is_kept(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    loans.promote()
    loans.answers(applicants(1000, 7))
    made = loans.look()
    assert (made.rows, made.version, made.alarms, made.news) == (1000, "1", (), ())
    assert made.calm == ("drift",)
    run = loans.clients.tracking.runs[made.mlflow_run_id]
    assert (run.experiment, run.status, run.tags["golden_paths.verdict"]) == (f"{NAME}.watch", "FINISHED", "quiet")
    assert run.metrics["rows"] == 1000
    assert 0 <= run.metrics["drift.income"] < 0.1
    page = (loans.clients.tracking.folder / made.mlflow_run_id / "watch" / "watch.html").read_text()
    assert "No alarm." in page and "income: no significant drift" in page and "data:image/png;base64," in page
    assert any("no alarm; report runs:/" in line for line in loans.said)


def test_traffic_that_shifted_alarms_once_and_is_news_once(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    loans.promote()
    loans.answers(applicants(1000, 7, richer=0.8))
    made = loans.look()
    words = alarms(made)["drift"]
    assert any(one.startswith("income has drifted: cumulative shares differ by up to 0.3") for one in words)
    assert any(one.startswith("the prediction has drifted") for one in words)
    assert not any("region" in one for one in words)
    assert (made.calm, made.news) == ((), ("drift",))
    assert loans.look("look-2").news == ()


def test_a_retried_look_is_the_same_look(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    loans.promote()
    loans.answers(applicants(1000, 7, richer=0.8))
    first = loans.look()
    assert loans.look() == first
    assert [run.experiment for run in loans.clients.tracking.runs.values()].count(f"{NAME}.watch") == 1


@pytest.mark.parametrize("verb", ["run", "metrics", "upload", "tag", "finish"])
def test_killed_half_way_and_retried_it_leaves_one_look(tmp_path: Path, verb: str) -> None:
    loans = Loans(tmp_path)
    loans.promote()
    loans.answers(applicants(1000, 7, richer=0.8))
    failing(loans, verb, ConnectionError("killed"))
    with pytest.raises(ConnectionError):
        loans.look()
    made = loans.look()
    assert made.news == ("drift",)
    assert [run.experiment for run in loans.clients.tracking.runs.values()].count(f"{NAME}.watch") == 1


def test_too_few_rows_are_said_and_are_no_alarm_and_no_all_clear(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    loans.promote()
    loans.answers(applicants(299, 7, richer=3))
    made = loans.look()
    assert (made.rows, made.alarms, made.calm) == (299, (), ())
    assert "income: too few rows to look for drift, 299 have a value and 300 are needed" in [one.words for one in made.verdicts]


def test_only_what_this_version_answered_in_the_window_counts(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    before = loans.promote("first")
    loans.promote("second")
    loans.answers(applicants(1000, 7))
    loans.answers(applicants(1000, 8, richer=3), version=before)
    champion = loans.clients.models.champion(NAME)
    assert champion
    loans.answers(applicants(1000, 8, richer=3), version=champion.model_copy(update={"digest": "another"}))
    loans.answers(applicants(1000, 8, richer=3), at=NOW - 2 * HOUR)
    made = loans.look()
    assert (made.rows, made.version, made.alarms) == (1000, "2", ())


def test_a_window_is_the_same_in_every_zone(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    loans.promote()
    loans.answers(applicants(1000, 7))
    there = ZoneInfo("Australia/Lord_Howe")
    made = loans.look(end=NOW.astimezone(there), start=(NOW - HOUR).astimezone(there))
    assert (made.rows, made.start, made.end) == (1000, NOW - HOUR - timedelta(minutes=1), NOW - timedelta(minutes=1))


def test_a_profile_that_was_altered_stops_the_look(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    version = loans.promote()
    file = loans.clients.tracking.folder / version.mlflow_run_id / "evaluation" / "reference.json"
    file.write_text(file.read_text().replace('"rows":4000', '"rows":3999'))
    with pytest.raises(StepFailed, match="was registered"):
        loans.look()


def test_a_version_from_before_there_were_profiles_is_not_judged_and_says_so(tmp_path: Path) -> None:
    loans = Loans(tmp_path, bias="inherit", performance="inherit")
    loans.promote(profiled=False)
    loans.answers(applicants(1000, 7, richer=3))
    made = loans.look()
    assert (made.alarms, made.calm) == ((), ())
    assert {one.cause for one in made.verdicts} == {"drift", "bias", "performance"}
    assert all("no reference profile was frozen with this version" in one.words for one in made.verdicts)


def test_a_live_input_that_breaks_the_contract_alarms_and_tells_no_sensitive_value(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    loans.contract()
    loans.promote()
    frame = applicants(1000, 7)
    frame.loc[:2, "income"] = -5.0
    loans.answers(frame)
    [words] = alarms(loans.look())["contract"]
    assert words.startswith("contract: income (range): expected from 0 to 500, found 3 of 1000 rows, with -5 to -5")
    loans.answers(applicants(1000, 8), at=NOW + 0.5 * HOUR)
    quiet = loans.look("look-2", end=NOW + HOUR, start=NOW)
    assert "contract: 2 columns are kept in all 1000 rows" in [one.words for one in quiet.verdicts]


def test_a_category_never_seen_alarms_as_drift(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    loans.promote()
    frame = applicants(1000, 7)
    frame.loc[:29, "region"] = "moon"
    loans.answers(frame)
    assert any("region: 1 unknown category ('moon') in 30 of 1,000 rows" in words for words in alarms(loans.look())["drift"])


def test_features_that_went_missing_alarm(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    loans.promote()
    frame = applicants(1000, 7)
    frame["region"] = frame["region"].where(np.arange(1000) % 3 > 0)
    loans.answers(frame)
    assert any("region has drifted" in words and "are missing" in words for words in alarms(loans.look())["drift"])


@pytest.mark.parametrize("rule", ["hash", "leave_out", "keep"])
def test_a_sensitive_feature_is_watched_as_the_policy_lets_it_be_known(tmp_path: Path, rule: str) -> None:
    loans = Loans(tmp_path, bias=None)
    loans.policy(f"predictions: {{sensitive: {rule}}}\n")
    loans.promote()
    frame = applicants(1000, 7)
    loans.answers(frame if rule != "leave_out" else frame.drop(columns="sex"))
    assert loans.look().alarms == ()
    loans.answers(frame.assign(sex=1) if rule != "leave_out" else frame.drop(columns="sex"), at=NOW + 0.5 * HOUR)
    made = loans.look("look-2", end=NOW + HOUR, start=NOW)
    assert bool(made.alarms) == (rule != "leave_out")


@pytest.mark.parametrize(("before", "after"), [("hash", "keep"), ("keep", "hash"), ("hash", "leave_out")])
def test_a_policy_that_changes_how_sensitive_values_are_told_is_no_drift(tmp_path: Path, before: str, after: str) -> None:
    loans = Loans(tmp_path)
    loans.policy(f"predictions: {{sensitive: {before}}}\n")
    loans.promote()
    loans.policy(f"predictions: {{sensitive: {after}}}\n")
    frame = applicants(1000, 7)
    loans.answers(frame if after != "leave_out" else frame.drop(columns="sex"))
    made = loans.look()
    assert made.alarms == ()
    page = (loans.clients.tracking.folder / made.mlflow_run_id / "watch" / "watch.html").read_text()
    assert "sex is not compared: " in page


@pytest.mark.parametrize(("days", "state"), [(1, None), (25, "expires"), (31, "expired")])
def test_an_old_version_alarms_before_it_expires(tmp_path: Path, days: int, state: str | None) -> None:
    loans = Loans(tmp_path, max_age="30d", drift=None)
    loans.promote(at=NOW - timedelta(days=days))
    made = loans.look()
    assert [f"{state} 2" in one.words for one in made.alarms] == ([True] if state else [])


def test_features_that_were_not_refreshed_alarm(tmp_path: Path) -> None:
    loans = Loans(tmp_path, freshness="24h", drift=None)
    loans.promote()
    times = pd.to_datetime(pd.Series([NOW - timedelta(days=3)]))
    pd.DataFrame({"loan": [1], "income": [1.0], "event_timestamp": times}).to_parquet(tmp_path / "views" / "incomes.parquet")
    loans.clients.store.materialize("loan_v1", start=None, end=NOW)
    [words] = alarms(loans.look())["freshness"]
    assert words.startswith("freshness: incomes: its newest row is 3 d")


def test_errors_since_the_look_before_alarm(tmp_path: Path) -> None:
    loans = Loans(tmp_path, errors="1%", latency="1s", drift=None)
    loans.promote()
    metrics = Metrics(Identity(NAME, "1", "d", "r", "t"))

    def answered(count: int, status: int) -> None:
        for _ in range(count):
            with metrics.measured("/predict") as call:
                call.status = status
        loans.clients.served.measured = {"process 1": metrics.text().decode()}

    answered(100, 500)
    first = loans.look()
    assert alarms(first)["errors"][0].startswith("errors: 100.00% of 100 answers")
    answered(300, 200)
    second = loans.look("look-2")
    assert (second.alarms, set(second.calm)) == ((), {"errors", "latency"})
    assert any(one.words.startswith("errors: 0.00% of 300 answers") for one in second.verdicts)
    again = loans.look("look-2")
    assert [one.words for one in again.verdicts] == [one.words for one in second.verdicts]


def test_what_was_found_is_kept_as_data_too(tmp_path: Path) -> None:
    loans = Loans(tmp_path)
    loans.promote()
    loans.answers(applicants(1000, 7, richer=0.8))
    made = loans.look()
    kept = json.loads((loans.clients.tracking.folder / made.mlflow_run_id / "watch" / "findings.json").read_text())
    assert [one["title"] for one in kept][:2] == ["Drift", "Unknown categories"]
