"""What a datasheet tells of columns: their numbers, and of sensitive columns and keys nobody's value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from golden_paths.errors import StepFailed
from golden_paths.modelling import datasheet
from golden_paths.modelling.datasheet import Datasheet
from golden_paths.modelling.distributions import Distribution, measured
from golden_paths.modelling.finding import EvaluationRecord, Finding


def of(values: Any, name: str = "x", *, sensitive: bool = False, role: str = "feature") -> Distribution:
    known: dict[str, Any] = {"keys": (), "timestamp": "at", "features": (), "label": "y"}
    known[{"key": "keys", "feature": "features"}.get(role, role)] = name if role in ("label", "timestamp") else (name,)
    (found,) = measured(pd.DataFrame({name: values}), sensitive=(name,) if sensitive else (), **known)
    return found


def frequencies(found: Distribution) -> dict[str, object]:
    return {one.value: one.rows for one in found.frequent}


def test_numbers_are_told_by_mean_deviation_quartiles_and_ends() -> None:
    found = of([1.0, 2.0, 3.0, 4.0, 10.0, None])
    assert (found.rows, found.missing, found.frequent) == (5, 1, ())
    assert found.numbers is not None
    assert found.numbers.model_dump() == {
        "mean": 4.0,
        "deviation": pytest.approx(3.5355339),
        "low": 1.0,
        "quartiles": (2.0, 3.0, 4.0),
        "high": 10.0,
    }


def test_one_value_has_no_deviation_and_an_empty_column_no_numbers() -> None:
    one = of([3.0]).numbers
    assert one is not None
    assert one.deviation is None
    assert of(pd.Series([None, None], dtype="float64")).numbers is None


def test_texts_and_yes_or_no_are_told_by_the_twenty_most_frequent() -> None:
    texts = [f"v{number:02d}" for number in range(25) for _ in range(number + 1)]
    found = of(texts)
    assert list(frequencies(found))[:2] == ["v24", "v23"]
    assert (len(found.frequent), found.others, found.numbers) == (20, 5, None)
    assert frequencies(of([True, False, True])) == {"True": 2, "False": 1}
    assert list(frequencies(of(["b", "a"]))) == ["a", "b"]  # ties by their text


def test_classes_of_a_label_are_counted_though_they_are_numbers() -> None:
    found = of([0, 1, 1], role="label")
    assert frequencies(found) == {"1": 2, "0": 1}
    assert found.numbers is not None


def test_no_value_of_keys_and_times_is_told() -> None:
    for values, role in (([7, 8], "key"), (["ada", "bob"], "key"), (pd.to_datetime(["2026-01-01", "2026-01-02"]), "timestamp")):
        found = of(values, role=role)
        assert (found.rows, found.numbers, found.frequent) == (2, None, ())


def test_a_sensitive_number_has_no_ends_and_a_column_of_few_rows_no_numbers() -> None:
    found = of(np.linspace(20, 80, 40) + 0.5, sensitive=True)
    assert found.numbers is not None
    assert (found.numbers.low, found.numbers.high, found.frequent) == (None, None, ())
    assert found.numbers.mean == 50.5
    assert of(np.linspace(20, 80, 19), sensitive=True).numbers is None
    assert "20.5" not in found.model_dump_json()


def test_a_rare_value_of_a_sensitive_column_is_neither_named_nor_told_by_the_other_counts() -> None:
    found = of(["f"] * 52 + ["m"] * 43 + ["x"] * 4, sensitive=True)
    assert (frequencies(found), found.others) == ({"f": 50, "m": 45}, 1)
    assert "x" not in {one.value for one in found.frequent}
    assert frequencies(of(["f"] * 52 + ["m"] * 43 + ["x"] * 5, sensitive=True)) == {"f": 52, "m": 43, "x": 5}


def test_few_rows_without_a_sensitive_value_are_only_said_to_be_few() -> None:
    found = of(["f"] * 52 + ["m"] * 43 + [None] * 3, sensitive=True)
    assert (found.rows, found.missing, frequencies(found)) == (None, "<5", {"f": 50, "m": 45})
    many = of(["f"] * 52 + [None] * 5, sensitive=True)
    assert (many.rows, many.missing, frequencies(many)) == (52, 5, {"f": 52})


@pytest.mark.parametrize(
    "values",
    [["f"] * 52 + ["x"] * 4, ["f"] * 52 + [None] * 3, list(np.linspace(0, 1, 40)), [*np.linspace(0, 1, 40), None], [1.0, 2.0]],
)
def test_guarding_again_changes_nothing(values: list[Any]) -> None:
    found = of(values, sensitive=True)
    assert found.guarded() == found


def test_a_column_that_a_later_spec_calls_sensitive_is_told_as_one() -> None:
    values = ["f"] * 52 + ["x"] * 4
    assert of(values).guarded() == of(values, sensitive=True)


def test_sheet_and_record_come_back_as_they_were_written_and_others_are_refused(tmp_path: Path) -> None:
    columns = (of([1.0, None]), of(["f"] * 9, "sex", sensitive=True), of([1.0, float("inf")], "endless"))
    sheet = Datasheet(
        model="churn",
        owner="growth",
        answers=None,
        digest="7" * 64,
        rows=9,
        test_rows=3,
        oldest=None,
        newest=None,
        label="y",
        keys=("customer",),
        sensitive=("sex",),
        gates={},
        columns=columns,
    )
    record, page = sheet.write(tmp_path)
    assert Datasheet.read(record).model_dump_json() == sheet.model_dump_json()
    assert {"| sex | object, sensitive | 9 | 0 |  |  |  |  |  |", "| sex | f \\(9\\) |"} <= set(page.read_text().splitlines())
    found = EvaluationRecord(
        model="m",
        training_set="t",
        metrics={"auc": float("nan")},
        champion=None,
        champion_metrics={},
        findings=(Finding(title="Metrics", plots={"ROC": "roc.png"}),),
    )
    file = found.write(tmp_path)
    assert file.name == "evidence.json"
    assert EvaluationRecord.read(file).model_dump_json() == found.model_dump_json()
    file.write_text(file.read_text().replace("roc.png", "../roc.png"))
    with pytest.raises(StepFailed, match=r"^evidence.json is no record of an evaluation: findings.0.plots.ROC: "):
        EvaluationRecord.read(file)
    record.write_text("[]")
    with pytest.raises(StepFailed, match=r"^datasheet.json is no datasheet: .*; run the path again from build_training_set$"):
        Datasheet.read(record)


def test_long_texts_are_cut_and_columns_without_told_values_are_left_out() -> None:
    assert datasheet.values([of(["<b>|" * 40] * 2), of([1.0])]) == (("x", ("<b>|" * 40)[:59] + "… (2)"),)
