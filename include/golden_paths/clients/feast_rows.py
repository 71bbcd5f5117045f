"""The rows of an interval with their features: read, joined and written some rows at a time, each row once, in order.

Runs in the child alone (see `feast_child`). What it takes does not grow with the interval: that of Feast's join of one
chunk, and the rows of one chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths import digests
from golden_paths.clients.feast_entities import TIMESTAMP, times
from golden_paths.errors import StepFailed

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROW = "golden_paths_row"
READ = 65_536  # rows that are read at once


@dataclass(frozen=True)
class Wanted:
    """The rows of a file with start <= event_timestamp < end."""

    file: Path
    keys: list[str]
    start: datetime | None
    end: datetime
    chunk: int


def join(store: Any, service: Any, wanted: Wanted, destination: Path) -> dict[str, Any]:
    """Write keys, time and features of every wanted row; the same rows give the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = _types(service)
    file = _opened(wanted)
    head = [(key, _plain(file.schema_arrow.field(key).type)) for key in wanted.keys] + [(TIMESTAMP, pa.timestamp("us", tz="UTC"))]
    entities = destination.with_suffix(".entities")
    rows = found = 0
    with (
        pq.ParquetWriter(destination, pa.schema([*head, *types.items()]), compression="zstd") as joined,
        pq.ParquetWriter(entities, pa.schema(head), compression="zstd") as asked,
    ):
        for table in _chunks(_selected(file, wanted), wanted.chunk):
            rows += len(table)
            frame = _features(store, service, table, list(types), wanted.keys)
            found += len(frame)
            columns = [pa.Array.from_pandas(frame[name], type=kind) for name, kind in types.items()]
            asked.write_table(table, row_group_size=len(table))
            whole = pa.table([*table.columns, *columns], schema=joined.schema)
            joined.write_table(whole, row_group_size=len(table))
    digest = digests.of_file(entities)
    entities.unlink()
    return {"rows": found, "entity_rows": rows, "features": list(types), "entities_digest": digest}


def _types(service: Any) -> dict[str, pa.DataType]:
    """Arrow's type of every feature, fixed beforehand: what one chunk lacks may not change the type."""
    import pyarrow as pa

    known = {
        "Int32": pa.int32(),
        "Int64": pa.int64(),
        "Float32": pa.float32(),
        "Float64": pa.float64(),
        "Bool": pa.bool_(),
        "String": pa.string(),
        "UnixTimestamp": pa.timestamp("us", tz="UTC"),
    }
    found = {feature.name: str(feature.dtype) for view in service.feature_view_projections for feature in view.features}
    if other := [f"{name} ({kind})" for name, kind in found.items() if kind not in known]:
        raise StepFailed(
            f"batch scoring cannot hold features of these types: {', '.join(other)}",
            remedy=f"name a service with features of {', '.join(known)}",
        )
    return {name: known[kind] for name, kind in found.items()}


def _plain(kind: pa.DataType) -> pa.DataType:
    """Of a category that of its values: each part of a file may have categories of its own."""
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _opened(wanted: Wanted) -> Any:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(wanted.file)
    needed = [*wanted.keys, TIMESTAMP]
    if missing := [name for name in needed if name not in file.schema_arrow.names]:
        raise StepFailed(
            f"{wanted.file.name} has no column {', '.join(missing)}",
            remedy=f"it needs the keys of the service's views and the time: {', '.join(needed)}",
        )
    return file


def _selected(file: Any, wanted: Wanted) -> Iterator[pa.Table]:
    """The wanted rows, in the file's order."""
    import pandas as pd
    import pyarrow as pa

    names = [*wanted.keys, TIMESTAMP]
    end = pd.Timestamp(wanted.end)
    for batch in file.iter_batches(batch_size=READ, columns=names, use_threads=False):
        at = times(batch.column(TIMESTAMP).to_pandas(), wanted.file.name)
        mask = (at < end).to_numpy()
        if wanted.start:
            mask &= (at >= pd.Timestamp(wanted.start)).to_numpy()
        if mask.any():
            keys = [batch.column(key).filter(pa.array(mask)) for key in wanted.keys]
            keys = [key.cast(_plain(key.type)) for key in keys]
            yield pa.table([*keys, pa.Array.from_pandas(at[mask])], names=names)


def _chunks(tables: Iterator[pa.Table], size: int) -> Iterator[pa.Table]:
    import pyarrow as pa

    waiting: pa.Table | None = None
    for table in tables:
        waiting = table if waiting is None else pa.concat_tables([waiting, table])
        while len(waiting) >= size:
            yield waiting.slice(0, size).combine_chunks()
            waiting = waiting.slice(size).combine_chunks()
    if waiting is not None and len(waiting):
        yield waiting.combine_chunks()


def _features(store: Any, service: Any, table: pa.Table, names: list[str], keys: list[str]) -> pd.DataFrame:
    """The features of each row of a chunk. Feast is asked for each keys and time once: its dask store drops what repeats.

    A row without a key has no features.
    """
    import numpy as np
    import pandas as pd

    asked = table.to_pandas(integer_object_nulls=True, use_threads=False)
    place = asked.groupby([*keys, TIMESTAMP], sort=False, dropna=True).ngroup().to_numpy()
    known = place >= 0
    unique = asked[known].drop_duplicates([*keys, TIMESTAMP]).infer_objects()
    if unique.empty:
        return pd.DataFrame(index=asked.index, columns=names, dtype=object)
    unique = unique.assign(**{ROW: np.arange(len(unique))})
    unique[TIMESTAMP] = unique[TIMESTAMP].astype("datetime64[us, UTC]")
    joined = _joined(store, service, unique.reset_index(drop=True), names)
    # -1, a row without a key, is no row of the index: all its features are missing.
    return joined.reindex(np.where(known, place, -1)).reset_index(drop=True)


def _joined(store: Any, service: Any, unique: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """What Feast knows of each row, by its number.

    The dask store drops a row of which one view has later rows alone, with what other views know of it: those are asked for
    view by view.
    """
    import pandas as pd

    found = store.get_historical_features(entity_df=unique, features=service).to_df()[[ROW, *names]].set_index(ROW)
    if not found.index.is_unique:
        raise StepFailed(
            f"the point-in-time join made {len(found)} rows of {len(unique)} entity rows",
            remedy="use Feast's duckdb offline store, and see that no feature view's source repeats a key and time",
        )
    if (lost := unique[~unique[ROW].isin(found.index)]).empty:
        return found
    views = [_of_view(store, view, lost.reset_index(drop=True)) for view in service.feature_view_projections]
    again = pd.concat([view.reindex(lost[ROW]) for view in views], axis=1)[names]
    return pd.concat([found, again])


def _of_view(store: Any, view: Any, rows: pd.DataFrame) -> pd.DataFrame:
    if view.name_alias or view.name not in {one.name for one in store.list_feature_views()}:
        raise StepFailed(
            f"the point-in-time join lost {len(rows)} entity rows, and {view.name} cannot be asked for alone",
            remedy="use Feast's duckdb offline store",
        )
    features = [feature.name for feature in view.features]
    found = store.get_historical_features(entity_df=rows, features=[f"{view.name}:{name}" for name in features]).to_df()
    return found.set_index(ROW)[features]
