"""build_training_set: join features point in time, split, and freeze the result under its SHA-256."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths import digests, parquet
from golden_paths.artifacts import Features, TrainingSet
from golden_paths.clients import TrainingFrame
from golden_paths.errors import StepFailed
from golden_paths.lineage import of_features
from golden_paths.modelling import data_gates, datasheet, distributions
from golden_paths.project import Project
from golden_paths.record import Check
from golden_paths.spec import FeaturesSection, PathSpec, Split, TrainingSetSection
from golden_paths.step import Step, StepContext
from golden_paths.steps import materialize

if TYPE_CHECKING:
    import pandas as pd

FILE = "training_set.parquet"
FEW_VALUES = 20  # a label with no more distinct values is a class, and a random split keeps its shares
COMPLETE = "golden_paths.complete"
Frozen = tuple[dict[str, Any], tuple[distributions.Distribution, ...]]  # what `TrainingSet` says of it, and its columns


def run(context: StepContext) -> TrainingSet:
    """Same features, entities and split give the same file, so the same digest; MLflow keeps one copy."""
    features = context.take(Features)
    section = context.spec.need(TrainingSetSection)
    store = context.clients.feature_store(features.repo)
    with tempfile.TemporaryDirectory(prefix="golden-paths-") as folder:
        entities = context.project.path(section.entities)
        joined = Path(folder) / "joined.parquet"
        frame = store.training_frame(
            features.service,
            entities=entities,
            label=section.label,
            destination=joined,
            sensitive=section.sensitive,
            online_at=features.end,
        )
        if not _noted(context, "row_count", frame.rows == frame.entity_rows, f"{frame.entity_rows} rows", f"{frame.rows} rows"):
            raise StepFailed(
                f"the point-in-time join made {frame.rows} rows of {frame.entity_rows} entity rows",
                remedy="use Feast's duckdb offline store (the dask one drops duplicate keys), or remove duplicates",
            )
        data_gates.require_same_online(context, features, frame)
        file = Path(folder) / FILE
        frozen = _freeze(context, frame, section, file)
        return _store(context, section, frame, file=file, frozen=frozen)


def _noted(context: StepContext, name: str, passed: bool, expected: str, found: str, column: str | None = None) -> bool:
    check = Check(name=name, passed=passed, subject=TrainingSet.name, expected=expected, found=found, column=column)
    return context.check(check)


def _freeze(context: StepContext, frame: TrainingFrame, section: TrainingSetSection, file: Path) -> Frozen:
    """Write the split frame as parquet whose bytes depend on its values alone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = parquet.read(frame.path)
    if table.empty:
        raise StepFailed(f"{section.entities} has no rows", remedy="bring the entities to learn from")
    label = table[section.label]
    nulls = int(label.isna().sum())
    if not _noted(context, "not_null", nulls == 0, "0 rows without a value", f"{nulls} rows", section.label):
        raise StepFailed(
            f"label {section.label} is missing in {nulls} of {len(table)} rows", remedy="leave those rows out"
        )
    _refuse_one_value(context, label, f"label {section.label}")
    held_out = _held_out(label, section.split)
    test_rows = int(held_out.sum())
    split = f"{test_rows} of {len(table)} rows held out"
    if not _noted(context, "split", 0 < test_rows < len(table), "rows to train on, and rows to judge by", split):
        raise StepFailed(
            f"training_set.split.test {section.split.test:g} of {len(table)} rows leaves a part empty",
            remedy="bring more rows, or another share",
        )
    _refuse_one_value(context, label[~held_out], f"label {section.label} of the rows to train on")
    table["split"] = held_out.map({True: "test", False: "train"})
    data_gates.require(context, section, frame, table)
    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(arrow, file, compression="zstd")
    missing = {str(name): int(count) for name, count in table.isna().sum().items() if count}
    times = table[frame.timestamp]
    types = {field.name: str(field.type) for field in arrow.schema}
    known = {"test_rows": test_rows, "missing": missing, "types": types, "oldest": times.min(), "newest": times.max()}
    return known, _distributions(section, frame, table)


def _distributions(
    section: TrainingSetSection, frame: TrainingFrame, table: pd.DataFrame
) -> tuple[distributions.Distribution, ...]:
    return distributions.measured(
        table.drop(columns="split"),
        keys=frame.keys,
        timestamp=frame.timestamp,
        features=frame.features,
        label=section.label,
        sensitive=section.sensitive,
    )


def _refuse_one_value(context: StepContext, label: pd.Series, what: str) -> None:
    count = int(label.nunique())
    if not _noted(context, "distinct_count", count >= 2, "2 values or more", f"{count}", str(label.name)):
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
    context: StepContext, section: TrainingSetSection, frame: TrainingFrame, *, file: Path, frozen: Frozen
) -> TrainingSet:
    """Keep the file in MLflow under its digest: once, however many runs meet the same data."""
    digest, test_rows = digests.of_file(file), frozen[0]["test_rows"]
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
    made = TrainingSet(
        uri=uri,
        digest=digest,
        mlflow_run_id=run.id,
        rows=frame.rows,
        keys=frame.keys,
        timestamp=frame.timestamp,
        features=frame.features,
        label=section.label,
        sensitive=section.sensitive,
        gates=context.record.passed_gates(),
        **frozen[0],
    )
    for sheet in datasheet.of(context.spec, made, frozen[1]).write(file.parent):
        tracking.upload(run.id, sheet)
    return made


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The entity file and the offline features."""
    return (spec.need(TrainingSetSection).entities, f"Feast offline store: {spec.need(FeaturesSection).service}")


def writes(spec: PathSpec) -> tuple[str, ...]:
    """The frozen set."""
    return (f"MLflow: training set of {spec.name}, by its SHA-256",)


def brings(spec: PathSpec, project: Project) -> tuple[Path, ...]:
    """The feature repository's files, the entities and the contract."""
    section = spec.need(TrainingSetSection)
    contract = (project.path(section.contract),) if section.contract else ()
    return (*materialize.brings(spec, project), project.path(section.entities), *contract)


STEP = Step(
    name="build_training_set",
    summary="Join features to labels as they were known at the time, split, freeze as parquet with a SHA-256",
    consumes=(Features,),
    produces=TrainingSet,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_features.build_training_set,
    brings=brings,
)
