"""The operator that asks people: what becomes of each answer; and its DAG beside the spec's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, TaskAwaitingInput

from expiring import Shop, pass_days
from golden_paths.lineage.places import Places
from golden_paths.load import read_spec
from golden_paths_airflow.recertify_dag import is_recertified, recertify_dag
from projects import SPEC, make_project

POLICY = "risk: {{high: {{expiry: {expiry}, approval: {{approvers: [ada, grace], people: {people}, within: 2d}}}}}}\n"
LATE = {"error": "The task timed out", "error_type": "timeout"}
MONITOR = "monitor: {max_age: 30d}\n"


@dataclass(frozen=True)
class Context:
    """What a worker says that it is about to run."""

    dag_id: str
    task_id: str | None = None


def answer(option: str, by: str = "ada", why: str = "looked at it") -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": {"reason": why},
        "responded_by_user": {"id": by, "name": by},
    }


def written(root: Path, *, people: int = 1, expiry: str = "recertify") -> Path:
    dags = make_project(root)
    (root / "include" / "policy.yaml").write_text(POLICY.format(people=people, expiry=expiry))
    (dags / "churn.yaml").write_text(SPEC + MONITOR)
    return dags


class Asked:
    """Version 1 of churn is 31 days old, and people were asked about it."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, people: int = 1) -> None:
        (root / "shop").mkdir()
        self.shop = Shop(root / "shop")
        pass_days(monkeypatch, -3650)
        self.shop.promote(self.shop.register("1"))
        self.loaded = read_spec(written(root / "project", people=people) / "churn.yaml")
        self.asked: dict[str, Any] = {"version": "1", "digest": self.shop.digest, "said": []}

    def operator(self) -> Any:
        """As another process has it."""
        (task,) = recertify_dag(self.loaded).tasks
        seen = self.shop.context(max_age="30d")
        task.seen = type(seen)(self.loaded.spec, "d", self.loaded.project, seen.run, seen.clients, print)  # type: ignore[attr-defined]
        return task

    def answered(self, event: dict[str, Any]) -> Any:
        """What the task returns, or "asks" when it waits on, with what it then asks about."""
        task = self.operator()
        task.ask = lambda _, asked, may: ("asks", dict(asked), list(may))
        return task.execute_complete({}, event, self.asked)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    (tmp_path / "project").mkdir()
    return Asked(tmp_path, monkeypatch)


def test_a_yes_is_kept(asked: Asked) -> None:
    assert asked.answered(answer("Approve")) == {"outcome": "recertified", "version": "1", "by": "ada"}
    assert asked.shop.said() == [("promoted", "1"), ("recertified", "1")]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (answer("Reject", why="it has aged"), "not certified anew, by ada: it has aged"),
        (answer("Reject", why=""), "not certified anew, by ada: no reason given"),
        (LATE, "not certified anew: nobody answered within 2d"),
    ],
    ids=["no", "no, without a reason", "no answer"],
)
def test_a_no_and_no_answer_withdraw_it_and_fail_the_task(asked: Asked, event: dict[str, Any], reason: str) -> None:
    with pytest.raises(AirflowFailException, match=f"version 1 of churn is withdrawn: {reason}"):
        asked.answered(event)
    assert asked.shop.everything()[:4] == ((None, reason), None, "withdrawn", reason)
    assert asked.shop.said() == [("promoted", "1"), ("withdrawn", "1")]


@pytest.mark.parametrize("option", ["Approve", "Reject"])
def test_what_somebody_else_answers_does_not_count(asked: Asked, option: str) -> None:
    assert asked.answered(answer(option, by="mallory")) == ("asks", asked.asked, ["ada", "grace"])
    assert asked.shop.said() == [("promoted", "1")]


@pytest.mark.parametrize("event", [answer("Approve"), answer("Reject"), LATE], ids=["yes", "no", "no answer"])
def test_an_answer_that_comes_after_another_version_does_nothing(asked: Asked, event: dict[str, Any]) -> None:
    asked.shop.promote(asked.shop.register("2"), "run-2")
    assert asked.answered(event) == {"outcome": "superseded"}
    assert asked.shop.said() == [("promoted", "1"), ("promoted", "2")]
    assert asked.shop.served.withdrawn("churn") == ""


def test_two_people_are_asked_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    asked = Asked(tmp_path, monkeypatch, people=2)
    _, asked.asked, may = asked.answered(answer("Approve"))
    assert (asked.asked["said"], may) == ([["ada", "looked at it"]], ["grace"])
    assert asked.answered(answer("Approve", by="grace"))["by"] == "ada, grace"


def test_a_refusal_that_was_killed_is_finished_by_the_retry_and_nobody_is_asked_again(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(asked.shop.models, "remove_alias", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            asked.answered(answer("Reject", why="it has aged"))
    task = asked.operator()
    with pytest.raises(AirflowFailException, match="is withdrawn: not certified anew, by ada: it has aged"):
        task.execute({})
    assert asked.shop.said() == [("promoted", "1"), ("withdrawn", "1")]
    assert task.touched(task.seen, Places("")).parts[0].job == "withdraw"
    assert asked.operator().execute({}) == {"outcome": "nothing to do"}


def test_it_asks_with_the_version_in_its_words(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    task = asked.operator()

    def parked(*_: Any) -> None:
        raise TaskAwaitingInput(method_name="execute_complete", kwargs={}, timeout=None)

    monkeypatch.setattr("golden_paths_airflow.question.HITLOperator.execute", parked)
    with pytest.raises(TaskAwaitingInput) as waiting:
        task.execute({})
    assert waiting.value.kwargs == {"asked": asked.asked}
    assert (task.subject, [one["id"] for one in task.assigned_users]) == ("May version 1 of churn serve on?", ["ada", "grace"])
    assert asked.shop.digest in task.body and "monitor.max_age is 30d" in task.body


def dag_ids(dags: Path) -> set[str]:
    from golden_paths_airflow.dag_factory import load_dags

    return {dag.dag_id for dag in load_dags(dags)}


@pytest.mark.parametrize(
    ("expiry", "monitor", "ids"),
    [
        ("recertify", MONITOR, {"churn", "churn.watch", "churn.recertify"}),
        ("withdraw", MONITOR, {"churn", "churn.watch"}),
        ("recertify", "monitor: {freshness: 24h}\n", {"churn", "churn.watch"}),
        ("recertify", "", {"churn"}),
    ],
    ids=["with an age and people", "withdrawn without asking", "without an age", "not watched"],
)
def test_the_dag_is_there_where_people_are_asked(tmp_path: Path, expiry: str, monitor: str, ids: set[str]) -> None:
    dags = written(tmp_path, expiry=expiry)
    (dags / "churn.yaml").write_text(SPEC + monitor)
    assert dag_ids(dags) == ids
    assert is_recertified(read_spec(dags / "churn.yaml")) == ("churn.recertify" in ids)


def test_a_worker_finds_it_by_its_id_and_builds_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from golden_paths_airflow import dag_factory

    dags = written(tmp_path)
    for wanted, found in (("churn.recertify", {"churn.recertify"}), ("churn", {"churn"}), ("churn.other", set())):
        with monkeypatch.context() as patched:
            patched.setattr(dag_factory, "get_parsing_context", lambda wanted=wanted: Context(wanted))
            assert dag_ids(dags) == found


def test_it_asks_nobody_by_itself_and_is_not_paused(tmp_path: Path) -> None:
    dag: DAG = recertify_dag(read_spec(written(tmp_path) / "churn.yaml"))
    assert (dag.schedule, dag.is_paused_upon_creation, dag.max_active_runs) == (None, False, 1)
    assert [tuple(task.template_fields) for task in dag.tasks] == [()]
