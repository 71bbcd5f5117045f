"""The operator that asks whether a new version may serve: what becomes of each answer. On a real Airflow: test_approval.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from expiring import Shop
from golden_paths.artifacts import ModelVersion
from golden_paths.load import read_spec
from golden_paths.step import StepContext
from golden_paths_airflow.approval import ApproveVersionOperator
from projects import SPEC, make_project

POLICY = "risk: {high: {approval: {approvers: [ada, grace], people: 2, within: 2d}}}\n"
LATE = {"error": "The task timed out", "error_type": "timeout"}


class Attempt:
    """The first attempt of a task that may have others."""

    try_number, max_tries = 1, 2


class Asked:
    """Version 1 waits for two people."""

    def __init__(self, root: Path) -> None:
        for folder in ("shop", "project"):
            (root / folder).mkdir()
        self.shop, dags = Shop(root / "shop"), make_project(root / "project")
        (root / "project" / "include" / "policy.yaml").write_text(POLICY)
        (dags / "churn.yaml").write_text(SPEC)
        self.loaded, self.version = read_spec(dags / "churn.yaml"), self.shop.register("1")

    def answered(self, event: dict[str, Any], digest: str = "") -> Any:
        """What the task returns, or "asks" with those who may still answer."""
        task: Any = ApproveVersionOperator(task_id="approve", loaded=self.loaded)
        base = self.shop.context()
        made = {ModelVersion.name: self.version}
        task.seen = StepContext(self.loaded.spec, "d", self.loaded.project, base.run, base.clients, print, made)
        task._word = lambda seen, version: ["grace"]
        task.ask = lambda _, asked, may: ("asks", dict(asked), may)
        return task.execute_complete({"ti": Attempt()}, event, {"version": "1", "digest": digest or self.version.digest})


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def answer(option: str, by: str = "ada") -> dict[str, Any]:
    user = {"id": by, "name": by}
    return {"chosen_options": [option], "params_input": {"reason": "looked at it"}, "responded_by_user": user}


def test_two_yes_are_an_approval_and_one_asks_on(asked: Asked) -> None:
    identity = {"version": "1", "digest": asked.version.digest}
    assert asked.answered(answer("Approve")) == ("asks", identity, ["grace"])
    assert asked.answered(answer("Approve", by="mallory")) == ("asks", identity, ["grace"])
    made = asked.answered(answer("Approve", by="grace"))
    assert (made["how"], made["by"], made["why"]) == ("people", ["ada", "grace"], ["looked at it", "looked at it"])
    assert asked.shop.said() == [("approved", "1"), ("approved", "1")]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (answer("Reject"), "version 1 is rejected by ada: looked at it; what serves goes on serving"),
        (LATE, "version 1 is rejected: nobody answered within 2d; run the path again"),
    ],
    ids=["no", "no answer"],
)
def test_a_no_and_no_answer_reject_it(asked: Asked, event: dict[str, Any], words: str) -> None:
    with pytest.raises(AirflowFailException) as caught:
        asked.answered(event)
    assert str(caught.value) == words
    assert asked.shop.said() == [("rejected", "1")]


def test_an_answer_to_another_question_counts_for_nothing(asked: Asked) -> None:
    with pytest.raises(AirflowFailException, match="asked about was .* and this run now has"):
        asked.answered(answer("Approve"), digest="e" * 64)
    assert asked.shop.said() == []
