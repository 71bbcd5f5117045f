"""Which version a rollback by hand goes to, and which it refuses, before anything on a cluster moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from fakes.models import FakeModelRegistry
from golden_paths import history
from golden_paths.errors import StepFailed
from golden_paths.rollout.release import Release
from golden_paths.rollout.rollback import _refusal, _wanted
from golden_paths.rollout.state import State
from releases import DIGEST, release

DAY = timedelta(days=1)
NOW = datetime.now(UTC)


class Kept:
    """The versions that are on the cluster."""

    def __init__(self, *releases: Release) -> None:
        self.releases = {one.content.version: one for one in releases}

    def release(self, version: str) -> Release | None:
        return self.releases.get(version)


class Served:
    """Versions 1, 2 and 3 served, each for ten days; 3 has the address."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.models, self.state = FakeModelRegistry(), None
        for number in ("1", "2", "3"):
            self.models.register("churn", uri="models:/m", run_id=number, tags={"golden_paths.digest": DIGEST})
            at = NOW - (40 - 10 * int(number)) * DAY
            monkeypatch.setattr(history, "datetime", type("Then", (), {"now": staticmethod(lambda _, at=at: at)}))
            history.add(self.models, "churn", history.Change("promoted", number, DIGEST, f"run-{number}", "ada"))
            self.state = State.after(self.state, release(version=number), at)

    def wanted(self, to: str | None = None, *, max_age: timedelta | None = None, gone: str = "") -> str:
        kept: Any = Kept(*(release(version=one, withdrawn="it lied" if one == gone else "") for one in "123"))
        assert self.state
        found = _wanted(kept, self.state, "churn", to, partial(_refusal, self.models, max_age))
        return found.content.version


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    return Served(monkeypatch)


def test_it_goes_to_the_one_before_or_to_the_one_that_was_named(served: Served) -> None:
    assert [served.wanted(), served.wanted("1"), served.wanted("3")] == ["2", "1", "3"]


def test_a_withdrawn_one_is_passed_over_and_refused_when_it_is_named(served: Served) -> None:
    assert served.wanted(gone="2") == "1"
    for to in ("2", "3"):
        with pytest.raises(StepFailed) as caught:
            served.wanted(to, gone=to)
        assert str(caught.value) == f"version {to} of churn was withdrawn: it lied; run the path again to make a new version"


def test_what_mlflow_says_is_withdrawn_is_refused_whatever_its_pods_say(served: Served) -> None:
    tags = {"golden_paths.status": "withdrawn", "golden_paths.reason": "it lied"}
    served.models.tag_version("churn", "2", tags)
    assert served.wanted() == "1"
    with pytest.raises(StepFailed, match="version 2 of churn was withdrawn: it lied"):
        served.wanted("2")


def test_one_that_is_too_old_is_refused_and_with_none_left_every_reason_is_given(served: Served) -> None:
    assert served.wanted(max_age=25 * DAY) == "2"
    with pytest.raises(StepFailed, match="version 1 of churn has expired: it began to serve on .*, and monitor.max_age is 25d"):
        served.wanted("1", max_age=25 * DAY)
    with pytest.raises(StepFailed) as caught:
        served.wanted(max_age=5 * DAY)
    assert str(caught.value).startswith("no version of churn that served before 3 may serve: version 2 has expired: ")
    assert "; version 1 has expired: " in str(caught.value)
