"""The rows of a file of scores as rows of a table. Its columns follow from the file's; those that come later are added."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths.errors import StepFailed

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import Column, Connection, Table
    from sqlalchemy.types import TypeEngine

AT_A_TIME = 20_000  # rows in memory
LONGEST = 63  # bytes: PostgreSQL cuts longer names off
INTERVAL = "interval"  # the column that says which interval a row is of
FITS = {("whole", "number"), ("whole", "decimal")}  # may go into columns of another kind


def table(name: str, schema: str | None, columns: Sequence[Column[Any]] = ()) -> Table:
    """As SQLAlchemy knows it: at least the interval of each row."""
    from sqlalchemy import Column, MetaData, Table, Text

    return Table(name, MetaData(), Column(INTERVAL, Text, nullable=False, index=True), *columns, schema=schema)


def fill(connection: Connection, into: Table, scores: Path, interval: str) -> None:
    """Add the file's rows. Makes the table, or its columns, first where they are not there. Raises `StepFailed`."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(scores) as file:
        kinds = {field.name: _kind(field) for field in file.schema_arrow}
        columns = {name: kind for name, kind in kinds.items() if kind}
        _prepare(connection, into, columns)
        whole = table(into.name, into.schema, _columns(columns))
        batches = file.iter_batches(AT_A_TIME, columns=list(columns), use_threads=False)
        rows = (row for batch in batches for row in _rows(batch, interval))
        if connection.dialect.name == "postgresql":
            _copy(connection, whole, (INTERVAL, *columns), rows)
        else:
            _insert(connection, whole, (INTERVAL, *columns), rows)


def _prepare(connection: Connection, into: Table, columns: dict[str, str]) -> None:
    from sqlalchemy import inspect
    from sqlalchemy.schema import CreateColumn

    if not inspect(connection).has_table(into.name, schema=into.schema):
        table(into.name, into.schema, _columns(columns)).create(connection)
        return
    there = {str(one["name"]): _kind_of(one["type"]) for one in inspect(connection).get_columns(into.name, schema=into.schema)}
    for name, kind in columns.items():
        if name in there and kind != there[name] and (kind, there[name]) not in FITS:
            raise StepFailed(
                f"column {name} of table {into.name} holds {there[name] or 'something else'}, and these scores have {kind} there",
                remedy="name another table in score.table, or have this one dropped",
            )
    whole = table(into.name, into.schema, _columns(columns))
    named = connection.dialect.identifier_preparer.format_table(into)
    for name in columns:
        if name not in there:
            told = CreateColumn(whole.c[name]).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {named} ADD COLUMN {told}")


def _columns(kinds: dict[str, str]) -> list[Column[Any]]:
    from sqlalchemy import Column

    return [Column(name, _types()[kind]) for name, kind in kinds.items()]


def _types() -> dict[str, TypeEngine[Any]]:
    from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Numeric, Text

    return {
        "whole": BigInteger(),
        "number": Double(),
        "decimal": Numeric(),
        "yes or no": Boolean(),
        "text": Text(),
        "time": DateTime(timezone=True),
        "date": Date(),
    }


def _kind(field: pa.Field) -> str | None:
    """None of a column that has no value at all. Raises `StepFailed`."""
    from pyarrow import types

    kind = field.type.value_type if types.is_dictionary(field.type) else field.type
    if field.name.lower() == INTERVAL or len(field.name.encode()) > LONGEST or "\0" in field.name:
        raise StepFailed(
            f"column {field.name[:80]!r} cannot be one of a table: its name has more than {LONGEST} bytes, or is interval",
            remedy="rename it, or leave score.table out: scores then go into files",
        )
    for name, is_one in {
        "whole": types.is_integer,
        "number": types.is_floating,
        "decimal": types.is_decimal,
        "yes or no": types.is_boolean,
        "text": lambda one: types.is_string(one) or types.is_large_string(one),
        "time": types.is_timestamp,
        "date": types.is_date,
    }.items():
        if is_one(kind):
            return name
    if types.is_null(kind):
        return None
    raise StepFailed(
        f"column {field.name} has values of type {kind}, which no table of scores takes",
        remedy="leave score.table out: scores then go into files",
    )


def _kind_of(type_: TypeEngine[Any]) -> str | None:
    """Of a column that is there."""
    from sqlalchemy import Boolean, Date, DateTime, Double, Float, Integer, Numeric, String

    for kind, name in (
        (Boolean, "yes or no"),
        (Integer, "whole"),
        (Double, "number"),
        (Float, "number"),
        (Numeric, "decimal"),
        (DateTime, "time"),
        (Date, "date"),
        (String, "text"),
    ):
        if isinstance(type_, kind):
            return name
    return None


def _rows(batch: pa.RecordBatch, interval: str) -> Iterator[tuple[Any, ...]]:
    columns = [_values(column) for column in batch.columns]
    return ((interval, *row) for row in zip(*columns, strict=True))


def _values(column: pa.Array) -> list[Any]:
    """As Python's own. Times without a zone are UTC; databases keep them to the microsecond."""
    import pyarrow as pa

    if not pa.types.is_timestamp(column.type):
        values: list[Any] = column.to_pylist()
        return values
    moments = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False).to_pylist()
    return [_in_utc(moment) if moment else None for moment in moments]


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _copy(connection: Connection, into: Table, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
    """By COPY, as PostgreSQL has it for many rows."""
    quote = connection.dialect.identifier_preparer
    named = ", ".join(quote.quote(name) for name in columns)
    told = f"COPY {quote.format_table(into)} ({named}) FROM STDIN".replace("%%", "%")  # doubled for statements with parameters
    raw = connection.connection.driver_connection
    assert raw
    with raw.cursor() as cursor, cursor.copy(told) as copy:
        for row in rows:
            copy.write_row(row)


def _insert(connection: Connection, into: Table, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
    while some := [dict(zip(columns, row, strict=True)) for row in islice(rows, AT_A_TIME)]:
        connection.execute(into.insert(), some)
