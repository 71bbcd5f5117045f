"""Faults planted in the example, on real Feast, MLflow and a real endpoint: each turns its own gate red, and nothing moves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pandas as pd
import pytest
from mlflow import MlflowClient

from examples import ROOT, golden_paths

pytestmark = pytest.mark.real
NAME = "diabetes-progression"
SPEC = f"dags/{NAME}.yaml"
CODE = "include/models/diabetes.py"
FEATURES = "include/feature_repos/diabetes/features.py"
MEASURED, PATIENTS = (f"include/data/diabetes/{name}.parquet" for name in ("measurements", "patients"))
GATED = "nothing trains on this training set: "


@pytest.fixture(scope="module")
def url(project: Path) -> str:
    """Where the example's first version answers, held to the policy of this repository."""
    shutil.copy(ROOT / SPEC, project / SPEC)
    shutil.copy(ROOT / "include" / "policy.yaml", project / "include")
    done = golden_paths(project, "run", SPEC, "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    return next(word for word in done.stdout.split() if word.startswith("http://"))


def impossible_values(project: Path) -> None:
    frame = pd.read_parquet(project / MEASURED)
    frame.loc[frame.index[-3:], "bmi"] = 500.0
    frame.to_parquet(project / MEASURED)


def a_feature_that_is_the_label(project: Path) -> None:
    labels = pd.read_parquet(project / PATIENTS).set_index("patient_id")["progressed"]
    frame = pd.read_parquet(project / MEASURED)
    frame["bp"] = 70.0 + 40.0 * frame["patient_id"].map(labels) + frame["bp"] / 100
    frame.to_parquet(project / MEASURED)


def too_little_room_between_groups(project: Path) -> None:
    replace(project / SPEC, "at_most: 0.3", "at_most: 0.02")


def a_feature_that_may_not_lead(project: Path) -> None:
    replace(project / SPEC, "explain: {top: 1, ", "explain: {top: 1, never: [log_triglycerides], ")


def a_model_that_needs_every_value(project: Path) -> None:
    replace(project / CODE, 'SimpleImputer(strategy="median"), ', "")


def a_model_that_is_no_good(project: Path) -> None:
    replace(project / SPEC, ">= 0.75", ">= 0.99")


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a contract that is broken": (impossible_values, f"{GATED}bmi (range): expected from 10 to 80, found 3 of 442 rows"),
    "a leak": (a_feature_that_is_the_label, f"{GATED}bp (leak): "),
    "bias": (too_little_room_between_groups, "did not pass evaluation: sex: true positive rate differs by "),
    "what it depends on": (a_feature_that_may_not_lead, "log_triglycerides may not be among the top 1: permuted it costs 0.0"),
    "missing values": (a_model_that_needs_every_value, "with 10% of the values missing the model refuses (ValueError)"),
    "a bad model": (a_model_that_is_no_good, "did not pass evaluation: roc_auc is 0."),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_turns_its_gate_red_and_nothing_after_it_moves(project: Path, url: str, name: str) -> None:
    plant, said = FAULTS[name]
    before = state(project, url)
    kept = {path: (project / path).read_bytes() for path in (SPEC, CODE, MEASURED)}
    try:
        plant(project)
        done = golden_paths(project, "run", SPEC, "--quiet")
    finally:
        for path, content in kept.items():
            (project / path).write_bytes(content)
    assert done.returncode == 1
    assert said in done.stderr
    assert state(project, url) == before


def test_a_model_without_the_sensitive_column_is_judged_by_it_all_the_same(project: Path, url: str) -> None:
    """The study without sex as a feature: the gap between the sexes is wider than with it, and the gate sees that."""
    sexes = pd.read_parquet(project / "include/data/diabetes/demographics.parquet").set_index("patient_id")["sex"]
    patients = pd.read_parquet(project / PATIENTS)
    patients.assign(gender=patients["patient_id"].map(sexes)).to_parquet(project / PATIENTS)
    replace(project / FEATURES, "[demographics, measurements]", '[demographics[["age"]], measurements]')
    blind = project / "dags" / "blind.yaml"
    text = (project / SPEC).read_text().replace(f"name: {NAME}", "name: blind").replace("[sex]", "[gender]")
    blind.write_text(text.replace("  contract: include/contracts/diabetes.yaml\n", "").replace("risk: high", "risk: limited"))
    done = golden_paths(project, "run", "dags/blind.yaml")
    assert "442 rows, 133 held out, 9 features" in done.stdout  # and not ten
    assert done.returncode == 1
    assert "blind did not pass evaluation: gender: true positive rate differs by 0.2" in done.stderr
    assert "too little evidence" in done.stderr
    assert [one.name for one in registry(project).search_registered_models()] == [NAME]


def registry(project: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{project / '.golden_paths' / 'mlflow.db'}")


def state(project: Path, url: str) -> tuple[object, ...]:
    """What serves, and every version and alias of the model."""
    client = registry(project)
    versions = sorted((one.version, one.run_id) for one in client.search_model_versions(f"name = '{NAME}'"))
    aliases = dict(client.get_registered_model(NAME).aliases)
    return httpx.get(f"{url}/version").json(), versions, aliases


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
