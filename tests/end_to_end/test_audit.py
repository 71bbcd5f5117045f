"""The audit of two versions that really served: every id in the packs is looked up where it says, by other means than ours."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples import ROOT, golden_paths
from golden_paths import digests
from golden_paths.lineage import log

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
SPEC, NAME = "dags/diabetes-progression.yaml", "diabetes-progression"
Pack = dict[str, Any]


@pytest.fixture(scope="module")
def served(project: Path) -> Path:
    """Two versions, of two parameters; the second serves."""
    text = (ROOT / SPEC).read_text()
    for number, c in enumerate(("0.5", "0.3"), start=1):
        (project / SPEC).write_text(text.replace("params: {C: 0.5}", f"params: {{C: {c}}}"))
        done = golden_paths(project, "run", SPEC, "--quiet")
        assert f"version {number} answers" in done.stdout, done.stderr
    return project


@pytest.fixture(scope="module")
def packs(served: Path) -> dict[str, tuple[bytes, Pack]]:
    """One for each version, and one for what serves."""
    made = {}
    for name, asked in {"1": ("--version", "1"), "2": ("--version", "2"), "now": ()}.items():
        made[name] = pack(served, name, *asked)
    return made


def pack(project: Path, name: str, *asked: str) -> tuple[bytes, Pack]:
    done = golden_paths(project, "audit", NAME, *asked, "-o", f"{name}.zip", "--page", f"{name}.html")
    assert done.returncode == 0, done.stderr
    archive = (project / f"{name}.zip").read_bytes()
    return archive, json.loads(files(archive)["audit.json"])


def files(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def rows(audit: Pack, section: str) -> dict[str, str]:
    (found,) = [one for one in audit["sections"] if one["key"] == section]
    return {row["cells"][0]: row["cells"][1] for row in found["rows"]}


def test_everything_is_confirmed_but_what_marquez_was_not_asked(packs: dict[str, tuple[bytes, Pack]]) -> None:
    for _, audit in packs.values():
        systems = {one["system"] for one in audit["proofs"].values() if one["state"] != "confirmed"}
        assert systems == {"Marquez"}
        assert len(audit["doubts"]) == 1


def test_each_pack_is_of_its_version(packs: dict[str, tuple[bytes, Pack]]) -> None:
    assert [audit["version"] for _, audit in packs.values()] == ["1", "2", "2"]
    assert [rows(audit, "model")["parameter C"] for _, audit in packs.values()] == ["0.5", "0.3", "0.3"]
    assert ["champion.roc_auc" in rows(audit, "gates") for _, audit in packs.values()] == [False, True, True]
    assert len({rows(audit, "model")["SHA-256 of the model's files"] for _, audit in packs.values()}) == 2


def test_a_moment_names_the_version_that_served_then(served: Path, packs: dict[str, tuple[bytes, Pack]]) -> None:
    changed = datetime.fromisoformat(rows(packs["2"][1], "answer")["since"].removesuffix(" UTC"))
    for version, at in {"1": changed - timedelta(seconds=1), "2": changed + timedelta(seconds=1)}.items():
        _, audit = pack(served, f"at-{version}", "--at", at.isoformat())
        assert audit["version"] == version
    early = golden_paths(served, "audit", NAME, "--at", "2020-01-01", "-o", "early.zip")
    assert (
        early.returncode,
        early.stderr.startswith(f"no version of {NAME} served at 2020-01-01; known is version 1 from"),
    ) == (1, True)


@pytest.fixture(scope="module")
def look_up(served: Path) -> dict[str, Callable[[str], object]]:
    """For each kind of id, whether it is there."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from mlflow import MlflowClient
    from mlflow.artifacts import download_artifacts

    uri = f"sqlite:///{served / '.golden_paths' / 'mlflow.db'}"
    client = MlflowClient(uri, uri)
    logged = {one["run"]["runId"] for one in log.read(served / ".golden_paths" / "lineage")}

    def artifact(place: str) -> bool:
        if place.startswith("models:/"):
            place = client.get_logged_model(place.removeprefix("models:/")).artifact_location
        return Path(download_artifacts(artifact_uri=place, tracking_uri=uri)).exists()

    return {
        "run": lambda id: client.get_run(id).info.status == "FINISHED",
        "model version": lambda id: client.get_model_version(NAME, id.rpartition(" ")[2]),
        "alias": lambda id: id == f"models:/{NAME}@champion" and client.get_model_version_by_alias(NAME, "champion"),
        "artifact": artifact,
        "event log": lambda id: id in logged,
    }


def test_every_id_is_found_where_it_is_said_to_be(
    packs: dict[str, tuple[bytes, Pack]], look_up: dict[str, Callable[[str], object]]
) -> None:
    seen: set[str] = set()
    for _, audit in packs.values():
        for one in audit["proofs"].values():
            if one["system"] == "endpoint":
                url = one["look_up"].partition("curl ")[2]
                assert httpx.get(url).json()["version"] == "2"
            elif one["system"] in ("MLflow", "event log"):
                kind = one["kind"].partition(":")[0] if one["system"] == "MLflow" else "event log"
                assert look_up[kind](one["id"]), one
                seen.add(kind)
    assert seen == set(look_up)


def test_the_digests_are_those_of_the_bytes_that_mlflow_has(packs: dict[str, tuple[bytes, Pack]], served: Path) -> None:
    kept = served / ".golden_paths" / "mlartifacts"
    for archive, audit in packs.values():
        model = rows(audit, "model")
        folder = kept / NAME / "models" / model["in MLflow"].removeprefix("models:/") / "artifacts"
        assert digests.of_folder(folder) == model["SHA-256 of the model's files"]
        (learnt,) = kept.rglob("training_set.parquet")
        assert digests.of_file(learnt) == rows(audit, "data")["SHA-256 of the set"]
        assert digests.of_bytes(files(archive)["spec.yaml"]) == rows(audit, "spec")["spec.yaml, SHA-256"]
        assert digests.of_file(served / "include/models/diabetes.py") == rows(audit, "code")["SHA-256 of the code"]


def test_a_pack_is_unchanged_until_a_byte_is(served: Path, packs: dict[str, tuple[bytes, Pack]]) -> None:
    assert golden_paths(served, "audit", "verify", "2.zip").returncode == 0
    archive = packs["2"][0]
    for at in (0, 40, len(archive) // 2, len(archive) - 1):
        (served / "changed.zip").write_bytes(archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1 :])
        done = golden_paths(served, "audit", "verify", "changed.zip")
        assert (done.returncode, done.stderr.startswith("changed ")) == (1, True)


def test_no_row_of_data_is_in_a_pack(packs: dict[str, tuple[bytes, Pack]], served: Path) -> None:
    golden = [json.loads(one.read_text()) for one in (served / ".golden_paths").rglob("golden_records.json")]
    rows_of = {", ".join(map(str, row)) for one in golden for row in one["inputs"]["data"]}
    assert len(rows_of) == 20
    for archive, _ in packs.values():
        text = b"".join(files(archive).values()).decode()
        assert [row for row in rows_of if row in text or row.replace(", ", ",") in text] == []
        assert "golden_records.json" in text


def test_an_artifact_that_was_deleted_is_said(served: Path, packs: dict[str, tuple[bytes, Pack]]) -> None:
    """Last: it takes the report of version 1 away."""
    (training,) = [one["id"] for one in packs["1"][1]["proofs"].values() if one["kind"] == "run: training"]
    shutil.rmtree(served / ".golden_paths" / "mlartifacts" / NAME / training / "artifacts" / "evaluation")
    _, audit = pack(served, "lost", "--version", "1")
    (lost,) = [one for one in audit["proofs"].values() if one["state"] != "confirmed" and one["system"] == "MLflow"]
    assert (lost["kind"], lost["state"]) == ("artifact: report", "not confirmed")
    assert lost["said"].startswith(f"runs:/{training}/evaluation/report.html could not be fetched: ")


def test_an_endpoint_that_was_stopped_served_until_then(served: Path, packs: dict[str, tuple[bytes, Pack]]) -> None:
    assert golden_paths(served, "stop", NAME).returncode == 0
    none = golden_paths(served, "audit", NAME, "-o", "none.zip")
    assert none.returncode == 1
    assert none.stderr.startswith(f"no version of {NAME} serves: the last was version 2 until it was stopped, ")
    _, audit = pack(served, "stopped", "--version", "2")
    assert rows(audit, "answer")["until"] in none.stderr
    assert {one["system"] for one in audit["proofs"].values() if one["state"] != "confirmed"} == {"Marquez"}
