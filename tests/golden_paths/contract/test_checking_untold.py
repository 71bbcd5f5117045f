"""What is told of sensitive columns, what switches do not turn off, and how long a large frame takes."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandera.config import ValidationDepth, config_context

from contract_cases import checked, frame_of, of_x
from golden_paths.contract.model import ColumnRules, Contract, LabelRule, RowsRule

SECRET = 123456.5
SECRET_TEXT = "hush"


@pytest.mark.parametrize("name", ["x", "patient_id", "y", "t"])
def test_no_text_tells_a_sensitive_value(name: str) -> None:
    base = frame_of([1, 2, 3, 4, 5, 6])
    values = {"t": [pd.Timestamp("1999-09-09")] * 6}.get(name, [SECRET, SECRET, SECRET_TEXT, None, -SECRET, 1])
    frame = base.assign(**{name: pd.Series(values, dtype=None if name == "t" else object)})
    kind = {"t": "integer"}.get(name, "number")
    rules = Contract(
        columns={name: ColumnRules(type=kind, min=0, max=10, unique=True)},
        label=LabelRule(each_class_at_least=0.5),
        freshness=timedelta(days=1),
        rows=RowsRule(at_least=100),
    )

    def told(*sensitive: str) -> str:
        return " ".join(str(one) for one in checked(frame, rules, sensitive=sensitive))

    secrets = ("1999",) if name == "t" else ("123456", SECRET_TEXT)
    assert all(secret in told() for secret in secrets)  # so the promise below can be broken
    assert not any(secret in told(name) for secret in secrets)
    assert "row 1" in told("patient_id")


def test_who_is_of_a_rare_class_of_a_sensitive_label_is_not_told() -> None:
    rules = Contract(label=LabelRule(each_class_at_least=0.5))
    (rare,) = checked(frame_of(range(4), y=["no", "no", "no", "yes"]), rules, sensitive=("y",))
    assert (rare.found, rare.rows, rare.sample) == ("a class in 25.00%", 1, ())


def test_a_sensitive_value_is_in_no_field_of_a_violation() -> None:
    frame = frame_of([SECRET] * 3, patient_id=[SECRET_TEXT] * 3)
    rules = {
        "x": ColumnRules(type="number", max=1, unique=True),
        "patient_id": ColumnRules(type="integer", unique=True),
    }
    found = checked(frame, Contract(columns=rules), sensitive=("x", "patient_id"))
    assert [one.rule for one in found] == ["range", "unique", "type"]
    assert "123456" not in repr(found) and SECRET_TEXT not in repr(found)


@pytest.mark.parametrize("off", [{"validation_enabled": False}, {"validation_depth": ValidationDepth.SCHEMA_ONLY}])
def test_panderas_switches_do_not_turn_a_contract_off(off: dict[str, Any]) -> None:
    with config_context(**off):
        assert [one.rule for one in of_x([9], type="integer", max=5)] == ["range"]


def test_a_hundred_thousand_rows_of_twenty_columns_take_a_few_seconds() -> None:
    random, size = np.random.default_rng(0), 100_000
    columns: dict[str, Any] = {f"n{one}": random.normal(size=size) for one in range(10)}
    columns |= {f"t{one}": random.choice(list("abc"), size).astype(object) for one in range(10)}
    frame = frame_of(range(size), **columns)
    numbers = {name: ColumnRules(type="number", min=0, unique=True) for name in columns if name[0] == "n"}
    texts = {name: ColumnRules(type="text", allowed=("a",), unique=True) for name in columns if name[0] == "t"}
    begin = time.process_time()
    found = checked(frame, Contract(columns=numbers | texts))
    assert (len(found), time.process_time() - begin < 8) == (30, True)
    assert min(one.rows for one in found) > 40_000
