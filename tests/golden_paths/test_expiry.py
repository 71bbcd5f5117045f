"""When a version has served long enough, and what then becomes of it. On fakes that are held to MLflow and to real targets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from expiring import DAY, NOON, Shop, pass_days
from golden_paths import approval, expiry, history
from golden_paths.errors import NotApproved, StepFailed


class Killed(BaseException):
    """The process is gone: nothing after it runs."""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets how many days have passed since noon of the first day."""

    pass_days(monkeypatch, 0)
    return partial(pass_days, monkeypatch)


GONE = ((None, "it is 31 days old"), None, "withdrawn", "it is 31 days old", [("promoted", "1"), ("withdrawn", "1")])


def test_what_is_withdrawn_answers_with_the_reason_and_is_the_champion_no_more(shop: Shop) -> None:
    version = shop.register("1")
    shop.promote(version)
    entry = shop.withdraw(version)
    assert (entry.by, entry.run, entry.why) == ("the watch", "watch-1", "it is 31 days old")
    assert shop.everything() == GONE
    assert shop.withdraw(version, "it is 32 days old", run="watch-2") == entry
    assert (shop.everything(), list(history.faults(shop.models, "churn"))) == (GONE, [])


@pytest.mark.parametrize("is_done", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("how", ["repeated", "resumed"])
@pytest.mark.parametrize("deed", ["withdraw", "remove_alias", "status", "add_history", "tag of the history"])
def test_killed_anywhere_and_repeated_it_ends_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, deed: str, is_done: bool, how: str
) -> None:
    version = shop.register("1")
    shop.promote(version)
    where: Any = shop.served if deed == "withdraw" else shop.models
    tag = {"status": "golden_paths.status", "tag of the history": history.HASH}.get(deed)
    name = "tag_version" if tag else deed
    real = getattr(where, name)

    def killed(*given: Any, **more: Any) -> Any:
        if tag and tag not in given[2]:
            return real(*given, **more)
        if is_done:
            real(*given, **more)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(where, name, killed)
        with pytest.raises(Killed):
            shop.withdraw(version)
    answers = shop.served.serving("churn") is not None
    assert answers == (deed == "withdraw" and not is_done)  # the address is the first to know
    if how == "repeated":
        shop.withdraw(version, "it is 32 days old", run="watch-2")
    else:
        is_complete = deed == "tag of the history" and is_done
        assert (expiry.resume(shop.clients, shop.spec) is None) == is_complete  # type: ignore[arg-type]
    assert expiry.resume(shop.clients, shop.spec) is None  # type: ignore[arg-type]
    assert (shop.everything(), list(history.faults(shop.models, "churn"))) == (GONE, [])


def test_what_was_begun_on_an_earlier_life_is_not_resumed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    version = shop.register("1")
    shop.promote(version)
    shop.withdraw(version)
    shop.note("approved", version)
    shop.promote(version, "run-2")
    assert expiry.resume(shop.clients, shop.spec) is None  # type: ignore[arg-type]
    found = shop.served.serving("churn")
    assert found and found.version == "1"


def test_a_version_that_another_has_followed_is_left_alone(shop: Shop) -> None:
    old, new = shop.register("1"), shop.register("2")
    for version in (old, new):
        shop.promote(version)
    with pytest.raises(expiry.Superseded) as caught:
        shop.withdraw(old)
    remedy = "nothing is done; decide on what serves"
    assert str(caught.value) == f"version 1 of churn is superseded: version 2 serves; {remedy}"
    with pytest.raises(expiry.Superseded):
        expiry.recertified(shop.models, old, run="r", by="ada", why="good")
    shop.withdraw(new)
    with pytest.raises(expiry.Superseded, match="no version is the champion"):
        shop.withdraw(old)
    assert shop.said() == [("promoted", "1"), ("promoted", "2"), ("withdrawn", "2")]


def test_a_version_that_is_promoted_in_this_moment_keeps_its_address_and_its_alias(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = shop.register("1"), shop.register("2")
    shop.promote(old)
    real = shop.served.withdraw

    def overtaken(*given: Any, **more: Any) -> bool:
        shop.promote(new)
        return real(*given, **more)

    monkeypatch.setattr(shop.served, "withdraw", overtaken)
    with pytest.raises(expiry.Superseded):
        shop.withdraw(old)
    found = shop.served.serving("churn")
    assert (found and found.version, shop.models.models["churn"].aliases["champion"]) == ("2", "2")
    assert shop.said() == [("promoted", "1"), ("promoted", "2")]


def test_a_stopped_or_missing_endpoint_is_no_reason_to_keep_the_alias(shop: Shop) -> None:
    version = shop.register("1")
    shop.models.set_alias("churn", "champion", "1")
    shop.withdraw(version)
    assert (shop.models.champion("churn"), shop.said()) == (None, [("withdrawn", "1")])


def test_a_withdrawn_version_serves_again_only_when_somebody_approves_it_again(shop: Shop) -> None:
    version = shop.register("1")
    shop.hold(version)
    shop.promote(version)
    shop.withdraw(version)
    with pytest.raises(NotApproved, match="version 1 of churn was withdrawn, and nobody has approved it since"):
        shop.hold(version)
    shop.hold(shop.register("2"))
    shop.note("approved", version, by="grace")
    shop.hold(version)
    shop.promote(version, "run-2")
    assert shop.withdraw(version, "again", run="watch-2").number == 5
    with pytest.raises(NotApproved):
        shop.hold(version)


def test_what_was_approved_before_it_was_withdrawn_does_not_count_any_more(shop: Shop) -> None:
    shop.policy("risk: {limited: {approval: {approvers: [ada, grace]}}}\n")
    version = shop.register("1")
    shop.note("approved", version)
    assert [one.by for one in approval.given(shop.models, version)] == ["ada"]
    shop.promote(version)
    shop.withdraw(version)
    assert approval.given(shop.models, version) == []


def test_a_life_begins_with_the_promotion_and_anew_when_it_is_certified(shop: Shop, clock: Callable[[int], None]) -> None:
    first, second = shop.register("1"), shop.register("2")
    assert expiry.started_at(shop.models, "churn", first) is None
    for day, version in ((0, first), (3, second), (5, first)):  # it comes back, and is as old as it is
        clock(day)
        shop.promote(version, f"run-{day}")
    assert expiry.started_at(shop.models, "churn", first) == NOON
    assert expiry.started_at(shop.models, "churn", second) == NOON + 3 * DAY
    clock(20)
    entry = expiry.recertified(shop.models, first, run="r", by="ada", why="looked at it")
    assert expiry.recertified(shop.models, first, run="r", by="ada", why="looked at it") == entry
    assert expiry.started_at(shop.models, "churn", first) == NOON + 20 * DAY
    assert expiry.started_at(shop.models, "churn", first.model_copy(update={"digest": "e" * 64})) is None


def test_after_a_withdrawal_it_begins_with_the_next_promotion(shop: Shop, clock: Callable[[int], None]) -> None:
    version = shop.register("1")
    shop.promote(version)
    clock(31)
    shop.withdraw(version)
    assert expiry.started_at(shop.models, "churn", version) == NOON
    shop.note("approved", version)
    clock(32)
    shop.promote(version, "run-2")
    assert expiry.started_at(shop.models, "churn", version) == NOON + 32 * DAY


def test_a_certificate_that_was_written_by_hand_does_not_make_it_younger(shop: Shop, clock: Callable[[int], None]) -> None:
    version = shop.register("1")
    shop.promote(version)
    kept = history.entries(shop.models, "churn")[-1]
    forged = kept.model_copy(update={"number": 2, "what": "recertified", "before": kept.hash, "at": NOON + 20 * DAY})
    shop.models.add_history("churn", 2, forged.text)
    assert expiry.started_at(shop.models, "churn", version) == NOON


AGES: dict[str, tuple[timedelta | None, timedelta | None, bool, bool]] = {
    "young": (10 * DAY, 30 * DAY, False, False),
    "nearly": (25 * DAY, 30 * DAY, False, True),
    "to the second": (30 * DAY, 30 * DAY, False, True),
    "over": (30 * DAY + timedelta(seconds=1), 30 * DAY, True, True),
    "from the future": (-DAY, 30 * DAY, False, False),
    "nobody knows": (None, 30 * DAY, False, True),
    "no bound": (999 * DAY, None, False, False),
}


@pytest.mark.parametrize("case", AGES)
def test_it_expires_when_it_is_older_than_max_age(case: str) -> None:
    age, max_age, has_expired, is_due = AGES[case]
    started = None if age is None else NOON - age
    assert (expiry.has_expired(started, max_age, NOON), expiry.is_due(started, max_age, NOON)) == (has_expired, is_due)


def test_a_rollback_is_refused_to_what_was_withdrawn_or_has_expired(shop: Shop, clock: Callable[[int], None]) -> None:
    version, later = shop.register("1"), NOON + 31 * DAY
    shop.promote(version)
    for max_age, now in ((None, later), (40 * DAY, later), (30 * DAY, NOON)):
        assert expiry.refusal(shop.models, "churn", version, max_age, now) is None
    said = "has expired: it began to serve on 2026-01-01 12:00 UTC, and monitor.max_age is 30d"
    assert expiry.refusal(shop.models, "churn", version, 30 * DAY, later) == said
    shop.withdraw(version, "the data were wrong")
    assert expiry.refusal(shop.models, "churn", version, None, NOON) == "was withdrawn: the data were wrong"


def test_the_policy_says_what_becomes_of_it_and_without_one_it_is_kept(shop: Shop) -> None:
    assert expiry.rule_of(shop.spec, shop.project) == "keep"
    shop.policy("risk: {limited: {expiry: withdraw}}\n")
    assert expiry.rule_of(shop.spec, shop.project) == "withdraw"


def test_nothing_is_withdrawn_without_a_reason(shop: Shop) -> None:
    version = shop.register("1")
    shop.promote(version)
    with pytest.raises(StepFailed, match="a version is withdrawn for a reason, and none was given; say why"):
        shop.withdraw(version, "  ")
    assert shop.models.champion("churn") == version
