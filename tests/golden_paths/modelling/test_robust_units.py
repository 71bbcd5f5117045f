"""Robustness against another unit: what is noticed, by whom, and what it may cost else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from golden_paths.contract.model import Contract
from robust_cases import Signal, judged, study

RANGES = Contract.model_validate(
    {"columns": {name: {"type": "number", "min": -6, "max": 6} for name in ("a", "b", "c")}}
)


def test_a_dear_unit_must_be_noticed_by_the_contract(tmp_path: Path) -> None:
    for seed in range(20):
        rows = study(200, seed=seed)
        found = judged(Signal(), rows, tmp_path, seed=seed).ruling("unit")
        assert (found.passed, found.state, found.column in ("a", "b")) == (False, "beyond", True)
        assert judged(Signal(), rows, tmp_path, contract=RANGES, seed=seed).ruling("unit").passed


def test_a_range_with_0_in_it_is_all_that_can_be_asked_for(tmp_path: Path) -> None:
    rows = study(2000)
    found = judged(Signal(), rows, tmp_path, contract=RANGES)
    noticed = {(row[0], row[1]): row[3] for row in found.finding.tables[0].rows}
    assert (noticed["a", "x1000"], noticed["a", "/1000"]) == ("the contract's range", "no range can")
    rows[["a", "b"]] += 10.0
    above = Contract.model_validate({"columns": {name: {"type": "number", "min": 4, "max": 16} for name in ("a", "b")}})
    found = judged(Signal(lambda values: values - 10), rows, tmp_path, contract=above)
    noticed = {(row[0], row[1]): row[3] for row in found.finding.tables[0].rows}
    assert (noticed["a", "x1000"], noticed["a", "/1000"]) == ("the contract's range", "the contract's range")
    half = Contract.model_validate({"columns": {name: {"type": "number", "max": 16} for name in ("a", "b")}})
    found = judged(Signal(lambda values: values - 10), rows, tmp_path, contract=half)
    assert not found.ruling("unit").passed
    assert "(/1000)" in found.ruling("unit").words


def test_what_the_model_does_not_look_at_may_have_any_unit(tmp_path: Path) -> None:
    for n in (200, 20_000):
        found = judged(Signal(lambda values: values * [1, 0]), study(n).assign(a=lambda rows: rows["a"] * 0 + 5), tmp_path)
        assert found.ruling("unit").state == "nothing to lose"
    rows = study(20_000)
    found = judged(Signal(), rows.rename(columns={"c": "d"}), tmp_path)
    costs = {(row[0], row[1]): row[2] for row in found.finding.tables[0].rows}
    assert costs["d", "x1000"] == costs["d", "/1000"] == "0.0%"
    assert costs["a", "x1000"] == "200.0% or more"


def test_whole_numbers_tell_their_unit_by_their_type(tmp_path: Path) -> None:
    rows = study(500)
    for name in ("a", "b"):
        rows[name] = (rows[name] * 10).round().astype("int64")
    scaled = Signal(lambda values: values / 10)
    whole = Contract.model_validate({"columns": {name: {"type": "integer", "min": -60, "max": 60} for name in ("a", "b")}})
    found = judged(scaled, rows, tmp_path, contract=whole)
    assert found.ruling("unit").passed
    noticed = {(row[0], row[1]): row[3] for row in found.finding.tables[0].rows}
    assert noticed["a", "x1000"] == "the contract's range"
    assert noticed["a", "/1000"] == "the contract's type"
    assert noticed["c", "x1000"] == "nobody"


def test_a_model_that_refuses_another_unit_has_noticed_it(tmp_path: Path) -> None:
    class Strict(Signal):
        def predict(self, frame: pd.DataFrame) -> Any:
            if (frame.abs() > 8).any().any() or (frame.abs().max() < 0.1).any():
                raise ValueError("is that in metres?")
            return super().predict(frame)

    found = judged(Strict(), study(300), tmp_path)
    assert found.passed == ["missing", "shuffled", "unit"]
    assert found.ruling("unit").words == "no feature in another unit would go unnoticed"
