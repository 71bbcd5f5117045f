"""Versions in MLflow as the steps before deploy would have registered them, golden records included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fakes import evidence
from golden_paths import digests
from golden_paths.artifacts import ModelVersion
from golden_paths.clients import ModelRegistry, Tracking
from serving import save

CODE = Path(__file__).with_name("odd_model.py")


def registered(
    tracking: Tracking, models: ModelRegistry, name: str, model: Any, *, folder: Path, shift: float
) -> ModelVersion:
    """Fit `model` on the diabetes study, its label shifted, so that no two versions answer alike; saved in `folder`."""
    from sklearn.datasets import load_diabetes

    study = load_diabetes(as_frame=True, scaled=False)
    saved = save(folder, model.fit(study.data, study.target + shift), study.data, code=CODE)
    run = tracking.run(name, f"train:{folder.name}", name="train", tags={})
    records = folder.with_name(f"{folder.name}-golden_records.json")
    records.write_text(json.dumps(golden_records(model, study.data.head(5))))
    made = {
        "digest": saved.digest,
        "weights": "w",
        "training_set": "t",
        "golden_records": tracking.upload(run.id, records),
        "golden_digest": digests.of_file(records),
    }
    uri = tracking.log_model(run.id, saved.folder)
    kept = evidence.keep(tracking, run.id, digest=saved.digest, training_set=made["training_set"])
    tags = kept | {f"golden_paths.{key}": value for key, value in made.items()}
    version = models.register(name, uri=uri, run_id=run.id, tags=tags)
    return ModelVersion(model=name, version=version, mlflow_run_id=run.id, uri=uri, **made)


def golden_records(model: Any, rows: Any) -> dict[str, Any]:
    """As `evaluate` writes them."""
    inputs = {"columns": list(rows.columns), "data": rows.to_numpy().tolist()}
    answers = {"predictions": model.predict(rows).tolist(), "probabilities": None, "classes": None}
    return {"inputs": inputs, **answers}
