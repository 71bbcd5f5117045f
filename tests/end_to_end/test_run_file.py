"""`run FILE`: the whole path on real Feast, MLflow and a real endpoint, without Airflow."""

from __future__ import annotations

import getpass
import json
import shutil
from pathlib import Path

import httpx
import pytest

from examples import ROOT, golden_paths

pytestmark = pytest.mark.real
SPEC = "dags/diabetes-progression.yaml"


def run(project: Path, *arguments: str) -> dict[str, dict[str, object]]:
    done = golden_paths(project, "run", SPEC, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return {one["step"]: one["artifact"] for one in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def first(project: Path) -> dict[str, dict[str, object]]:
    shutil.copy(ROOT / SPEC, project / SPEC)
    return run(project, "--run-id", "first")


def test_a_spec_becomes_an_endpoint_that_answers_by_entity_key(first: dict[str, dict[str, object]]) -> None:
    url = first["promote"]["url"]
    answer = httpx.post(f"{url}/predict", json={"entities": [{"patient_id": 7}]})
    assert (answer.status_code, httpx.get(f"{url}/version").json()["version"]) == (200, "1")


def test_the_same_run_again_changes_nothing(project: Path, first: dict[str, dict[str, object]]) -> None:
    again = run(project, "--run-id", "first")
    assert [again[step] for step in ("train", "register")] == [first[step] for step in ("train", "register")]
    assert again["promote"]["version"] == "1"


def test_a_second_run_makes_version_2_with_the_same_weights(project: Path, first: dict[str, dict[str, object]]) -> None:
    second = run(project, "--run-id", "second")
    assert second["build_training_set"]["digest"] == first["build_training_set"]["digest"]
    assert second["train"]["weights"] == first["train"]["weights"]
    assert (second["register"]["version"], second["evaluate"]["champion_version"]) == ("2", "1")
    assert (second["promote"]["url"], second["promote"]["previous"]) == (first["promote"]["url"], "1")


def test_a_failed_gate_stops_the_path_and_the_champion_keeps_serving(
    project: Path, first: dict[str, dict[str, object]]
) -> None:
    text = (project / SPEC).read_text()
    strict = project / "dags" / "strict.yaml"
    strict.write_text(text.replace('{roc_auc: ">= 0.75"}', '{roc_auc: ">= 0.999"}'))
    assert strict.read_text() != text
    before = httpx.get(f"{first['promote']['url']}/version").json()
    done = golden_paths(project, "run", "dags/strict.yaml", "--quiet")
    strict.unlink()
    assert done.returncode == 1
    assert "roc_auc" in done.stderr
    assert "0.999" in done.stderr
    assert httpx.get(f"{first['promote']['url']}/version").json() == before


def test_the_history_says_who_promoted_which_version_and_what_its_gates_said(
    project: Path, first: dict[str, dict[str, object]]
) -> None:
    done = golden_paths(project, "history", "diabetes-progression", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["faults"] == []
    assert [(one["what"], one["version"], one["instead_of"], one["run"]) for one in found["entries"]] == [
        ("promoted", "1", None, "first"),
        ("promoted", "2", "1", "second"),
    ]
    assert {one["by"] for one in found["entries"]} == {getpass.getuser()}
    gates = first["evaluate"]["gates"]
    assert isinstance(gates, dict)
    assert gates["roc_auc"].endswith("(>= 0.75)")
    assert "within" in gates["bias.equal_opportunity [sex]"]


def test_endpoints_lists_what_serves(project: Path, first: dict[str, dict[str, object]]) -> None:
    listed = json.loads(golden_paths(project, "endpoints", "--json").stdout)
    assert [(one["endpoint"], one["url"]) for one in listed] == [("diabetes-progression", first["promote"]["url"])]
