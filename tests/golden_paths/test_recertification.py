"""Who is asked whether a version may serve on, what they see, and what their answer does."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from expiring import DAY, NOON, Shop, pass_days
from golden_paths import expiry, history, recertification
from golden_paths.artifacts import ModelVersion
from golden_paths.errors import NotApproved
from golden_paths.recertification import Certifying
from golden_paths.step import StepContext

POLICY = "risk: {{limited: {{expiry: recertify, approval: {{approvers: [ada, grace, linus], people: {people}}}}}}}\n"
LATER = NOON + 31 * DAY


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Version 1 serves since noon; 31 days have passed."""
    shop = Shop(tmp_path)
    shop.policy(POLICY.format(people=1))
    pass_days(monkeypatch, 0)
    shop.promote(shop.register("1"))
    pass_days(monkeypatch, 31)
    return shop


def context(shop: Shop, by: str = "eve") -> StepContext:
    return shop.context(max_age="30d", by=by)


def due(shop: Shop, days: int = 31) -> ModelVersion | None:
    return recertification.due(context(shop), NOON + days * DAY)


def certifying(shop: Shop, *said: tuple[str, str]) -> Certifying:
    version = due(shop)
    assert version
    return Certifying(version, recertification.rule_of(context(shop)), said)


def test_it_is_asked_about_the_version_that_serves_when_it_is_old_enough(shop: Shop) -> None:
    assert [due(shop, days) is not None for days in (0, 22, 23, 31)] == [False, False, True, True]
    shop.withdraw(shop.models.champion("churn"))  # type: ignore[arg-type]
    assert due(shop) is None


@pytest.mark.parametrize(
    ("by", "may"), [("eve", ["ada", "grace"]), ("ada", ["grace"])], ids=["the owner may not", "nor who asked for the run"]
)
def test_those_are_asked_who_may_approve(shop: Shop, by: str, may: list[str]) -> None:
    assert certifying(shop).left(context(shop, by)) == may


def test_too_few_people_are_an_error_and_no_silence(shop: Shop) -> None:
    shop.policy(POLICY.format(people=2))
    with pytest.raises(NotApproved, match="nobody is left to certify churn anew"):
        certifying(shop).left(context(shop, "ada"))
    shop.policy("risk: {limited: {expiry: withdraw}}\n")
    with pytest.raises(NotApproved, match="the policy asks nobody at risk limited"):
        recertification.rule_of(context(shop))


def test_a_yes_begins_a_new_life_of_these_bytes(shop: Shop) -> None:
    entry = recertification.certify(context(shop), certifying(shop, ("ada", "it still holds")))
    assert entry and (entry.what, entry.by, entry.why, entry.digest) == ("recertified", "ada", "it still holds", shop.digest)
    version = shop.models.champion("churn")
    assert version and expiry.started_at(shop.models, "churn", version) == LATER
    assert due(shop) is None
    assert (list(history.faults(shop.models, "churn")), shop.served.withdrawn("churn")) == ([], "")


def test_of_two_people_one_is_not_enough(shop: Shop) -> None:
    shop.policy(POLICY.format(people=2))
    once, twice = certifying(shop, ("ada", "good")), certifying(shop, ("ada", "good"), ("ada", "very good"))
    assert [recertification.certify(context(shop), one) for one in (once, twice)] == [None, None]
    assert shop.said() == [("promoted", "1")]
    assert once.left(context(shop)) == ["grace"]
    entry = recertification.certify(context(shop), certifying(shop, ("ada", "good"), ("grace", "agreed")))
    assert entry and (entry.by, entry.why) == ("ada, grace", "good; agreed")


@pytest.mark.parametrize(
    ("by", "why", "reason"),
    [
        ("ada", "the clinic has moved", "not certified anew, by ada: the clinic has moved"),
        ("nobody", "nobody answered within 7d", "not certified anew: nobody answered within 7d"),
    ],
    ids=["a no", "no answer"],
)
def test_a_no_withdraws_it_everywhere(shop: Shop, by: str, why: str, reason: str) -> None:
    recertification.refuse(context(shop), certifying(shop).version, by=by, why=why)
    gone = ((None, reason), None, "withdrawn", reason, [("promoted", "1"), ("withdrawn", "1")])
    assert shop.everything() == gone
    assert history.entries(shop.models, "churn")[-1].by == by


def test_an_answer_on_a_version_that_another_has_followed_changes_nothing(shop: Shop) -> None:
    asked = certifying(shop, ("ada", "good"))
    shop.promote(shop.register("2"), "run-2")
    before = shop.everything()
    with pytest.raises(expiry.Superseded):
        recertification.certify(context(shop), asked)
    with pytest.raises(expiry.Superseded):
        recertification.refuse(context(shop), asked.version, by="ada", why="bad")
    assert shop.everything() == before


def test_they_see_its_age_its_gates_and_its_card_and_no_markup_of_others(shop: Shop) -> None:
    shop.models.tag_version("churn", "1", {history.GATES: json.dumps({"roc_auc": "0.81 (>= 0.75)", "a|b": "<i>"})})
    page = recertification.worded(context(shop), certifying(shop, ("ada", "[x](y)")), "http://mlflow:5000", LATER)
    assert "Version 1 serves, and it has served for 31 days; monitor.max_age is 30d." in page
    assert f"digest `{shop.digest}`" in page
    assert "[Model card](http://mlflow:5000/#/experiments/0/runs/1/artifacts/card/card.html)" in page
    assert "| roc\\_auc | 0.81 \\(\\>= 0.75\\) |" in page or "| roc_auc | 0.81 (>= 0.75) |" in page
    assert "<i>" not in page and "[x](y)" not in page
    shop.models.tag_version("churn", "1", {history.GATES: '{"roc...'})
    assert "the tag was too long for them" in recertification.worded(context(shop), certifying(shop), now=LATER)


def test_ages_are_told_in_their_largest_unit() -> None:
    ages = (timedelta(days=31), timedelta(hours=47), timedelta(minutes=119), timedelta(seconds=90), timedelta(seconds=-5))
    assert [expiry.age_text(age) for age in ages] == ["31 days", "47 hours", "119 minutes", "90 seconds", "0 seconds"]
