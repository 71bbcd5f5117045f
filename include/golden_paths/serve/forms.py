"""MLflow's four JSON forms and text/csv, each brought to columns: {name: [value of each row]}."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import orjson

from golden_paths.serve.columns import Column
from golden_paths.serve.problems import Refused, problem, wrong

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
Columns = dict[str, list[Any]]


def parse(body: bytes) -> Any:
    """JSON, with NaN and Infinity as Python and MLflow write them. Raises `Refused` 400."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if b"NaN" in body or b"Infinity" in body:  # no JSON, but answered by field and row rather than by position
            try:
                return json.loads(body)
            except (ValueError, RecursionError):
                pass
        raise Refused(400, f"the body is not JSON: {error}") from error


def columns_of(payload: Any, schema: Sequence[Column]) -> Columns:
    """The columns that a JSON document holds. Raises `Refused`: 400 for none of the forms, 422 for a wrong shape."""
    if not isinstance(payload, dict) or len(payload) != 1 or next(iter(payload)) not in FORMS:
        found = ", ".join(map(str, payload)) if isinstance(payload, dict) else type(payload).__name__
        raise Refused(400, f"the body is an object with one of {', '.join(FORMS)}; found {found or 'nothing'}")
    form, content = next(iter(payload.items()))
    if form == "dataframe_split":
        return _split(content)
    if form == "inputs" and isinstance(content, dict):
        return _by_column(content)
    if not isinstance(content, list) or not content:
        raise wrong([problem(form, "is not a list of rows, or has none")])
    if form != "dataframe_records" and isinstance(content[0], list):
        return _rows([column.name for column in schema], content, form)
    return _records(content, form)


def columns_of_csv(body: bytes, schema: Sequence[Column]) -> Columns:
    """The columns of a CSV text with a header. An empty field is missing; what reads as a number or truth value is one."""
    try:
        rows = [row for row in csv.reader(io.StringIO(body.decode("utf-8-sig")), strict=True) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(400, f"the body is not CSV: {error}") from error
    if len(rows) < 2:
        raise Refused(400, "the body is not CSV with a header and a row")
    texts = {column.name for column in schema if column.kind in ("string", "datetime")}
    columns = _rows(rows[0], rows[1:], "row")
    return {name: [_field(value, name in texts) for value in values] for name, values in columns.items()}


def _field(value: str, text: bool) -> Any:
    if value == "":
        return None
    if text:
        return value
    try:
        return json.loads(value.lower() if value.lower() in ("true", "false") else value)
    except ValueError:
        return value


def _split(content: Any) -> Columns:
    parts = [content.get(part) for part in ("columns", "data")] if isinstance(content, dict) else [None]
    if not all(isinstance(part, list) for part in parts):
        raise wrong([problem("dataframe_split", "needs the lists 'columns' and 'data'")])
    names = content["columns"]
    if len(set(map(str, names))) != len(names):
        raise wrong([problem(str(name), "is named twice") for name in names if names.count(name) > 1][:1])
    return _rows(names, content["data"], "dataframe_split")


def _rows(names: list[Any], rows: list[Any], form: str) -> Columns:
    """Rows of values, in the order of `names`."""
    width = len(names)
    problems = [
        problem(form, f"has not the {width} values of a row, one for each column", row=number)
        for number, row in enumerate(rows)
        if not isinstance(row, list) or len(row) != width
    ]
    if problems or not rows:
        raise wrong(problems or [problem(form, "has no rows")])
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _records(rows: list[Any], form: str) -> Columns:
    """Rows as objects. A key that only some of them have is missing in the others."""
    problems = [
        problem(form, "is not an object", row=number) for number, row in enumerate(rows) if not isinstance(row, dict)
    ]
    if problems:
        raise wrong(problems)
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _by_column(content: dict[str, Any]) -> Columns:
    columns = {name: values if isinstance(values, list) else [values] for name, values in content.items()}
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1 or lengths == {0}:
        raise wrong([problem("inputs", "has columns of different lengths, or no rows")])
    return columns
