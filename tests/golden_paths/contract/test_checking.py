"""A frame against a contract: each rule, all of them at once, every way to store a column, and what is told of whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from contract_cases import NOW, checked, contract, frame_of, of_x
from golden_paths.contract.model import ColumnRules, Contract, LabelRule

NAN = float("nan")
BROKEN: list[tuple[dict[str, Any], list[Any], list[str]]] = [
    ({"type": "number"}, [1, "a", 2.5], ["x (type): expected number, found 1 of 3 rows hold str; patient_id=2: 'a'"]),
    ({"type": "number"}, ["a", True, 1.5], ["x (type): expected number, found 2 of 3 rows hold bool, str; "
        "patient_id=1: 'a', patient_id=2: True"]),
    ({"type": "number"}, [True, False], ["x (type): expected number, found 2 of 2 rows hold bool; "
        "patient_id=1: True, patient_id=2: False"]),
    ({"type": "integer"}, [1.0, 2.5], ["x (type): expected integer, found 1 of 2 rows hold float; patient_id=2: 2.5"]),
    ({"type": "integer"}, [1.0, float("inf")], ["x (type): expected integer, found 1 of 2 rows hold float; patient_id=2: inf"]),
    ({"type": "text"}, ["a", 3], ["x (type): expected text, found 1 of 2 rows hold int; patient_id=2: 3"]),
    ({"type": "boolean"}, [0, 1], ["x (type): expected boolean, found 2 of 2 rows hold int; patient_id=1: 0, patient_id=2: 1"]),
    ({"type": "time"}, ["2026-01-01"], ["x (type): expected time, found 1 of 1 rows hold str; patient_id=1: '2026-01-01'"]),
    ({"type": "number", "min": 1, "max": 2}, [0.5, 1, 2, 7.5],
        ["x (range): expected from 1 to 2, found 2 of 4 rows, with 0.5 to 7.5; patient_id=1: 0.5, patient_id=4: 7.5"]),
    ({"type": "integer", "max": 2}, [3, 2], ["x (range): expected at most 2, found 1 of 2 rows, with 3 to 3; patient_id=1: 3"]),
    ({"type": "number", "min": 1}, [float("inf"), -float("inf"), 1],
        ["x (range): expected at least 1, found 2 of 3 rows, with -inf to inf; patient_id=1: inf, patient_id=2: -inf"]),
    ({"type": "number"}, [1.0, NAN], ["x (nulls): expected a value in every row, found 1 of 2 rows (50.00%) have none; "
        "patient_id=2"]),
    ({"type": "number", "nulls": 0.3}, [1.0, NAN, None, 2], ["x (nulls): expected a value in at least 70% of the rows, "
        "found 2 of 4 rows (50.00%) have none; patient_id=2, patient_id=3"]),
    ({"type": "text", "allowed": ("f", "m")}, ["f", "x", "F"],
        ["x (allowed): expected one of 'f', 'm', found 2 of 3 rows; patient_id=2: 'x', patient_id=3: 'F'"]),
    ({"type": "integer", "allowed": (1, 2)}, [1, 3], ["x (allowed): expected one of 1, 2, found 1 of 2 rows; patient_id=2: 3"]),
    ({"type": "text", "unique": True}, ["a", "b", "a"],
        ["x (unique): expected each value once, found 2 of 3 rows; patient_id=1: 'a', patient_id=3: 'a'"]),
    ({"type": "integer", "min": 0, "unique": True}, [-1, -1, "a", None], [
        "x (type): expected integer, found 1 of 4 rows hold str; patient_id=3: 'a'",
        "x (nulls): expected a value in every row, found 1 of 4 rows (25.00%) have none; patient_id=4",
        "x (range): expected at least 0, found 2 of 4 rows, with -1 to -1; patient_id=1: -1, patient_id=2: -1",
        "x (unique): expected each value once, found 2 of 4 rows; patient_id=1: -1, patient_id=2: -1",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "values", "said"), BROKEN, ids=range(len(BROKEN)))
def test_what_breaks_a_rule_is_told_with_its_rows(rules: dict[str, Any], values: list[Any], said: list[str]) -> None:
    assert [str(violation) for violation in of_x(values, **rules)] == said


KEPT: list[tuple[dict[str, Any], list[Any]]] = [
    ({"type": "number", "min": 1, "max": 2}, [1, 2, 1.5]),
    ({"type": "number", "min": 2, "max": 2}, [2, 2.0]),
    ({"type": "number"}, [float("inf"), 1]),
    ({"type": "integer"}, [1.0, 2.0]),
    ({"type": "integer", "min": 0, "nulls": 0.5, "unique": True}, [1, NAN, NAN, 2]),
    ({"type": "number", "nulls": 0.25, "min": 0}, [1.0, NAN, 2, 3]),
    ({"type": "number", "nulls": 0.29}, [NAN] * 29 + [1.0] * 71),
    ({"type": "text", "allowed": ("f", "m"), "nulls": 0.5}, ["f", None]),
    ({"type": "integer", "allowed": (1, 2), "nulls": 0.5}, [1, None]),
    ({"type": "text", "unique": True}, ["a", "A", " a"]),
    ({"type": "boolean"}, [True, False]),
    ({"type": "time"}, [datetime(2026, 1, 1, tzinfo=UTC)]),
    ({"type": "time"}, [date(2026, 1, 1), date(9999, 1, 1)]),
]


@pytest.mark.parametrize(("rules", "values"), KEPT, ids=range(len(KEPT)))
def test_what_keeps_a_rule_is_not_told(rules: dict[str, Any], values: list[Any]) -> None:
    assert of_x(values, **rules) == []


NUMBERS = ("int64", "float64", "uint8", "Int64", "Float32", "int32[pyarrow]", "double[pyarrow]", "category", "object")
STORED: list[tuple[str, pd.Series, dict[str, Any], tuple[str, ...]]] = [
    *((kind, pd.Series([1, 2, 9], dtype=kind), {"max": 5, "allowed": (1, 2, 3)}, ("range", "allowed")) for kind in NUMBERS),
    *((kind, pd.Series([1, None, 9], dtype=kind), {"max": 5, "unique": True}, ("nulls", "range"))
        for kind in ("float64", "Int64", "uint64[pyarrow]", "double[pyarrow]", "category", "object")),
    *((kind, pd.Series(["a", None, "b", "b"], dtype=kind), {"type": "text", "allowed": ("a",), "unique": True},
        ("nulls", "allowed", "unique")) for kind in ("object", "string", "string[pyarrow]", "large_string[pyarrow]", "category")),
    *((kind, pd.Series([True, None], dtype=kind), {"type": "boolean"}, ("nulls",))
        for kind in ("object", "boolean", "bool[pyarrow]", "category")),
    *((kind, pd.Series(pd.to_datetime(["2026-01-01", None, "2026-01-01"])).astype(kind), {"type": "time", "unique": True},
        ("nulls", "unique")) for kind in ("datetime64[ns]", "datetime64[us]", "object")),
    *((kind, pd.Series(pd.to_datetime(["2026-01-01", None, "2026-01-01"], utc=True), dtype=kind),
        {"type": "time", "unique": True}, ("nulls", "unique"))
        for kind in ("datetime64[us, Europe/Berlin]", "timestamp[us, tz=Asia/Tokyo][pyarrow]", "category")),
    ("decimal", pd.Series([Decimal("1.5"), Decimal(9)]), {"type": "number", "max": 5}, ("range",)),
    ("beyond 64 bits", pd.Series([1, 10**30], dtype=object), {"max": 5}, ("range",)),
    ("beyond floats", pd.Series([1, 10**400], dtype=object), {"type": "number", "max": 5}, ("range",)),
]  # fmt: skip


@pytest.mark.parametrize(("series", "rules", "broken"), [one[1:] for one in STORED], ids=[one[0] for one in STORED])
def test_how_a_column_is_stored_changes_nothing(
    series: pd.Series, rules: dict[str, Any], broken: tuple[str, ...]
) -> None:
    assert tuple(one.rule for one in of_x(series, **({"type": "integer"} | rules))) == broken


@pytest.mark.parametrize(
    "odd", [pd.to_timedelta([1, 2]), pd.period_range("2026", periods=2), [1j, 2j], [[1], {2: 3}], [b"a", b"b"]]
)
@pytest.mark.parametrize("kind", ["number", "integer", "text", "boolean", "time"])
def test_what_no_contract_knows_is_of_another_type(odd: Any, kind: str) -> None:
    more = {"min": 0, "allowed": (1,)} if kind == "integer" else {}
    (violation,) = of_x(pd.Series(odd), type=kind, unique=True, **more)
    assert (violation.rule, violation.rows) == ("type", 2)


def test_every_violation_is_told_in_the_order_of_the_contract() -> None:
    old = [pd.Timestamp("2026-01-01", tz="UTC")] * 6
    frame = frame_of([5, 5, NAN, "bad", 0.5, 1], sex=["f", "?", None, 7, "m", "m"], t=old, y=[0, 0, 0, 0, 0, 1])
    found = [(one.rule, one.column, one.rows) for one in checked(frame, contract())]
    assert found == [
        ("type", "x", 1),
        ("nulls", "x", 1),
        ("range", "x", 2),
        ("unique", "x", 2),
        ("type", "sex", 1),
        ("nulls", "sex", 1),
        ("allowed", "sex", 1),
        ("column", "gone", 6),
        ("rows", None, 6),
        ("label", "y", 1),
        ("freshness", "t", 6),
    ]


def test_the_rules_of_the_whole_are_kept_at_their_bounds() -> None:
    columns = {"x": ColumnRules(type="number")}
    at_bound = contract(columns=columns, label=LabelRule(each_class_at_least=0.5))
    frame = frame_of(range(10), t=pd.Timestamp(NOW - timedelta(days=30)))
    assert checked(frame, at_bound) == []
    assert [one.rule for one in checked(frame.iloc[:9], at_bound)] == ["rows", "label"]
    assert [one.rule for one in checked(frame, at_bound, as_of=NOW + timedelta(seconds=1))] == ["freshness"]


def test_a_rare_class_an_old_row_and_too_few_rows_say_what_was_found() -> None:
    frame = frame_of(range(4), t=pd.Timestamp("2026-01-01"), y=["no", "no", "no", None])
    frame.loc[3, "y"] = "yes"
    found = checked(frame, contract(columns={}))
    assert [str(one) for one in found] == [
        "rows: expected at least 10 rows, found 4",
        "y (label): expected each class in at least 40% of the rows, found class 'yes' in 25.00%; patient_id=4",
        "t (freshness): expected a row from 2026-01-30T00:00:00+00:00 or later, found 2026-01-01T00:00:00+00:00",
    ]


def test_a_label_of_many_rare_classes_is_told_once() -> None:
    (violation,) = checked(frame_of(range(100), y=range(100)), Contract(label=LabelRule(each_class_at_least=0.1)))
    assert (violation.found, violation.rows) == ("100 of 100 classes in less, the rarest in 1.00%", 100)


@pytest.mark.parametrize("as_of", [NOW, NOW.replace(tzinfo=None)])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_freshness_knows_zones(as_of: datetime, zone: str | None) -> None:
    rule = Contract(freshness=timedelta(hours=1))
    local = pd.Timestamp(NOW - timedelta(minutes=59)).tz_convert(zone)
    assert checked(frame_of([1], t=local), rule, as_of=as_of) == []
    assert len(checked(frame_of([1], t=local - timedelta(minutes=2)), rule, as_of=as_of)) == 1


def test_an_empty_frame_breaks_what_asks_for_rows_and_nothing_else() -> None:
    empty = frame_of(pd.Series([], dtype=float), sex=pd.Series([], dtype=object))
    found = [(one.rule, one.found) for one in checked(empty, contract())]
    assert found == [("column", "none"), ("rows", "0"), ("label", "no label at all"), ("freshness", "no time at all")]


def test_a_frame_without_label_time_and_keys_is_told_so() -> None:
    bare = frame_of([5.0])[["x"]]
    found = checked(bare, contract(columns={"x": ColumnRules(type="number", max=1)}))
    assert [(one.rule, one.sample) for one in found] == [
        ("range", ("row 1: 5",)),
        ("rows", ()),
        ("label", ()),
        ("freshness", ()),
    ]


def test_a_column_that_is_there_twice_is_no_column() -> None:
    twice = pd.concat([frame_of([1.0]), pd.DataFrame({"x": [2.0]})], axis="columns")
    (violation,) = checked(twice, Contract(columns={"x": ColumnRules(type="number")}))
    assert str(violation) == "x (column): expected one column of this name, found 2"


def test_duplicate_keys_and_any_index_name_the_right_rows() -> None:
    frame = frame_of([1, 9, 8], patient_id=[7, 7, None])
    frame.index = pd.Index([4, 4, 4])
    (violation,) = checked(frame, Contract(columns={"x": ColumnRules(type="integer", max=5)}))
    assert violation.sample == ("patient_id=7: 9", "patient_id=missing: 8")


def test_several_keys_name_a_row_together_and_only_five_rows_are_named() -> None:
    frame = frame_of([9] * 8, visit=list("abcdefgh"))
    found = checked(frame, Contract(columns={"x": ColumnRules(type="integer", max=5)}), keys=["patient_id", "visit"])
    assert (found[0].rows, len(found[0].sample), found[0].sample[0]) == (8, 5, "patient_id=1, visit='a': 9")
    assert str(found[0]).endswith("patient_id=5, visit='e': 9, ...")


def test_a_value_is_cut_and_holds_no_line_break_nor_a_mark_that_turns_the_text() -> None:
    (violation,) = of_x(["a\n\u202e\x1b[31m" + "b" * 100], type="text", allowed=("a",))
    (sample,) = violation.sample
    value = sample.removeprefix("patient_id=1: ")
    assert (len(value), value[:5], value.isprintable()) == (40, "'a\\n\\", True)
