"""The last look at an event: what the provider's facets keep and lose, and what code has said that nobody may read."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from openlineage.client.serde import Serde

from golden_paths.lineage import redact
from golden_paths.lineage.names import feature_view
from golden_paths.lineage.touched import Dataset, Touched
from golden_paths.record import Check
from lineage_events import event, run_id

RUN = {
    "airflow": {
        "_producer": "https://p",
        "_schemaURL": "https://s",
        "dag": {"dag_id": "churn", "owner": "growth", "params": "secret", "fileloc": "/home/me/churn.yaml"},
        "dagRun": {"run_id": "run-1", "conf": {"token": "secret"}, "note": "secret"},
        "task": {
            "task_id": "train",
            "operator_class": "TrainModelOperator",
            "env_vars": "secret",
            "executor_config": "secret",
        },
        "taskInstance": {"try_number": 1, "rendered": "secret"},
        "taskUuid": "1",
        "taskParams": "secret",
    },
    "airflowDagRun": {
        "_producer": "https://p",
        "dag": {"dag_id": "churn"},
        "dagRun": {"conf": {"token": "secret"}, "run_id": "run-1"},
    },
    "errorMessage": {
        "_producer": "https://p",
        "message": "it failed",
        "programmingLanguage": "python",
        "stackTrace": "secret",
    },
    "environmentVariables": {"environmentVariables": [{"name": "A", "value": "secret"}]},
    "unknownSourceAttribute": {"unknownItems": ["secret"]},
    "debug": {"packages": "secret"},
    "goldenPaths_spec": {"model": "churn", "digest": "d"},
    "parent": {"run": {"runId": "1"}},
}
KEPT = {
    "airflow": {
        "_producer": "https://p",
        "_schemaURL": "https://s",
        "dag": {"dag_id": "churn", "owner": "growth"},
        "dagRun": {"run_id": "run-1"},
        "task": {"task_id": "train", "operator_class": "TrainModelOperator"},
        "taskInstance": {"try_number": 1},
        "taskUuid": "1",
    },
    "airflowDagRun": {"_producer": "https://p", "dag": {"dag_id": "churn"}, "dagRun": {"run_id": "run-1"}},
    "errorMessage": {"_producer": "https://p", "message": "it failed", "programmingLanguage": "python"},
    "goldenPaths_spec": {"model": "churn", "digest": "d"},
    "parent": {"run": {"runId": "1"}},
}


@pytest.fixture(autouse=True)
def _nothing_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "_hidden", set())


def said(**run: Any) -> dict[str, Any]:
    one = event("churn.train", "FAIL", 1, ["canary-set"], ["canary-set"])
    one["run"]["facets"] = run
    return one


def test_of_the_providers_facets_what_names_a_run_is_kept_and_nothing_else() -> None:
    assert redact.clean(said(**copy.deepcopy(RUN)))["run"]["facets"] == KEPT


def test_source_code_and_task_trees_are_not_kept() -> None:
    one = said()
    one["job"]["facets"] = {
        "sourceCode": {"sourceCode": "secret"},
        "airflow": {"_producer": "https://p", "tasks": {"train": {"operator": "secret"}}, "taskGroups": {}},
        "documentation": {"description": "A step."},
    }
    kept = {"airflow": {"_producer": "https://p", "taskGroups": {}}, "documentation": {"description": "A step."}}
    assert redact.clean(one)["job"]["facets"] == kept


def test_what_is_to_be_hidden_is_unreadable_in_what_code_has_said_and_in_no_name() -> None:
    redact.hide([{"token": "canary-set", "deep": {"list": ["canary-deep"]}}, "short", None, 7])
    one = said(
        errorMessage={"message": "canary-set and canary-deep and short", "programmingLanguage": "python"},
        goldenPaths_gates={"gates": [{"name": "g", "value": "canary-deep", "threshold": "1", "verdict": "failed"}]},
    )
    one["inputs"][0]["inputFacets"] = {"dataQualityAssertions": {"assertions": [{"actual": "found canary-set"}]}}
    found = redact.clean(one)
    assert found["run"]["facets"]["errorMessage"]["message"] == "*** and *** and short"
    assert found["run"]["facets"]["goldenPaths_gates"]["gates"][0]["value"] == "***"
    assert found["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"] == [{"actual": "found ***"}]
    assert (found["inputs"][0]["name"], found["outputs"][0]["name"]) == ("canary-set", "canary-set")


SPELLINGS = {
    "Python": repr("it's \"canary\"\nset")[1:-1],
    "JSON": json.dumps("it's \"canary\"\nset")[1:-1],
    "a URL": "it%27s%20%22canary%22%0Aset",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_is_to_be_hidden_is_hidden_as_messages_quote_it(spelling: str) -> None:
    redact.hide(["it's \"canary\"\nset"])
    found = redact.clean(said(errorMessage={"message": f"cannot parse <{SPELLINGS[spelling]}>"}))
    assert found["run"]["facets"]["errorMessage"]["message"] == "cannot parse <***>"


def test_a_long_message_is_not_cut_through_what_is_to_be_hidden() -> None:
    redact.hide(["canary-set"])
    assert redact.said("x" * 15 + "canary-set", 20) == "x" * 15 + "***"
    assert redact.said("x" * 15 + "canary-set", 17) == "x" * 15 + "**"


def test_errors_gates_and_checks_are_cut_only_when_nothing_is_left_to_hide() -> None:
    from golden_paths.lineage import events, facets

    redact.hide(["canary-set"])
    ref = events.Ref(run_id("churn.train"), "churn.train", "golden-paths", "TASK")
    failed = events.event("FAIL", ref, None, Touched(), error=ValueError("x" * (events.SAID - 5) + "canary-set"))
    assert "canar" not in Serde.to_json(failed)
    check = Check(name="rows", passed=False, subject="view:orders", expected="", found="x" * (facets.SAID - 5) + "canary-set")
    told = facets.input_of(Dataset(feature_view("shop", "orders"), checks=(check,)))
    assert "canar" not in Serde.to_json(told)


@pytest.mark.parametrize(
    "broken", [{}, {"run": None, "job": None}, {"run": {"facets": None}}, {"run": {"facets": {"airflow": "x"}}}]
)
def test_an_event_of_another_shape_passes(broken: dict[str, Any]) -> None:
    redact.hide(["canary-set"])
    redact.clean(broken)
