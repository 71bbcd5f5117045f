"""build_training_set: join features point in time, split, and freeze the result under its SHA-256."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from golden_paths import digests, parquet
from golden_paths.artifacts import Features, TrainingSet
from golden_paths.clients import TrainingFrame
from golden_paths.errors import StepFailed
from golden_paths.spec import FeaturesSection, PathSpec, Split, TrainingSetSection
from golden_paths.step import Step, StepContext

if TYPE_CHECKING:
    import pandas as pd

FILE = "training_set.parquet"
FEW_VALUES = 20  # a label with no more distinct values is a class, and a random split keeps its shares
COMPLETE = "golden_paths.complete"


def run(context: StepContext) -> TrainingSet:
    """Same features, entities and split give the same file, so the same digest; MLflow keeps one copy."""
    features = context.take(Features)
    section = context.spec.need(TrainingSetSection)
    store = context.clients.feature_store(features.repo)
    with tempfile.TemporaryDirectory(prefix="golden-paths-") as folder:
        entities = context.project.path(section.entities)
        joined = Path(folder) / "joined.parquet"
        frame = store.training_frame(features.service, entities=entities, label=section.label, destination=joined)
        if frame.rows != frame.entity_rows:
            raise StepFailed(
                f"the point-in-time join made {frame.rows} rows of {frame.entity_rows} entity rows",
                remedy="use Feast's duckdb offline store (the dask one drops duplicate keys), or remove duplicates",
            )
        file = Path(folder) / FILE
        test_rows = _freeze(frame, section, file)
        return _store(context, section, frame, file=file, test_rows=test_rows)


def _freeze(frame: TrainingFrame, section: TrainingSetSection, file: Path) -> int:
    """Write the split frame as parquet whose bytes depend on its values alone; return the number of held-out rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = parquet.read(frame.path)
    if table.empty:
        raise StepFailed(f"{section.entities} has no rows", remedy="bring the entities to learn from")
    label = table[section.label]
    if nulls := int(label.isna().sum()):
        raise StepFailed(
            f"label {section.label} is missing in {nulls} of {len(table)} rows", remedy="leave those rows out"
        )
    _refuse_one_value(label, f"label {section.label}")
    held_out = _held_out(label, section.split)
    if not 0 < held_out.sum() < len(table):
        raise StepFailed(
            f"training_set.split.test {section.split.test:g} of {len(table)} rows leaves a part empty",
            remedy="bring more rows, or another share",
        )
    _refuse_one_value(label[~held_out], f"label {section.label} of the rows to train on")
    table["split"] = held_out.map({True: "test", False: "train"})
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(arrow, file, compression="zstd")
    return int(held_out.sum())


def _refuse_one_value(label: pd.Series, what: str) -> None:
    if label.nunique() < 2:
        raise StepFailed(
            f"{what} has only the value {label.iloc[0]} in {len(label)} rows",
            remedy="a model needs two to tell apart: check how the label is made, and the split",
        )


def _held_out(label: pd.Series, split: Split) -> pd.Series:
    """True where a row is held out. Rows come in order of time and keys."""
    import numpy as np
    import pandas as pd

    if split.by == "time":
        first = len(label) - math.floor(len(label) * split.test + 0.5)
        return pd.Series(np.arange(len(label)) >= first)
    from sklearn.model_selection import train_test_split

    few = label.nunique() <= FEW_VALUES and label.value_counts().min() >= 2
    stratify = label if few else None
    rows = np.arange(len(label))
    try:
        _, test = train_test_split(rows, test_size=split.test, random_state=split.seed, stratify=stratify)
    except ValueError as error:  # a part would be empty, or smaller than the number of classes
        raise StepFailed(
            f"training_set.split cannot be made of {len(label)} rows: {str(error).rstrip('.')}",
            remedy="bring more rows, or another share",
        ) from error
    return pd.Series(np.isin(rows, test))


def _store(
    context: StepContext, section: TrainingSetSection, frame: TrainingFrame, *, file: Path, test_rows: int
) -> TrainingSet:
    """Keep the file in MLflow under its digest: once, however many runs meet the same data."""
    digest = digests.of_file(file)
    tracking = context.clients.tracking
    name = f"training-set {digest[:12]}"
    tags = {"golden_paths.kind": "training_set", "golden_paths.digest": digest}
    run = tracking.run(context.spec.name, f"training-set:{digest}", name=name, tags=tags)
    uri = f"runs:/{run.id}/{FILE}"
    if run.tags.get(COMPLETE) != "true":
        uri = tracking.upload(run.id, file)
        tracking.log_dataset(run.id, name=context.spec.name, digest=digest, uri=uri, frame=file, label=section.label)
        tracking.metrics(run.id, {"rows": frame.rows, "test_rows": test_rows})
        tracking.tag(run.id, {COMPLETE: "true"})
        tracking.finish(run.id)
    context.log(f"training set {digest}: {frame.rows} rows, {test_rows} held out, {len(frame.features)} features")
    return TrainingSet(
        uri=uri,
        digest=digest,
        mlflow_run_id=run.id,
        rows=frame.rows,
        test_rows=test_rows,
        keys=frame.keys,
        timestamp=frame.timestamp,
        features=frame.features,
        label=section.label,
    )


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The entity file and the offline features."""
    return (spec.need(TrainingSetSection).entities, f"Feast offline store: {spec.need(FeaturesSection).service}")


def writes(spec: PathSpec) -> tuple[str, ...]:
    """The frozen set."""
    return (f"MLflow: training set of {spec.name}, by its SHA-256",)


STEP = Step(
    name="build_training_set",
    summary="Join features to labels as they were known at the time, split, freeze as parquet with a SHA-256",
    consumes=(Features,),
    produces=TrainingSet,
    run=run,
    reads=reads,
    writes=writes,
)
