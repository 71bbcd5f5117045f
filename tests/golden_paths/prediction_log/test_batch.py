"""Answers as a table: types that stay, and what is hashed or left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from golden_paths.prediction_log import batch
from golden_paths.prediction_log.batch import Answered
from golden_paths.prediction_log.hashing import hashed
from golden_paths.prediction_log.keeping import Keeping
from prediction_logs import answered, form

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
KINDS: dict[str, tuple[list[Any], str, list[Any]]] = {
    "double": ([1, 2.5, None, float("nan"), 2**60], "double", [1.0, 2.5, None, None, float(2**60)]),
    "float": ([0.5, None], "double", [0.5, None]),
    "long": ([1, 2.0, 2**62], "int64", [1, 2, 2**62]),
    "integer": ([1, 2.0], "int64", [1, 2]),
    "boolean": ([True, False], "bool", [True, False]),
    "string": (["a", None], "string", ["a", None]),
    "datetime": (
        ["2026-11-27T13:00:00+01:00", "2026-11-27T12:00:00.5", None],
        "timestamp[us]",
        [datetime(2026, 11, 27, 12), datetime(2026, 11, 27, 12, 0, 0, 500000), None],
    ),
}


def asked(columns: dict[str, list[Any]], predictions: list[Any], **more: Any) -> Answered:
    return Answered(NOON.timestamp(), "r", more.pop("entities", None), columns, {"predictions": predictions, **more})


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_has_the_type_of_the_models_signature_whatever_the_values(kind: str) -> None:
    values, dtype, expected = KINDS[kind]
    of = form(features={"x": kind}, keys={})
    column = batch.table(of, [asked({"x": values}, [1] * len(values))])["feature.x"]
    assert (str(column.type), column.to_pylist()) == (dtype, expected)
    if kind not in ("long", "integer", "boolean"):  # numpy has no missing value in these: the model does not take one
        column = batch.table(of, [asked({"x": [None]}, [1])])["feature.x"]
        assert (str(column.type), column.to_pylist()) == (dtype, [None])


@pytest.mark.parametrize(
    ("predictions", "dtype"),
    [([0.5, None], "double"), ([1], "int64"), ([True], "bool"), (["a", None], "string"), ([None], "null"), ([1, "a"], "string")],
    ids=str,
)
def test_a_prediction_has_the_type_that_it_has(predictions: list[Any], dtype: str) -> None:
    assert str(batch.table(form(features={}, keys={}), [asked({}, predictions)])["prediction"].type) == dtype


@pytest.mark.parametrize(
    ("probabilities", "scores"),
    [(None, [None, None]), ([[0.2, 0.8], [1.0, None]], [0.8, None]), ([[0.2, 0.3, 0.5]] * 2, [None, None])],
    ids=["none", "of two classes", "of three"],
)
def test_the_score_is_the_second_classs_probability_of_two(probabilities: Any, scores: list[float | None]) -> None:
    table = batch.table(form(features={}, keys={}), [asked({}, [1, 1], probabilities=probabilities)])
    assert (table["score"].to_pylist(), table["score"].type) == (scores, pa.float64())


def test_rows_of_both_routes_have_the_same_columns() -> None:
    one, other = (batch.table(form(), [answered(NOON, [40.0, 50.0], patient=patient)]) for patient in (None, 7))
    assert one.schema == other.schema
    assert (one["entity.patient"].to_pylist(), other["entity.patient"].to_pylist()) == ([None, None], [7, 8])


def made(key: str | None = "key", **more: Any) -> dict[str, list[Any]]:
    keeping = Keeping(address="/log", **more)
    found: dict[str, list[Any]] = batch.table(
        form(keeping=keeping, hash_key=key), [answered(NOON, [40.0, None], patient=7)]
    ).to_pydict()
    return found


def test_what_is_hashed_is_what_the_watch_makes_of_the_same_value() -> None:
    found = made(hashed=("sex", "age", "patient"))
    assert found["feature.sex"] == [hashed(0, "key"), hashed(1.0, "key")]
    assert found["feature.age"] == [hashed(40, "key"), None]
    assert found["entity.patient"] == [hashed(7, "key"), hashed(8, "key")]
    assert found["feature.ward"] == ["north", "north"]


def test_every_key_is_hashed_where_the_policy_says_so() -> None:
    found = made(hash_keys=True)
    assert (found["entity.patient"], found["feature.sex"]) == ([hashed(7, "key"), hashed(8, "key")], [0, 1])


@pytest.mark.parametrize(
    ("more", "left"),
    [
        ({"left_out": ("sex", "patient")}, ["feature.age", "feature.ward"]),
        ({"hashed": ("sex",), "key": None}, ["entity.patient", "feature.age", "feature.ward"]),
        ({"hash_keys": True, "key": None}, ["feature.age", "feature.sex", "feature.ward"]),
    ],
    ids=["by the policy", "without a key", "keys without a key"],
)
def test_what_may_not_be_kept_is_not_there(more: dict[str, Any], left: list[str]) -> None:
    assert [name for name in made(**more) if "." in name] == left


def test_rows_of_two_hours_are_two_files() -> None:
    late = [answered(NOON + timedelta(minutes=minutes), [1.0]) for minutes in (59, 60, 58)]
    assert [(hour, len(those)) for hour, those in batch.by_hour(late)] == [(NOON, 2), (NOON + timedelta(hours=1), 1)]
