"""Tables whose columns differ in type -> one frame. Versions of a model may have whole numbers where others have fractions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


ALWAYS = ("time", "request_id", "model", "version", "digest", "prediction", "score")


def frame(tables: Sequence[pa.Table], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """All rows. A column that a table lacks is null there; `columns` are there even when no table has them."""
    found: pd.DataFrame = table(tables, columns).to_pandas()
    return found


def table(tables: Sequence[pa.Table], columns: Sequence[str] | None = None) -> pa.Table:
    """The same, as one table."""
    import pyarrow as pa

    first = ALWAYS if columns is None else ("time", *columns)
    names = list(dict.fromkeys([*first, *(name for table in tables for name in table.column_names)]))
    types = {name: _type(table.schema.field(name).type for table in tables if name in table.column_names) for name in names}
    types["time"] = pa.timestamp("us", tz="UTC")
    schema = pa.schema(list(types.items()))
    alike = [pa.table([_cast(table, name, kind) for name, kind in types.items()], schema=schema) for table in tables]
    return pa.concat_tables(alike) if alike else schema.empty_table()


def _type(types: Iterable[Any]) -> Any:
    """One that holds them all: numbers as the wider ones, what does not go together as text."""
    import pyarrow as pa

    kinds = {pa.string() if pa.types.is_large_string(kind) else kind for kind in types if not pa.types.is_null(kind)}
    if not kinds:
        return pa.null()
    if len(kinds) == 1:
        return kinds.pop()
    if all(pa.types.is_integer(kind) for kind in kinds):
        return pa.int64()
    if all(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind) for kind in kinds):
        return pa.float64()
    if all(pa.types.is_timestamp(kind) for kind in kinds):
        return pa.timestamp("us")
    return pa.string()


def _cast(table: pa.Table, name: str, kind: Any) -> Any:
    import pyarrow as pa

    if name not in table.column_names:
        return pa.nulls(len(table), kind)
    column = table[name]
    if pa.types.is_boolean(column.type) and pa.types.is_floating(kind):
        column = column.cast(pa.int8())
    try:
        return column if column.type == kind else column.cast(kind, safe=False)
    except pa.ArrowException:  # lists and the like: no server of ours writes them
        return pa.nulls(len(table), kind)
