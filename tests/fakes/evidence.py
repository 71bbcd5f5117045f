"""What the steps up to `register` record of a version, written by hand: a whole card can be made of it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from golden_paths import digests
from golden_paths.artifacts import TrainingSet
from golden_paths.clients import Tracking
from golden_paths.gate_sections import DatasheetSection
from golden_paths.modelling.datasheet import Datasheet
from golden_paths.modelling.distributions import Distribution, Frequency, Numbers
from golden_paths.modelling.finding import EVALUATION, EvaluationRecord, Finding, Ruling, Table

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
ANSWERS = {name: f"Said of {name}." for name in DatasheetSection.model_fields}
SPEC: dict[str, Any] = {
    "golden_path": "online-model@1",
    "name": "churn",
    "owner": "growth",
    "description": "Chance that a customer leaves.",
    "risk": "high",
    "training_set": {
        "entities": "include/data/churn.parquet",
        "label": "left",
        "split": {"by": "time", "test": 0.25, "seed": 0},
        "sensitive": ["sex"],
        "datasheet": ANSWERS,
    },
    "train": {"code": "include/models/churn.py:fit", "params": {"C": 0.5}, "seed": 3},
    "evaluate": {"metrics": {"roc_auc": ">= 0.75"}, "bias": {"measure": "equal_opportunity", "at_most": 0.3}},
}
GATES = {"contract": "kept (what include/contract.yaml says)", "roc_auc": "0.83 (0.78 to 0.88) (>= 0.75)"}
FINDINGS = (
    Finding(
        title="Metrics",
        rulings=(
            Ruling(
                gate="roc_auc",
                passed=True,
                expected=">= 0.75",
                words="roc_auc is 0.83 (0.78 to 0.88), bound >= 0.75.",
                value=0.83,
                low=0.78,
                high=0.88,
            ),
        ),
        tables=(
            Table(
                title="Measured",
                head=("metric", "this model", "95 %", "bound"),
                rows=(("roc_auc", "0.83", "0.78 to 0.88", ">= 0.75"), ("brier", "0.171", "", "")),
            ),
        ),
        plots={"ROC": "roc.png"},
    ),
    Finding(
        title="Groups of people",
        rulings=(
            Ruling(
                gate="bias.equal_opportunity",
                column="sex",
                passed=True,
                expected="<= 0.3 with its whole interval",
                words="equal_opportunity by sex: gap 0.08 (0.02 to 0.19), within 0.3.",
                state="within",
                value=0.08,
                low=0.02,
                high=0.19,
            ),
        ),
        notes=("Groups below 30 rows are not compared.",),
    ),
)
COLUMNS = (
    Distribution(column="customer", type="int64", role="key", is_sensitive=False, rows=200, missing=0),
    Distribution(
        column="spent",
        type="float64",
        role="feature",
        is_sensitive=False,
        rows=198,
        missing=2,
        numbers=Numbers(mean=12.5, deviation=3.25, low=1.0, quartiles=(10.0, 12.0, 15.0), high=40.0),
    ),
    Distribution(
        column="sex",
        type="object",
        role="other",
        is_sensitive=True,
        rows=200,
        missing=0,
        frequent=(Frequency(value="f", rows=110), Frequency(value="m", rows=90)),
    ),
)


def record(model: str, training_set: str, **changes: Any) -> EvaluationRecord:
    """A record of an evaluation in which everything was passed."""
    known = {"metrics": {"roc_auc": 0.83, "brier": 0.171}, "champion": None, "champion_metrics": {}, "findings": FINDINGS}
    return EvaluationRecord(model=model, training_set=training_set, **(known | changes))


def evaluated(tracking: Tracking, run_id: str, found: EvaluationRecord) -> str:
    """Keep a record and its plots with a run; returns the record's SHA-256."""
    with tempfile.TemporaryDirectory() as folder:
        for finding in found.findings:
            for name in finding.plots.values():
                (Path(folder) / name).write_bytes(PNG)
        digest = digests.of_file(found.write(Path(folder)))
        tracking.upload(run_id, Path(folder), EVALUATION)
    return digest


def datasheet(tracking: Tracking, run_id: str, digest: str, **changes: Any) -> None:
    """Keep a datasheet with the run of a training set."""
    known = {
        "model": "churn",
        "owner": "growth",
        "answers": DatasheetSection(**ANSWERS),
        "rows": 200,
        "test_rows": 50,
        "oldest": "2026-01-01T00:00:00Z",
        "newest": "2026-01-09T00:00:00Z",
        "label": "left",
        "keys": ("customer",),
        "sensitive": ("sex",),
        "gates": {"contract": GATES["contract"]},
        "columns": COLUMNS,
    }
    with tempfile.TemporaryDirectory() as folder:
        for sheet in Datasheet.model_validate({"digest": digest} | known | changes).write(Path(folder)):
            tracking.upload(run_id, sheet)


def of_training_set(tracking: Tracking, made: TrainingSet) -> None:
    """The datasheet of a set that no step built."""
    datasheet(tracking, made.mlflow_run_id, made.digest, rows=made.rows, test_rows=made.test_rows)


def keep(tracking: Tracking, run_id: str, *, digest: str, training_set: str, spec: dict[str, Any] = SPEC) -> dict[str, str]:
    """Record everything with the run that fitted a model; returns the tags of its version."""
    tracking.tag(run_id, {"golden_paths.code_digest": "c" * 64, "golden_paths.python": "3.12.1", "golden_paths.kind": "binary"})
    set_run = tracking.run("churn", f"training-set:{training_set}", name="training set", tags={}).id
    datasheet(tracking, set_run, training_set)
    known = {
        "path": "online-model@1",
        "spec": json.dumps(spec),
        "spec_digest": "5" * 64,
        "run": "run-1",
        "mlflow_run_id": run_id,
        "digest": digest,
        "weights": "e" * 64,
        "training_set": training_set,
        "training_set_uri": f"runs:/{set_run}/training_set.parquet",
        "golden_records": f"runs:/{run_id}/golden_records.json",
        "golden_digest": "b" * 64,
        "report": f"runs:/{run_id}/evaluation/report.html",
        "evidence_digest": evaluated(tracking, run_id, record(digest, training_set)),
        "gates": json.dumps(GATES),
    }
    return {f"golden_paths.{name}": value for name, value in known.items()}
