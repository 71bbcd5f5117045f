"""What follows from a look, decided from the model's history alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from golden_paths.history import Entry
from renewals import DAY, HOUR, START, Model


def test_an_alarm_asks_for_one_run_and_says_why() -> None:
    model = Model()
    made = model.look()
    assert (made.action, made.run, made.causes) == ("retrain", "renewal__look-1", ("drift",))
    assert made.reason == "drift: bmi differs"
    assert [(one.what, one.run, one.why) for one in model.entries] == [("renewed", made.run, "drift: bmi differs")]


def test_ten_looks_with_an_alarm_are_one_run() -> None:
    model = Model()
    first = model.look()
    rest = [model.look() for _ in range(9)]
    assert first.action == "retrain"
    assert {one.action for one in rest} == {"wait"}
    assert list(model.runs) == [("thing", first.run)]


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_run_that_waits_for_people_for_days_is_not_asked_for_twice(state: str) -> None:
    model = Model()
    made = model.look()
    model.runs["thing", made.run] = state
    later = model.look(later=5 * DAY)
    assert (later.action, later.reason) == ("wait", f"drift: bmi differs; {made.run} is {state}")


def test_killed_between_the_note_and_the_trigger_the_same_run_is_asked_for() -> None:
    model = Model()
    model.now, model.looks = START + HOUR, 1
    killed = model.again(is_killed=True)
    assert model.runs == {}
    retried = model.again()
    assert (retried.action, retried.run) == ("retrain", killed.run)
    assert [one.what for one in model.entries] == ["renewed"]
    assert model.look().action == "wait"


def test_a_killed_look_that_is_never_retried_is_made_up_for_by_the_next() -> None:
    model = Model()
    model.now, model.looks = START + HOUR, 1
    killed = model.again(is_killed=True)
    after = model.look()
    assert (after.action, after.run) == ("retrain", killed.run)
    assert [one.what for one in model.entries] == ["renewed"]


def test_cured_it_is_calm_and_the_next_drift_is_another_renewal() -> None:
    model = Model()
    model.ends(model.look())
    assert model.look({}, calm=("drift",)).action == "nothing"
    assert model.entries[-1].what == "calm"
    assert model.look({}, calm=("drift",)).action == "nothing"
    assert [one.what for one in model.entries] == ["renewed", "promoted", "calm"]
    assert model.look(later=2 * DAY).action == "retrain"


def test_after_a_cure_the_cool_down_still_holds() -> None:
    model = Model()
    model.ends(model.look())
    model.look({}, calm=("drift",))
    waiting = model.look(later=2 * HOUR)
    assert waiting.action == "wait"
    assert waiting.reason == "drift: bmi differs; cooling down until 2026-03-02T01:00:00+00:00"


def test_a_window_that_could_not_be_judged_is_no_cure() -> None:
    model = Model()
    model.ends(model.look())
    model.look({}, calm=())
    assert [one.what for one in model.entries] == ["renewed", "promoted"]


def test_a_retrain_that_does_not_cure_escalates_and_stops() -> None:
    model = Model()
    first = model.look()
    model.ends(first)
    second = model.look(later=2 * DAY)
    assert (second.action, second.is_news) == ("escalate", True)
    assert f"version 2, which {first.run} made for the same reason, alarms as well" in second.reason
    third = model.look(later=30 * DAY)
    assert (third.action, third.is_news) == ("escalate", False)
    assert len(model.runs) == 1


def test_an_escalation_that_was_killed_before_it_was_told_is_told_by_the_retry() -> None:
    model = Model()
    model.ends(model.look())
    second = model.look(later=2 * DAY)
    again = model.again()
    assert (again.action, again.is_news) == ("escalate", True)
    assert [one.what for one in model.entries].count("escalated") == 1
    assert second.is_news and not model.look().is_news


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_a_retry_of_the_look_that_asked_says_the_same_whatever_its_run_does(state: str) -> None:
    model = Model()
    asked = model.look()
    model.runs["thing", asked.run] = state
    again = model.again()
    assert (again.action, again.run) == ("retrain", asked.run)
    assert model.look().action == "wait"
    assert [one.what for one in model.entries] == ["renewed"]


def test_another_cause_on_the_renewed_version_is_no_failed_cure() -> None:
    model = Model()
    model.ends(model.look())
    assert model.look({"performance": "roc_auc 0.6"}, later=2 * DAY).action == "retrain"


@pytest.mark.parametrize("state", ["failed", "success"])
def test_a_run_that_made_no_champion_escalates_after_the_cool_down(state: str) -> None:
    model = Model()
    made = model.look()
    model.runs["thing", made.run] = state
    assert model.look().action == "wait"
    late = model.look(later=DAY)
    assert late.action == "escalate"
    assert f"{made.run} ended as {state}, and no new champion came of it" in late.reason
    assert len(model.runs) == 1


def test_somebodys_own_champion_ends_an_escalation() -> None:
    model = Model()
    made = model.look()
    model.ends(made, "failed")
    assert model.look(later=2 * DAY).action == "escalate"
    model.promote("manual__1")
    assert model.look(later=DAY).action == "retrain"


def test_calm_ends_an_escalation() -> None:
    model = Model()
    model.ends(model.look(), "failed")
    model.look(later=2 * DAY)
    model.look({}, calm=("drift",))
    assert [one.what for one in model.entries] == ["renewed", "escalated", "calm"]
    assert model.look(later=2 * DAY).action == "retrain"


def test_the_budget_holds_however_often_it_is_cured() -> None:
    model = Model()
    for _ in range(3):
        model.ends(model.look(later=2 * DAY))
        model.look({}, calm=("drift",))
    fourth = model.look(later=2 * DAY)
    assert fourth.action == "escalate"
    assert "retrain.at_most 3 per 30d is used up" in fourth.reason
    model.look({}, calm=("drift",))
    assert model.look(later=30 * DAY).action == "retrain"


def test_all_of_it_is_the_same_after_a_restart() -> None:
    """Nothing but history and Airflow's runs is asked."""
    model = Model()
    model.ends(model.look(), "failed")
    restarted = replace(model, entries=[Entry.model_validate_json(one.text) for one in model.entries])
    for one in (model, restarted):
        one.look()
    assert model.look(later=2 * DAY) == restarted.look(later=2 * DAY)


def test_an_alarm_that_the_spec_does_not_retrain_on_starts_nothing() -> None:
    assert Model().look({"contract": "bmi is negative"}).action == "nothing"
    assert Model(section=None).look().action == "nothing"


def test_a_reason_fits_into_a_tag() -> None:
    made = Model().look({"drift": "x" * 5000})
    assert len(made.reason) == 1000
