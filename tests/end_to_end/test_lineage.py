"""The event log of real DAG runs: scheduler, workers, REST API. One graph, truthful whatever fails, and nothing secret in it."""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from golden_paths.lineage import log
from lineage_log import Event, edges, folder, named, root_of
from lineage_platform import CANARIES, DAG, Platform, lineage_platform
from local_endpoints import eventually
from openlineage_spec import VARIABLE, problems

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
MEASURED = ["bmi", "bp", "total_cholesterol", "ldl", "hdl", "cholesterol_ratio", "log_triglycerides", "blood_sugar"]


@pytest.fixture(scope="module")
def platform(project: Path) -> Iterator[Platform]:
    with lineage_platform(project) as made:
        yield made


@pytest.fixture(scope="module")
def first(platform: Platform) -> list[Event]:
    """The events of a run that passes."""
    return platform.events(platform.finished(DAG))


def expected(platform: Platform) -> set[tuple[str, str]]:
    data = f"file{platform.folder.resolve()}/include/data/diabetes".replace("file/", "file/", 1)
    host = platform.servers.mlflow_url.removeprefix("http://")
    mlflow, here, feast = f"mlflow://{host}", f"local://{os.uname().nodename}", "feast://diabetes"
    training_set, fitted = f"{mlflow}/training_sets/{DAG}", f"{mlflow}/fitted_models/{DAG}"
    evaluation, version = f"{mlflow}/evaluations/{DAG}", f"{mlflow}/models/{DAG}"
    candidate, endpoint = f"{here}/{DAG}.candidate", f"{here}/{DAG}"
    found = set()
    for view in ("demographics", "measurements"):
        job, online = f"{DAG}.materialize.{view}", f"{feast}/online_store.{view}"
        found |= {(f"{data}/{view}.parquet", job), (job, f"{feast}/{view}")}
        found |= {(f"{feast}/{view}", f"{job}.online"), (f"{job}.online", online)}
        found |= {(f"{feast}/{view}", f"{DAG}.build_training_set"), (online, f"{DAG}.deploy")}
    return found | {
        (f"{data}/patients.parquet", f"{DAG}.build_training_set"),
        (f"{DAG}.build_training_set", training_set),
        (training_set, f"{DAG}.train"),
        (f"{DAG}.train", fitted),
        (training_set, f"{DAG}.evaluate"),
        (fitted, f"{DAG}.evaluate"),
        (f"{DAG}.evaluate", evaluation),
        (fitted, f"{DAG}.register"),
        (evaluation, f"{DAG}.register"),
        (f"{DAG}.register", version),
        (version, f"{DAG}.approve"),
        (version, f"{DAG}.deploy"),
        (f"{DAG}.deploy", candidate),
        (version, f"{DAG}.smoke"),
        (candidate, f"{DAG}.smoke"),
        (version, f"{DAG}.promote"),
        (candidate, f"{DAG}.promote"),
        (f"{DAG}.promote", endpoint),
    }


def test_a_run_has_the_expected_edges_and_none_more(platform: Platform, first: list[Event]) -> None:
    assert edges(first) == expected(platform)


def test_from_source_to_endpoint_it_is_one_component(platform: Platform, first: list[Event]) -> None:
    around = defaultdict(set)
    for one, other in edges(first):
        around[one].add(other)
        around[other].add(one)
    seen, ahead = set(), [f"local://{os.uname().nodename}/{DAG}"]
    while ahead:
        seen.add(node := ahead.pop())
        ahead += around[node] - seen
    assert seen == set(around)


def test_every_event_has_its_task_as_parent_and_the_dag_run_as_root(first: list[Event]) -> None:
    (root,) = {one["run"]["runId"] for one in first if one["job"]["name"] == DAG}
    runs = {one["run"]["runId"]: one["job"]["name"] for one in first}
    for one in first:
        if (name := one["job"]["name"]) == DAG:
            continue
        parent = one["run"]["facets"]["parent"]
        assert (
            parent["root"]
            == {"run": {"runId": root}, "job": {"namespace": "golden-paths", "name": DAG}} | parent["root"]
        )
        assert root_of(one) == root
        above = DAG if name.count(".") == 1 else ".".join(name.split(".")[:2])
        assert (runs[parent["run"]["runId"]], parent["job"]["name"]) == (above, above)
    assert {one["eventType"] for one in first} == {"START", "COMPLETE"}


@pytest.mark.openlineage_spec
def test_every_event_is_valid(platform: Platform, first: list[Event]) -> None:
    assert os.environ[VARIABLE]
    assert [problem for one in first for problem in problems(one)] == []


def test_a_feature_is_followed_from_its_source_to_the_models_input(platform: Platform, first: list[Event]) -> None:
    made = {}
    for one in first:
        for dataset in one["outputs"] if one["eventType"] == "COMPLETE" else ():
            fields = (dataset["facets"].get("columnLineage") or {}).get("fields") or {}
            for column, field in fields.items():
                made[named(dataset), column] = [(named(source), source["field"]) for source in field["inputFields"]]

    def road(dataset: str, column: str) -> list[tuple[str, str]]:
        found = made.get((dataset, column))
        return [(dataset, column), *(road(*found[0]) if found else ())]

    mlflow = f"mlflow://{platform.servers.mlflow_url.removeprefix('http://')}"
    source = f"file{platform.folder.resolve()}/include/data/diabetes/measurements.parquet"
    assert road(f"{mlflow}/models/{DAG}", "bmi") == [
        (f"{mlflow}/models/{DAG}", "bmi"),
        (f"{mlflow}/fitted_models/{DAG}", "bmi"),
        (f"{mlflow}/training_sets/{DAG}", "bmi"),
        ("feast://diabetes/measurements", "bmi"),
        (source, "bmi"),
    ]
    inputs = {column for dataset, column in made if dataset == f"{mlflow}/models/{DAG}"}
    assert inputs == {"age", "sex", *MEASURED}


def test_what_served_is_in_the_graph_with_digest_version_and_set(platform: Platform, first: list[Event]) -> None:
    run = first[0]["run"]["facets"]["airflowDagRun"]["dagRun"]["run_id"]
    results = {
        step: platform.servers.airflow.result(DAG, run, step) for step in ("build_training_set", "register", "promote")
    }
    facets = {}
    for one in first:
        for dataset in one["outputs"] if one["eventType"] == "COMPLETE" else ():
            facets |= {
                (one["job"]["name"].rpartition(".")[2], name): facet for name, facet in dataset["facets"].items()
            }
    version, frozen, endpoint = results["register"], results["build_training_set"], results["promote"]
    assert facets["build_training_set", "version"]["datasetVersion"] == frozen["digest"]
    model = facets["register", "goldenPaths_model"]
    found = (model["registryVersion"], model["digest"], model["trainingSet"], model["mlflowRunId"])
    assert found == (version["version"], version["digest"], frozen["digest"], version["mlflow_run_id"])
    served = facets["promote", "goldenPaths_deployment"]
    assert (served["modelVersion"], served["modelDigest"], served["endpoint"]) == (
        version["version"],
        version["digest"],
        endpoint["url"],
    )


def test_a_gate_that_says_no_is_a_failed_run_with_the_gate_and_nothing_after_it(platform: Platform) -> None:
    events = platform.events(platform.finished("strict"))
    ends = {one["job"]["name"]: one for one in events if one["eventType"] != "START"}
    failed = ends["strict.evaluate"]
    assert failed["eventType"] == "FAIL"
    gates = {one["name"]: one for one in failed["run"]["facets"]["goldenPaths_gates"]["gates"]}
    assert (gates["roc_auc"]["threshold"], gates["roc_auc"]["verdict"]) == (">= 0.9999", "failed")
    assert "roc_auc is 0." in failed["run"]["facets"]["errorMessage"]["message"]
    assert [dataset["name"] for dataset in failed["outputs"]] == ["evaluations/strict"]
    assert ends["strict"]["eventType"] == "FAIL"
    steps = {name.split(".")[1] for name in ends if "." in name}
    assert steps == {"materialize", "build_training_set", "train", "evaluate"}


def test_a_worker_that_is_killed_leaves_a_run_that_never_ended_and_a_retry_that_did(platform: Platform) -> None:
    airflow = platform.servers.airflow
    run = airflow.trigger(DAG)

    def worker() -> psutil.Process | None:
        (train,) = [task for task in airflow.tasks(DAG, run) if task["task_id"] == "train"]
        title = f"airflow worker -- {train['id']}"
        named = [
            one for one in psutil.process_iter(["cmdline"]) if " ".join(one.info["cmdline"] or ()).strip() == title
        ]
        started = any(one["job"]["name"] == f"{DAG}.train" for one in platform.events(run))
        return named[0] if named and started and train["state"] == "running" else None

    assert eventually(lambda: worker() is not None, 120)
    victim = worker()
    assert victim is not None
    victim.kill()
    platform.until_ended(DAG, run)
    states = defaultdict(list)
    for one in platform.events(run):
        if one["job"]["name"] == f"{DAG}.train":
            states[one["run"]["runId"]].append(one["eventType"])
    killed, retried = states.values()
    assert (killed[0], "COMPLETE" in killed, retried) == ("START", False, ["START", "COMPLETE"])


def test_a_run_that_is_retried_has_an_end_for_each_attempt(platform: Platform) -> None:
    """A source that is not there makes the first attempts fail; it is back before the last."""
    source = platform.folder / "include" / "data" / "diabetes" / "measurements.parquet"
    away = source.with_suffix(".away")
    shutil.move(source, away)
    run = platform.servers.airflow.trigger(DAG)
    try:
        assert eventually(lambda: any(one["eventType"] == "FAIL" for one in platform.events(run)), 120)
    finally:
        shutil.move(away, source)
    platform.until_ended(DAG, run)
    ends = [
        one
        for one in platform.events(run)
        if one["job"]["name"] == f"{DAG}.materialize" and one["eventType"] != "START"
    ]
    assert ends[0]["eventType"] == "FAIL"
    assert "measurements.parquet" in ends[0]["run"]["facets"]["errorMessage"]["message"]


def test_no_secret_is_in_any_event(platform: Platform, first: list[Event]) -> None:
    run = platform.finished("talkative", greeting="canary-conf")
    failed = [
        one for one in platform.events(run) if one["eventType"] == "FAIL" and one["job"]["name"] == "talkative.train"
    ]
    assert "cannot sign in with" in json.dumps(failed)
    platform.finished("talkative")
    text = "".join(file.read_text() for file in log.files(folder(platform.folder)))
    assert len(text) > 100_000
    assert [canary for canary in CANARIES if canary in text] == []
