"""What becomes of a version that has expired: the policy's word comes first, and people are asked once."""

from __future__ import annotations

from renewals import DAY, DRIFT, Model

AGED = {"age": "31 d"}


def test_expired_and_kept_it_alarms_and_is_retrained() -> None:
    model = Model(max_age=30 * DAY)
    made = model.look(AGED, later=31 * DAY)
    assert (made.action, made.causes) == ("retrain", ("age",))


def test_expired_it_is_withdrawn_when_the_policy_says_so_whatever_goes_on() -> None:
    model = Model(max_age=30 * DAY, expiry="withdraw")
    model.look(DRIFT, later=29 * DAY)
    made = model.look(DRIFT | AGED, later=2 * DAY)
    assert (made.action, made.reason) == ("withdraw", "age: older than max_age 30d")


def test_before_it_expires_nothing_is_withdrawn() -> None:
    model = Model(max_age=30 * DAY, expiry="withdraw")
    assert model.look(AGED, later=29 * DAY).action == "retrain"


def test_people_are_asked_once_for_each_life_of_a_version() -> None:
    model = Model(max_age=30 * DAY, expiry="recertify")
    asked = model.look(AGED, later=31 * DAY)
    assert (asked.action, asked.run) == ("recertify", "recertify__v1__20260301T000000")
    assert model.look(AGED).action == "wait"
    model.runs["thing.recertify", asked.run] = "success"
    model.started = model.now
    assert model.look({}).action == "nothing"
    again = model.look(AGED, later=31 * DAY)
    assert again.action == "recertify"
    assert again.run != asked.run


def test_a_run_that_was_marked_and_certified_nothing_leads_to_another_question() -> None:
    model = Model(max_age=30 * DAY, expiry="recertify")
    asked = model.look(AGED, later=31 * DAY)
    model.runs["thing.recertify", asked.run] = "success"  # and nobody said yes: it is as old as before
    again = model.look(AGED)
    assert (again.action, again.run) == ("recertify", f"{asked.run}__2")
    assert model.look(AGED).action == "wait"
    model.runs["thing.recertify", again.run] = "failed"
    assert model.look(AGED).action == "withdraw"


def test_nobody_who_recertifies_it_ends_its_life() -> None:
    model = Model(max_age=30 * DAY, expiry="recertify")
    asked = model.look(AGED, later=31 * DAY)
    model.runs["thing.recertify", asked.run] = "failed"
    assert model.look(AGED).action == "withdraw"
