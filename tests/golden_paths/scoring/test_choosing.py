"""Which version may score an interval: that of its end, by the history, and none that may not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from fakes.models import FakeModelRegistry
from golden_paths.errors import StepFailed
from golden_paths.scoring import choosing
from scorers import MODEL, REST, day, note

NOT_NEWER = "run for an interval that ends later, or set score.newer_model: true to score it by the champion of now"


def registry(*moves: tuple[Any, ...]) -> FakeModelRegistry:
    """Moves are (what, version, day) and, if you like, why."""
    models = FakeModelRegistry()
    for number in ("1", "2", "3"):
        tags = {f"golden_paths.{name}": f"{name}-{number}" for name in REST} | {"golden_paths.digest": number * 64}
        models.register(MODEL, uri=f"models:/m-{number}", run_id=number, tags=tags)
    for what, version, at, *why in moves:
        note(models, what, version, version * 64, day(at), *why)
    return models


MOVES = (("promoted", "1", 2), ("rejected", "2", 3), ("promoted", "3", 4), ("rolled back", "1", 6))


@pytest.mark.parametrize(
    ("end", "newer", "version", "since"),
    [
        (day(2), False, "1", day(2)),
        (day(3.9), False, "1", day(2)),
        (day(4), False, "3", day(4)),
        (day(5.9), False, "3", day(4)),
        (day(8), False, "1", day(6)),
        (day(2), True, "1", day(6)),
        (day(1), True, "1", day(6)),
    ],
)
def test_an_interval_gets_the_champion_of_its_end(end: datetime, newer: bool, version: str, since: datetime) -> None:
    found, at = choosing.chosen(registry(*MOVES), MODEL, end, newer=newer)
    assert (found.version, found.digest, at) == (version, version * 64, since)


def refusal(models: FakeModelRegistry, end: datetime, *, newer: bool = False) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        choosing.chosen(models, MODEL, end, newer=newer)
    return caught.value


def test_before_the_first_promotion_nothing_scores_and_that_promotion_is_named() -> None:
    assert str(refusal(registry(*MOVES), day(1))) == (
        "no version of churn served at 2026-01-01T00:00:00+00:00: version 1 was its first, from 2026-01-02T00:00:00+00:00; "
        + NOT_NEWER
    )


def test_a_model_that_was_never_promoted_has_no_champion() -> None:
    assert str(refusal(registry(), day(1))) == (
        "no version of churn was ever promoted; run the path of the spec with name: churn, or correct score.model"
    )
    by_hand = registry()
    by_hand.set_alias(MODEL, "champion", "2")
    said = "version 2 of churn has the alias champion, and no promotion is in the model's history"
    assert said in str(refusal(by_hand, day(9)))


@pytest.mark.parametrize(
    ("status", "said"), [("rejected", "was rejected"), ("expired", "has expired"), ("withdrawn", "was withdrawn")]
)
@pytest.mark.parametrize("newer", [False, True])
def test_a_version_that_may_not_score_says_why(status: str, said: str, newer: bool) -> None:
    models = registry(("promoted", "1", 2))
    models.tag_version(MODEL, "1", {"golden_paths.status": status, "golden_paths.reason": "older than 30d"})
    assert str(refusal(models, day(3), newer=newer)) == (
        f"version 1 of churn {said} (older than 30d): it may not score; "
        "run the path of churn for a new version; score.newer_model: true lets that score this interval"
    )


def test_an_older_version_may_score_its_intervals_when_a_newer_one_was_rejected() -> None:
    models = registry(("promoted", "1", 2), ("promoted", "3", 4))
    models.tag_version(MODEL, "2", {"golden_paths.status": "rejected"})
    assert choosing.chosen(models, MODEL, day(3), newer=False)[0].version == "1"


@pytest.mark.parametrize("newer", [False, True])
def test_a_model_that_was_withdrawn_scores_nothing_not_even_older_intervals(newer: bool) -> None:
    models = registry(("promoted", "1", 2), ("withdrawn", "1", 5, "past its max_age"))
    del models.models[MODEL].aliases["champion"]
    assert str(refusal(models, day(3), newer=newer)) == (
        "churn was withdrawn at 2026-01-05T00:00:00+00:00 (past its max_age): none of its versions may score; "
        "run the path of churn to promote a new version"
    )


def test_an_interval_that_ended_while_the_model_was_withdrawn_has_no_champion() -> None:
    models = registry(("promoted", "1", 2), ("withdrawn", "1", 5), ("promoted", "2", 7))
    problem = "no version of churn served at 2026-01-06T00:00:00+00:00: it was withdrawn at 2026-01-05T00:00:00+00:00; "
    assert str(refusal(models, day(6))) == problem + NOT_NEWER
    assert choosing.chosen(models, MODEL, day(6), newer=True)[0].version == "2"


def test_an_alias_that_was_moved_by_hand_and_an_altered_entry_stop_everything_and_are_worth_another_try() -> None:
    moved = registry(*MOVES)
    moved.set_alias(MODEL, "champion", "2")
    assert "by entry 4 it is version 1: the alias was moved by hand" in str(refused := refusal(moved, day(3)))
    assert refused.retry  # a promotion that is on its way looks the same
    gone = registry(("promoted", "1", 2))
    del gone.models[MODEL].aliases["champion"]
    assert "the champion is no version" in str(refusal(gone, day(3)))
    altered = registry(*MOVES)
    entry = altered.models[MODEL].history[3]
    altered.models[MODEL].history[3] = entry.replace("2026-01-04", "2026-01-03")
    assert "one of them was altered" in str(refusal(altered, day(3.5)))


def test_a_version_that_is_another_than_was_promoted_is_refused() -> None:
    models = registry(("promoted", "1", 2), ("promoted", "3", 4))
    models.tag_version(MODEL, "1", {"golden_paths.digest": "f" * 64})
    assert str(refusal(models, day(3))) == (
        "version 1 of churn in MLflow is not the one that was promoted at 2026-01-02T00:00:00+00:00; "
        "look at what was changed: python -m golden_paths history churn"
    )
