"""Answers -> a parquet file. Runs in a server's log thread: what it costs, requests pay for by the GIL."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from golden_paths.prediction_log.hashing import hashed
from golden_paths.prediction_log.keeping import Keeping

if TYPE_CHECKING:
    import pyarrow as pa

ENTITY, FEATURE = "entity.", "feature."
# MLflow's types, and those of entity keys. Whole numbers are 64 bits, so that files of two versions have one type.
TYPES = {
    "double": "float64",
    "float": "float64",
    "long": "int64",
    "integer": "int64",
    "boolean": "bool",
    "string": "string",
    "datetime": "timestamp[us]",
}
OF_KEYS = {int: "long", str: "string", bool: "boolean", float: "double"}


class Answered(NamedTuple):
    """One request's rows, as references to what the request made of them; nothing is copied.

    `columns`: feature -> the value of each row. `answer` has `predictions`, and may have `probabilities`.
    """

    at: float  # seconds since the epoch
    request: str
    entities: Sequence[Mapping[str, Any]] | None
    columns: Mapping[str, Sequence[Any]]
    answer: Mapping[str, Any]

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.answer["predictions"])


@dataclass(frozen=True)
class Form:
    """What every file of one server looks like. `features` and `keys`: name -> MLflow's type."""

    model: str
    version: str
    digest: str
    features: Mapping[str, str]
    keys: Mapping[str, str]
    keeping: Keeping
    hash_key: str | None = None

    def left_out(self, name: str, *, is_key: bool) -> bool:
        """Whether a column is not kept: as the policy says, or since there is no key to hash it with."""
        return name in self.keeping.left_out or (self.is_hashed(name, is_key=is_key) and not self.hash_key)

    def is_hashed(self, name: str, *, is_key: bool) -> bool:
        """Whether a column is not kept as it is."""
        return name in self.keeping.hashed or (is_key and self.keeping.hash_keys)


def parquet(form: Form, answers: Sequence[Answered]) -> bytes:
    """The file."""
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(table(form, answers), stream, compression="zstd")
    return stream.getvalue()


def table(form: Form, answers: Sequence[Answered]) -> pa.Table:
    """Its rows."""
    import pyarrow as pa

    rows = sum(one.rows for one in answers)
    made: dict[str, Any] = {
        "time": pa.array(_each(answers, lambda one: round(one.at * 1e6)), pa.int64()).cast(pa.timestamp("us", tz="UTC")),
        "request_id": pa.array(_each(answers, lambda one: one.request), pa.string()),
        "model": _constant(form.model, rows),
        "version": _constant(form.version, rows),
        "digest": _constant(form.digest, rows),
    }
    for name, kind in form.keys.items():
        if not form.left_out(name, is_key=True):
            made[ENTITY + name] = _column(form, name, kind, list(_keys(answers, name)), is_key=True)
    for name, kind in form.features.items():
        if not form.left_out(name, is_key=False):
            values = list(chain.from_iterable(one.columns[name] for one in answers))
            made[FEATURE + name] = _column(form, name, kind, values, is_key=False)
    made["prediction"] = _array(list(chain.from_iterable(one.answer["predictions"] for one in answers)))
    made["score"] = pa.array(chain.from_iterable(map(_scores, answers)), pa.float64(), from_pandas=True)
    return pa.table(made)


def by_hour(answers: Iterable[Answered]) -> list[tuple[datetime, list[Answered]]]:
    """Those of each hour. Two at most, unless the clock was set."""
    found: dict[int, list[Answered]] = {}
    for one in answers:
        found.setdefault(int(one.at // 3600), []).append(one)
    return [(datetime.fromtimestamp(hour * 3600, UTC), those) for hour, those in found.items()]


def _each(answers: Sequence[Answered], of: Callable[[Answered], Any]) -> list[Any]:
    return list(chain.from_iterable(repeat(of(one), one.rows) for one in answers))


def _constant(value: str, rows: int) -> Any:
    import pyarrow as pa

    return pa.repeat(pa.scalar(value, pa.string()), rows)


def _keys(answers: Sequence[Answered], name: str) -> Iterable[Any]:
    for one in answers:
        yield from repeat(None, one.rows) if one.entities is None else (entity[name] for entity in one.entities)


def _scores(one: Answered) -> Iterable[float | None]:
    chances = one.answer.get("probabilities")
    if not chances or len(chances[0]) != 2:
        return repeat(None, one.rows)
    return (both[1] for both in chances)


def _column(form: Form, name: str, kind: str, values: list[Any], *, is_key: bool) -> Any:
    import pyarrow as pa

    if form.is_hashed(name, is_key=is_key) and form.hash_key:
        if kind == "float":  # the model's, of 32 bits: JSON's and Feast's were wider
            values = [_narrow(value) for value in values]
        known: dict[tuple[type, Any], str | None] = {}
        return pa.array([_known(known, value, form.hash_key) for value in values], pa.string())
    return _array(values, kind)


def _known(known: dict[tuple[type, Any], str | None], value: Any, key: str) -> str | None:
    place = (type(value), value)
    try:
        is_new = place not in known
    except TypeError:  # a list
        return hashed(value, key)
    if is_new:
        known[place] = hashed(value, key)
    return known[place]


def _array(values: list[Any], kind: str | None = None) -> Any:
    """The values in the type of the column's kind; where one does not fit, in the type that they have; else as text."""
    import pyarrow as pa

    try:
        if kind == "datetime":
            return _times(values)
        if kind in ("double", "float"):  # whole numbers past 2**53 too, as the model had them
            values = [None if value is None else float(value) for value in values]
        elif kind in ("long", "integer"):
            values = [None if value is None else int(value) for value in values]
        return pa.array(values, pa.type_for_alias(TYPES[kind]) if kind else None, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _narrow(value: Any) -> Any:
    import numpy as np

    return np.float32(value) if isinstance(value, float | int) else value


def _text(value: Any) -> str:
    """JSON may hold half of a surrogate pair, and parquet may not."""
    return str(value).encode(errors="replace").decode()


def _times(values: list[Any]) -> Any:
    import pandas as pd
    import pyarrow as pa

    # One by one, as the server reads them: pandas gives a time without a zone that of the one before.
    read = [None if pd.isna(value) else pd.Timestamp(value) for value in values]
    plain = [stamp.tz_convert("UTC").tz_localize(None) if stamp is not None and stamp.tzinfo else stamp for stamp in read]
    return pa.array(plain, pa.timestamp("us"), safe=False)
