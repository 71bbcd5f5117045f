"""A draft is read, is kept by the data that it was made of, and says what was seen."""

from __future__ import annotations

import itertools
import string
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from golden_paths.contract.checking import check
from golden_paths.contract.model import Contract, read
from golden_paths.contract.suggesting import suggest

NOW = datetime(2026, 3, 1, tzinfo=UTC)
Random = np.random.Generator


def drafted(
    folder: Path, frame: pd.DataFrame, *, label: str = "y", sensitive: tuple[str, ...] = ()
) -> tuple[str, Contract]:
    text = suggest(frame, keys=["id"], timestamp="t", label=label, sensitive=sensitive)
    file = folder / "draft.yaml"
    file.write_text(text)
    return text, read(file, folder)


def faults(frame: pd.DataFrame, contract: Contract, label: str = "y") -> list[str]:
    return [str(one) for one in check(frame, contract, keys=["id"], timestamp="t", label=label, as_of=NOW)]


def numbers(random: Random, size: int) -> Any:
    scale = float(10.0 ** random.integers(-300, 300))
    return random.choice([random.normal(size=size) * scale, random.normal(size=size) + scale, np.full(size, scale)])


def wholes(random: Random, size: int) -> Any:
    edge = 2 ** int(random.integers(1, 63)) - 1
    return random.integers(-edge, edge, size, endpoint=True)


def texts(random: Random, size: int) -> Any:
    odd = [*string.printable, "ä", "\u202e", "{{", "{%", ": ", "null", "no", "1e3", "2026-01-01", "\U0001f600"]
    pool = ["".join(random.choice(odd, random.integers(0, 6))) for _ in range(int(random.integers(1, 40)))]
    return np.array(random.choice(pool, size), dtype=object)


def truths(random: Random, size: int) -> Any:
    return random.random(size) < random.random()


def times(random: Random, size: int) -> Any:
    return pd.Timestamp("2026-01-01") + pd.to_timedelta(random.integers(0, 10**6, size), unit="s")


def some_none(values: Any, random: Random, kind: str) -> pd.Series:
    """The values stored in this way, up to all of them missing where it can hold that."""
    series = pd.Series(values)
    if kind in ("int64", "bool"):
        return series.astype(kind)
    gone = random.random(len(series)) < random.choice([0, 0.01, 0.3, 1])
    return series.astype(object).where(~gone, None).astype(kind)


STORES: dict[Any, tuple[str, ...]] = {
    numbers: ("float64", "Float64", "double[pyarrow]", "object", "category"),
    wholes: ("int64", "Int64", "float64", "int64[pyarrow]", "object", "category"),
    texts: ("object", "string", "string[pyarrow]", "category"),
    truths: ("bool", "boolean", "bool[pyarrow]", "object", "category"),
    times: ("datetime64[ns]", "datetime64[us, Europe/Berlin]", "timestamp[us][pyarrow]", "object"),
}


def random_frame(seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    size = int(random.choice([0, 1, 2, 7, 60, 300]))
    columns: dict[str, Any] = {"id": random.integers(0, max(1, size * 3), size), "t": times(random, size)}
    for make, kinds in STORES.items():
        for kind in kinds:
            columns[f"{make.__name__} {kind}"] = some_none(make(random, size), random, kind)
    columns["infinite"] = random.choice([1.5, np.inf, -np.inf], size)
    columns["large"] = pd.Series(random.integers(0, 2**64 - 1, size, dtype="uint64"))
    columns["float32"] = random.normal(size=size).astype("float32") * 10
    columns["huge"] = random.choice([1.7e308, -1.7e308, 5e-324], size)
    columns["mixed"] = pd.Series([1, "a", None, [2], {}] * size, dtype=object).iloc[:size]
    columns["exact"] = pd.Series([Decimal("1.10"), Decimal("-2.05")] * size, dtype=object).iloc[:size]
    columns["dates"] = pd.Series([date(9999, 1, 1), date(1, 1, 1)] * size, dtype=object).iloc[:size]
    columns["lasted"] = pd.to_timedelta(np.arange(size), unit="s")
    columns["na\nme {{ x }}"] = np.arange(size)
    columns["na\u202eme"] = np.arange(size)
    columns["no: #'\""] = np.arange(size)
    makers = [lambda: random.integers(0, 3, size), lambda: random.normal(size=size), lambda: texts(random, size)]
    columns["y"] = makers[seed % 3]()
    frame = pd.DataFrame(columns)
    frame.index = pd.Index(np.zeros(size, dtype=int))
    return frame


@pytest.mark.parametrize("seed", range(40))
def test_any_data_keep_their_own_draft(tmp_path: Path, seed: int) -> None:
    frame = random_frame(seed)
    text, contract = drafted(tmp_path, frame)
    assert faults(frame, contract) == [], text
    named = set(contract.columns)
    assert {"id", "t", "float32", "infinite", "large", "no: #'\""} <= named
    assert not named & {"mixed", "lasted", "na\nme {{ x }}", "na\u202eme"} or len(frame) < 2


TEN = {
    "id": range(1, 11),
    "t": pd.Timestamp("2026-02-01", tz="UTC"),
    "bmi": [18.5, 20, 22, 25, 26, 27, 29, 30, 38.5, None],
    "age": [20, 30, 40, 50, 60, 30, 40, 50, 60, 20],
    "sex": ["m", "f"] * 5,
    "y": [1, 0, 0, 0, 0] * 2,
}


def test_a_draft_says_what_was_seen_and_leaves_room(tmp_path: Path) -> None:
    frame = pd.DataFrame(TEN)
    text, contract = drafted(tmp_path, frame)
    assert text.splitlines()[2:] == [
        "columns:",
        "  # 10 values, 0 missing, 10 distinct",
        "  id: {type: integer, unique: true}",
        "  # 10 values, 0 missing, 1 distinct, from 2026-02-01 00:00:00+00:00 to 2026-02-01 00:00:00+00:00",
        "  t: {type: time}",
        "  # 9 values, 1 missing, 9 distinct, from 18.5 to 38.5",
        "  bmi: {type: number, min: 16, max: 41, nulls: 15%}",
        "  # 10 values, 0 missing, 5 distinct, from 20 to 60",
        "  age: {type: integer, min: 16, max: 64}",
        "  # 10 values, 0 missing, 2 distinct",
        '  sex: {type: text, allowed: ["f", "m"]}',
        "  # 10 values, 0 missing, 2 distinct",
        "  y: {type: integer, allowed: [0, 1]}",
        "# Half of the rows seen.",
        "rows: {at_least: 5}",
        "# 2 classes, the rarest in 20.0% of the rows.",
        "label: {each_class_at_least: 10%}",
        "# How old the newest row may be when a run ends. The newest seen is of 2026-02-01 00:00:00+00:00.",
        "# freshness: 30d",
    ]
    assert contract.freshness is None
    other = frame.assign(bmi=[15.0] + [30.0] * 9, sex="x", age=65, y=[1] + [0] * 9)
    assert [one.rule for one in check(other, contract, keys=["id"], timestamp="t", label="y", as_of=NOW)] == [
        "range",
        "range",
        "allowed",
    ]


def test_twenty_distinct_texts_are_a_set_and_twenty_one_are_not(tmp_path: Path) -> None:
    for count, allowed in ((20, True), (21, False)):
        frame = pd.DataFrame({"id": range(42), "name": [f"v{one % count}" for one in range(42)]})
        _, contract = drafted(tmp_path, frame)
        assert (contract.columns["name"].allowed is not None) == allowed


def test_a_number_to_predict_has_no_classes(tmp_path: Path) -> None:
    _, contract = drafted(tmp_path, pd.DataFrame({"id": range(42), "y": np.arange(42) / 7}))
    assert (contract.label, contract.columns["y"].allowed, contract.columns["y"].max) == (None, None, 6.5)


def test_of_a_sensitive_column_only_groups_are_written(tmp_path: Path) -> None:
    size = 40
    frame = pd.DataFrame(
        {
            "id": np.arange(size) + 770_000,
            "t": pd.Timestamp("1999-09-09", tz="UTC"),
            "income": np.linspace(54_321.25, 65_432.75, size),
            "born": pd.Timestamp("1912-12-12"),
            "sex": ["woman", "man"] * 20,
            "name": ["Ada"] * 36 + ["Bo"] * 4,
            "y": ["well"] * 20 + ["ill"] * 20,
        }
    )
    secrets = ("54321", "65432", "54,", "1912", "Ada", "Bo", "1999")
    assert all(one in drafted(tmp_path, frame)[0] for one in ("54321", "1912", "Ada", "Bo", "1999"))
    names = tuple(frame.columns)
    text, contract = drafted(tmp_path, frame, sensitive=names)
    assert not any(one in text for one in (*secrets, "770"))
    assert [(name, one.allowed) for name, one in contract.columns.items() if one.allowed] == [
        ("sex", ("man", "woman")),
        ("y", ("ill", "well")),
    ]
    assert (contract.columns["income"].min, contract.columns["income"].max) == (None, None)
    assert faults(frame, contract) == []


def test_an_id_is_given_no_range_as_new_ones_come(tmp_path: Path) -> None:
    _, contract = drafted(tmp_path, pd.DataFrame({"id": [1, 2, 2], "x": [1, 2, 2]}))
    assert (contract.columns["id"].max, contract.columns["id"].unique) == (None, False)
    assert contract.columns["x"].max == 3


@pytest.mark.parametrize("columns", [{}, {"mixed": [1, "a"]}, {0: [1, 2]}])
def test_data_of_which_nothing_can_be_said_have_a_draft(tmp_path: Path, columns: dict[Any, Any]) -> None:
    frame = pd.DataFrame(columns)
    _, contract = drafted(tmp_path, frame)
    assert (contract.columns, faults(frame, contract)) == ({}, [])


def test_a_value_that_may_not_stand_in_a_file_leaves_its_column_without_a_set(tmp_path: Path) -> None:
    for odd, free in itertools.product(["{{ x }}", "a\u202eb", "x" * 101], [False, True]):
        frame = pd.DataFrame({"id": range(4), "name": ["a", "b", "a", "b" if free else odd]})
        text, contract = drafted(tmp_path, frame)
        assert (contract.columns["name"].allowed is None) != free
        assert odd not in text
