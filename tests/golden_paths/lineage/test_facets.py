"""The events of a whole run: valid against the standard's schemas and ours, small, and without what must not leave."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from openlineage.client.serde import Serde

from golden_paths.errors import GateFailed, StepFailed
from golden_paths.lineage import by_hand, facets
from golden_paths.lineage.events import Parent, Ref, event, of_parts
from golden_paths.lineage.own import PREFIX
from golden_paths.record import Check
from golden_paths.registry import STEPS
from lineage_runs import ENDPOINT, NEW, PLACES, context
from openlineage_spec import OWN, VARIABLE, needs_spec, problems

ROOT = Ref("00000000-0000-4000-8000-000000000001", "churn", "golden-paths", "DAG", "growth", "Who leaves.")
GATE = Check(name="roc_auc", passed=False, subject="model", expected=">= 0.9", found="0.8", is_gate=True)
ROWS = Check(name="row_count", passed=True, subject="training_set", expected="20 rows", found="20 rows")
NULLS = Check(name="not_null", passed=False, subject="training_set", expected="0", found="3", column="left")


def events(step: str, *checks: Check, error: BaseException | None = None, made: bool = True) -> list[dict[str, Any]]:
    """START and the end of a step, its parts between them, as they are sent."""

    found = context(step, made=made)
    found.record.checks += checks
    touched, ref = (
        STEPS[step].touched(found, PLACES, found.record.made),
        Ref("00000000-0000-4000-8000-000000000002", f"churn.{step}", "golden-paths", "TASK", "growth", "A step."),
    )
    run = facets.run_facets(found, error)
    said = [*of_parts(touched, ref, ROOT, run)]
    states = ("START", "FAIL" if error else "COMPLETE")
    said += [event(state, ref, Parent(ROOT, ROOT), touched, run_facets=run, error=error) for state in states]
    return [json.loads(Serde.to_json(one)) for one in said]


@needs_spec
@pytest.mark.parametrize("made", [False, True], ids=["nothing made", "made"])
@pytest.mark.parametrize("step", STEPS)
def test_every_event_is_valid_against_the_standard_and_our_own_schemas(step: str, made: bool) -> None:
    failed = GateFailed("it said no", remedy="mend it")
    said = [*events(step, GATE, ROWS, NULLS, made=made), *events(step, error=failed, made=made)]
    assert [problem for one in said for problem in problems(one)] == []


@needs_spec
def test_a_facet_with_a_key_of_its_own_is_found_out() -> None:
    """The schemas of ours are closed: what this file's other tests call valid is nothing more than they say."""
    (*_, end) = events("train")
    facet = end["outputs"][0]["facets"][PREFIX + "model"]
    facet["password"] = "x"
    assert any("password" in problem for problem in problems(end))


def test_every_facet_of_ours_has_its_schema_under_the_url_that_it_names() -> None:
    schemas = {json.loads(file.read_text())["$id"] for file in OWN.glob("*.json")}
    named = set()
    for step in STEPS:
        for one in events(step, GATE):
            for facet in _facets(one):
                if facet["_schemaURL"].startswith("https://golden-paths.dev"):
                    named.add(facet["_schemaURL"].partition("#")[0])
    assert named == schemas


def _facets(one: dict[str, Any]) -> list[dict[str, Any]]:
    datasets = [*one["inputs"], *one["outputs"]]
    return [
        *one["run"]["facets"].values(),
        *one["job"]["facets"].values(),
        *(facet for dataset in datasets for facet in (dataset["facets"] or {}).values()),
    ]


@pytest.mark.parametrize("step", STEPS)
def test_nothing_of_the_params_and_no_password_is_in_an_event(step: str) -> None:
    text = json.dumps(events(step, GATE, error=StepFailed("it ended", remedy="look")))
    assert "param-secret" not in text
    assert "user:secret" not in text
    assert len(text) < 60_000


def test_a_gate_that_said_no_is_in_the_run_with_what_was_asked_and_found() -> None:
    (*_, end) = events("evaluate", GATE, error=GateFailed("roc_auc is 0.8", remedy="improve it"))
    assert end["eventType"] == "FAIL"
    (gate,) = end["run"]["facets"][PREFIX + "gates"]["gates"]
    assert gate == {"name": "roc_auc", "threshold": ">= 0.9", "value": "0.8", "verdict": "failed"}
    assert end["run"]["facets"]["errorMessage"]["message"] == "roc_auc is 0.8; improve it"
    assert end["inputs"][1]["inputFacets"]["dataQualityAssertions"]["assertions"][0]["success"] is False


def test_a_gate_that_has_no_number_stands_with_its_words() -> None:
    (*_, end) = events("canary", error=GateFailed("3 of 9 answers were 5xx", remedy="mend it"))
    (gate,) = end["run"]["facets"][PREFIX + "gates"]["gates"]
    assert (gate["verdict"], gate["value"]) == ("failed", "3 of 9 answers were 5xx")


def test_checks_of_the_training_set_passed_and_failed_are_assertions() -> None:
    (*_, end) = events("build_training_set", ROWS, NULLS)
    found = end["outputs"][0]["facets"]["dataQualityAssertions"]["assertions"]
    assert [(one["assertion"], one["success"], one.get("column")) for one in found] == [
        ("row_count", True, None),
        ("not_null", False, "left"),
    ]
    metrics = end["outputs"][0]["facets"]["dataQualityMetrics"]
    assert (metrics["rowCount"], metrics["columnMetrics"]) == (20, {"spent": {"nullCount": 3, "quantiles": {}}})


@pytest.mark.parametrize("deed", ["rollback", "stop", "withdraw"])
def test_what_people_do_by_command_is_in_the_graph(deed: str) -> None:
    said: list[Any] = []
    if deed == "rollback":
        by_hand.rolled_back(ENDPOINT, NEW, said.append, pytest.fail)
    elif deed == "stop":
        by_hand.stopped("churn", NEW, said.append, pytest.fail)
    else:
        by_hand.withdrawn("churn", "it lied", NEW, said.append, pytest.fail)
    (_, end) = [json.loads(Serde.to_json(one)) for one in said]
    (endpoint,) = end["outputs"]
    assert (end["job"]["name"], endpoint["namespace"], endpoint["name"]) == (
        f"churn.{deed}",
        "k8s://10.0.0.1:6443/shop",
        "churn",
    )
    change = endpoint["facets"]["lifecycleStateChange"]["lifecycleStateChange"]
    served = endpoint["facets"].get("goldenPaths_deployment", {}).get("modelVersion")
    assert (change, served) == {"rollback": ("OVERWRITE", "7"), "stop": ("DROP", None), "withdraw": ("DROP", None)}[deed]
    if os.environ.get(VARIABLE):
        assert problems(end) == []


def test_a_part_belongs_to_its_step_and_its_root_and_keeps_its_id_on_a_retry() -> None:
    first, second = (events("materialize")[:-2] for _ in range(2))
    assert [one["run"]["runId"] for one in first] == [one["run"]["runId"] for one in second]
    assert len({one["run"]["runId"] for one in first}) == 4
    for one in first:
        parent = one["run"]["facets"]["parent"]
        assert (parent["job"]["name"], parent["root"]["job"]["name"]) == ("churn.materialize", "churn")
        assert one["job"]["name"].startswith("churn.materialize.")
