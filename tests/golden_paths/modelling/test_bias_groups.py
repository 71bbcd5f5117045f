"""What is a group for the bias gate: missing values, numbers, intersections; and rows without an answer."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import known_truth
from bias_cases import answers, only
from golden_paths.errors import StepFailed
from golden_paths.modelling.bias import BEYOND, WITHIN, Rule, judge
from golden_paths.modelling.metrics import Outcome


@pytest.mark.parametrize(
    ("column", "names"),
    [
        (np.array(["x", "y"] * 50), ["x", "y"]),
        (np.array([True, False] * 50), ["False", "True"]),
        (np.array([1, 2] * 50), ["1", "2"]),
        (np.array([1.0, np.nan] * 50), ["(missing)", "1"]),
        (np.array(["x", None] * 50, dtype=object), ["(missing)", "x"]),
        (np.array([True, None] * 50, dtype=object), ["(missing)", "True"]),
        (np.array(["x", float("nan")] * 50, dtype=object), ["(missing)", "x"]),
        (np.array([0.5, 1.5] * 50), ["0.5", "1.5"]),
        (np.array([1, np.inf] * 50, dtype=np.float32), ["1", "inf"]),
    ],
)
def test_groups_are_named_by_their_values_and_missing_ones_are_a_group(column: np.ndarray, names: list[str]) -> None:
    found = only(answers([0, 1] * 50, [0, 1] * 50), column, Rule("demographic_parity", 0.1))
    assert [(group.name, group.rows) for group in found.groups] == [(name, 50) for name in names]
    assert found.value == 1.0


def test_numbers_are_no_groups() -> None:
    outcome, rule = answers([0, 1] * 55, [0, 1] * 55), Rule("demographic_parity", 0.1, resamples=200)
    assert len(only(outcome, np.arange(110) % 10, rule).groups) == 10
    for numbers in (np.arange(110) % 11, np.arange(110) % 11 / 3, np.arange(110).astype("M8[D]")):
        with pytest.raises(StepFailed, match="which are no groups; name a column that bands them"):
            only(outcome, numbers, rule)
    with pytest.raises(StepFailed) as caught:
        judge(outcome, {"age": np.arange(110) % 11}, rule)
    assert str(caught.value) == (
        "sensitive column 'age' holds 11 different numbers or dates, which are no groups; "
        "name a column that bands them, such as age_group for age"
    )


def test_names_may_be_many_but_an_identifier_is_no_group() -> None:
    outcome, rule = answers([0, 1] * 101, [0, 1] * 101), Rule("demographic_parity", 0.1, resamples=200)
    assert len(only(outcome, [f"g{row % 20}" for row in range(202)], rule).groups) == 20
    with pytest.raises(StepFailed) as caught:
        only(outcome, [f"g{row % 101}" for row in range(202)], rule)
    assert str(caught.value) == (
        "sensitive column 'group' has 101 groups, at most 100 can be compared; name a column of coarser groups"
    )


def test_an_intersection_finds_what_its_columns_hide() -> None:
    # Every sex and every age is selected as often; young women and old men never are.
    sex, age = np.array(["F", "F", "M", "M"] * 100), np.array(["old", "young"] * 200)
    said = ((sex == "F") == (age == "old")).astype(int)
    verdicts = judge(
        answers([0, 1] * 200, said.tolist()),
        {"sex": sex, "age": age},
        Rule("demographic_parity", 0.2),
        [["sex", "age"]],
    )
    assert [(found.column, found.value, found.state) for found in verdicts] == [
        ("sex", 0.0, WITHIN),
        ("age", 0.0, WITHIN),
        ("sex x age", 1.0, BEYOND),
    ]
    assert {group.name: group.rate for group in verdicts[2].groups} == {
        "F x old": 1.0,
        "F x young": 0.0,
        "M x old": 0.0,
        "M x young": 1.0,
    }


def test_what_cannot_be_judged_is_refused_with_what_can() -> None:
    outcome = answers([0, 1], [0, 1])
    with pytest.raises(StepFailed) as caught:
        judge(outcome, {"sex": np.array(["F", "M"])}, Rule("error_parity", 0.1))
    assert str(caught.value) == (
        "bias measure 'error_parity' cannot judge a binary model; choose among demographic_parity, equal_opportunity, "
        "predictive_equality, equalized_odds, accuracy_parity"
    )
    with pytest.raises(StepFailed) as caught:
        judge(outcome, {"sex": np.array(["F", "M"])}, Rule("accuracy_parity", 0.1), [["sex", "age"]])
    assert str(caught.value) == "an intersection names age, which is no sensitive column; choose among sex"
    with pytest.raises(ValueError, match="sensitive column 'sex' has 3 values for 2 rows"):
        judge(outcome, {"sex": np.array(["F", "M", "F"])}, Rule("accuracy_parity", 0.1))
    alone = Outcome("binary", np.array([1, 1]), np.array([1, 1]), np.array([1]))
    with pytest.raises(StepFailed, match="has to know two classes"):
        only(alone, ["a", "b"], Rule("demographic_parity", 0.1))


# --- rows without an answer ---


def test_rows_without_an_answer_are_wrong_and_not_selected() -> None:
    truth, groups = np.array([0.0, 1.0] * 100), ["a"] * 100 + ["b"] * 100
    said = np.where(np.arange(200) < 150, truth, np.nan)
    by_label = Outcome("binary", truth, said, np.array([0.0, 1.0]))
    chances = np.column_stack([1 - said, said])
    by_chance = Outcome("binary", truth, truth, np.array([0.0, 1.0]), chances)
    for outcome in (by_label, by_chance):
        rates = {
            name: [group.rate for group in only(outcome, groups, Rule(name, 0.1)).groups]
            for name in ("demographic_parity", "equal_opportunity", "predictive_equality", "accuracy_parity")
        }
        assert rates == {
            "demographic_parity": [0.5, 0.25],
            "equal_opportunity": [1.0, 0.5],
            "predictive_equality": [0.0, 0.0],
            "accuracy_parity": [1.0, 0.5],
        }


def test_classes_without_an_answer_are_none_of_them() -> None:
    classes, groups = np.array(["x", "y", "z"]), ["a", "b"] * 60
    truth = np.repeat(classes, 40)
    said = np.where(np.arange(120) % 2 == 0, truth, None).astype(object)
    outcome = Outcome("multiclass", truth, said, classes)
    assert [group.rate for group in only(outcome, groups, Rule("accuracy_parity", 0.1)).groups] == [1.0, 0.0]
    parity = only(outcome, groups, Rule("demographic_parity", 0.1))
    assert parity.value == pytest.approx(1 / 3)
    assert parity.state == BEYOND


def test_a_number_without_an_answer_has_the_largest_error_and_no_part_in_the_mean() -> None:
    truth, groups = np.array([-1.0, 1.0] * 100), np.array(["a"] * 100 + ["b"] * 100)
    said = truth + np.where(np.arange(200) == 0, 2.0, 0.5)
    said[100:150] = np.nan
    outcome = Outcome("regression", truth, said)
    errors, means = (only(outcome, groups, Rule(name, 0.1)) for name in ("error_parity", "mean_parity"))
    assert [group.rate for group in errors.groups] == pytest.approx([0.515, 1.25])
    assert [group.counted for group in errors.groups] == [100, 100]
    assert [group.counted for group in means.groups] == [100, 50]
    silent = only(Outcome("regression", truth, np.full(200, np.nan)), groups, Rule("error_parity", 9.0))
    assert (silent.value, silent.passed) == (None, False)
    assert silent.words == (
        "group: too little evidence, 'a' has 0, 'b' has 0 rows that can be judged; 30 are needed in each group"
    )


def test_a_regression_of_100_000_rows_is_judged_in_300_megabytes() -> None:
    known = known_truth.regression(100_000, seed=0)
    tracemalloc.start()
    try:
        (found,) = judge(known.outcome, known.columns, Rule("error_parity", 0.1))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.state == WITHIN
    assert peak < 300e6
