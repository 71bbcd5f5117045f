"""Scores a frame of features, some rows at a time, into a parquet file. Child side of the step score."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths import answers
from golden_paths.errors import CodeFailed

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from golden_paths.scoring.asked import Answers
    from golden_paths.serve.model import ServedModel

SCORE = "score"
VALUES = 5_000_000  # of features that are asked about at once: 40 MB as numbers, and a few times that while they are asked about
STAMPED = ("model", "version", "digest", "run_id", "spec_digest")  # the same in every row


def scored(payload: dict[str, Any]) -> dict[str, Any]:
    """Ask the folder `model`, whose digest must be `digest`, about the rows of `frame`; write one row for each to `out`.

    Columns: those of `head` (keys and time), prediction, score, reason, and the texts of `stamp`. `score` is the probability
    of the second of two classes; of more classes each has a column `score_CLASS`; a model without probabilities has none.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from golden_paths.scoring.asked import Asked
    from golden_paths.serve.model import ServedModel, example_of, first_of

    model, example = ServedModel.loaded(Path(payload["model"]), payload["digest"]), example_of(Path(payload["model"]))
    file = pq.ParquetFile(payload["frame"])
    names = [column.name for column in model.columns]
    _require(file.schema_arrow.names, names, payload)
    asked, head = Asked(model, payload["place"], first_of(example) if example else None), payload["head"]
    schema: pa.Schema | None = None
    unanswered = 0
    with contextlib.ExitStack() as opened:
        for batch in file.iter_batches(_rows(len(names)), columns=[*head, *names], use_threads=False):
            if not len(table := pa.Table.from_batches([batch])):
                continue
            found = asked.about(table.select(names).to_pandas(use_threads=False))
            unanswered += int((found.reasons != None).sum())  # noqa: E711 - element by element
            if schema is None:
                schema = _schema(file, payload, model, _kind(model, found))
                writer = opened.enter_context(pq.ParquetWriter(payload["out"], schema, compression="zstd"))
            columns = [table.column(name) for name in head] + _columns(found, model, schema.field("prediction").type)
            columns += [_repeated(text, len(table)) for text in payload["stamp"].values()]
            writer.write_table(pa.table(columns, schema=schema), row_group_size=len(table))
    if schema is None:
        schema = _schema(file, payload, model, _kind(model, None))
        pq.write_table(schema.empty_table(), payload["out"], compression="zstd")
    return {"rows": file.metadata.num_rows, "unanswered": unanswered, "columns": _told(schema)}


def _told(schema: pa.Schema) -> list[list[str]]:
    return [[field.name, "string" if field.name in STAMPED else str(field.type)] for field in schema]


def _rows(columns: int) -> int:
    """Rows that are asked about at once: trees are walked by threads that meet after each tree, so few large parts are faster."""
    return max(1000, VALUES // max(1, columns))


def _require(held: list[str], needed: list[str], payload: Mapping[str, Any]) -> None:
    if missing := [name for name in needed if name not in held]:
        raise CodeFailed(
            f"{payload['place']} needs {', '.join(missing)}, which service {payload['service']} does not have",
            remedy="name the service that it was trained on in features.service",
        )


def _classes(model: ServedModel) -> list[Any] | None:
    """A classifier's, with or without probabilities."""
    import numpy as np

    if model.classes is not None:
        return model.classes
    own = getattr(model.estimator, "classes_", None)
    return None if own is None else answers.listed(answers.natural(np.asarray(own)))


def _kind(model: ServedModel, found: Answers | None) -> pa.DataType:
    """Arrow's type of the predictions: that of the classes, or else of the first answers."""
    import pyarrow as pa

    known = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    if classes := _classes(model):
        kinds = {type(one) for one in classes}
        return known.get(kinds.pop(), pa.string()) if len(kinds) == 1 else pa.string()
    answered = [] if found is None else [one for one in found.predictions[:100].tolist() if one is not None]
    return pa.string() if any(isinstance(one, str) for one in answered) else pa.float64()


def _schema(file: Any, payload: Mapping[str, Any], model: ServedModel, kind: pa.DataType) -> pa.Schema:
    import pyarrow as pa

    head = [file.schema_arrow.field(name) for name in payload["head"]]
    scores = [pa.field(name, pa.float64()) for name in _scores(model)]
    told = [pa.field("prediction", kind), *scores, pa.field("reason", pa.string())]
    stamp = [pa.field(name, pa.dictionary(pa.int32(), pa.string())) for name in payload["stamp"]]
    schema = pa.schema([*head, *told, *stamp])
    if double := sorted({name for name in schema.names if schema.names.count(name) > 1}):
        raise CodeFailed(
            f"the scores would have two columns {', '.join(double)}: keys are called like columns of the scores",
            remedy="rename the join key in the feature repository",
        )
    return schema


def _scores(model: ServedModel) -> list[str]:
    if model.classes is None:
        return []
    return [SCORE] if len(model.classes) == 2 else [f"{SCORE}_{name}" for name in model.classes]


def _columns(found: Answers, model: ServedModel, kind: pa.DataType) -> list[Any]:
    """prediction, the scores and reason."""
    import numpy as np
    import pyarrow as pa

    none = found.reasons != None  # noqa: E711 - element by element
    columns = [_predictions(found.predictions, none, kind)]
    if found.chances is not None and model.classes is not None:
        of = [1] if len(model.classes) == 2 else range(len(model.classes))
        masks = none | ~np.isfinite(found.chances).all(axis=1)
        columns += [pa.array(np.ascontiguousarray(found.chances[:, column]), mask=masks) for column in of]
    return [*columns, pa.array(found.reasons, type=pa.string())]


def _predictions(values: np.ndarray[Any, Any], none: np.ndarray[Any, Any], kind: pa.DataType) -> Any:
    import pyarrow as pa

    if pa.types.is_string(kind):
        values = values.astype(str).astype(object)
    if values.dtype == object:
        return pa.array([None if is_none else value for value, is_none in zip(values.tolist(), none, strict=True)], type=kind)
    return pa.array(values, mask=none).cast(kind)


def _repeated(text: str, rows: int) -> Any:
    import numpy as np
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype="int32")), pa.array([text]))
