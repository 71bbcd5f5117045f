"""What a verdict of the bias gate says, what it counts, and what it advises."""

from __future__ import annotations

import numpy as np
import pytest

from bias_cases import TWO, answers, only
from golden_paths.modelling.bias import TOO_LITTLE, WITHIN, Rule, Verdict
from golden_paths.modelling.metrics import Outcome


def interval(found: Verdict) -> str:
    return f"90% interval {found.low:.3g} to {found.high:.3g}, at most {found.at_most:g} is allowed"


def split(a: int, b: int, n: int = 100) -> tuple[Outcome, list[str]]:
    """`a` of n rows in group a are selected, `b` of n in group b; half of all are truly positive."""
    said = [1] * a + [0] * (n - a) + [1] * b + [0] * (n - b)
    return answers([0, 1] * n, said), ["a"] * n + ["b"] * n


@pytest.mark.parametrize(
    ("a", "b", "n", "value", "end"),
    [
        (5000, 5100, 10_000, "0.01", "between 'b' (0.51) and 'a' (0.5): within"),
        (80, 20, 100, "0.6", "between 'a' (0.8) and 'b' (0.2): beyond"),
        (
            55,
            40,
            100,
            "0.15",
            "between 'a' (0.55) and 'b' (0.4): too little evidence, the interval reaches past 0.1 and so does the gap "
            "itself, which more rows alone will hardly bring within",
        ),
        (
            2,
            3,
            20,
            "0.05",
            "between 'b' (0.15) and 'a' (0.1): too little evidence, 'a' has 20, 'b' has 20 rows; "
            "30 are needed in each group",
        ),
    ],
)
def test_a_verdict_is_told_in_one_line(a: int, b: int, n: int, value: str, end: str) -> None:
    found = only(*split(a, b, n), Rule("demographic_parity", 0.1))
    assert found.words == f"group: selection rate differs by {value} ({interval(found)}) {end}"
    assert found.passed is (found.state == WITHIN)


def test_rows_that_are_advised_are_enough_when_the_gap_stays() -> None:
    outcome, groups = split(50, 53)
    found = only(outcome, groups, Rule("demographic_parity", 0.1))
    advice = found.words.rpartition("about ")[2]
    needed = int(advice.split()[0])
    assert advice == f"{needed} held-out rows instead of 200 would do if the gap stays as measured"
    times = needed / 200
    for factor, state in ((1.25, WITHIN), (0.75, TOO_LITTLE)):
        n = round(100 * times * factor)
        again = only(*split(round(n * 0.5), round(n * 0.53), n), Rule("demographic_parity", 0.1))
        assert again.state == state


def test_no_number_of_rows_is_advised_that_nobody_has() -> None:
    found = only(*split(500, 599, 1000), Rule("demographic_parity", 0.1))
    assert found.words.endswith(
        "too little evidence, the interval reaches past 0.1 and the gap itself is too close to it "
        "for a larger sample to decide"
    )


def test_small_groups_are_named_with_what_they_have() -> None:
    groups = ["big"] * 100 + ["s1"] * 5 + ["s2"] * 4 + ["s3"] * 3 + ["s4"] * 2 + ["s5"]
    truth = [1] * 100 + [1, 0, 1, 0, 1] + [1, 0, 0, 0] + [0] * 6
    found = only(answers(truth, truth), groups, Rule("equal_opportunity", 0.9))
    assert found.state == TOO_LITTLE
    assert found.words.endswith(
        "too little evidence, 's1' has 3, 's2' has 1, 's3' has 0 truly positive rows, "
        "and 2 more groups have too few; 30 are needed in each group"
    )
    assert [(group.rows, group.counted, group.rate) for group in found.groups] == [
        (100, 100, 1.0),
        (5, 3, 1.0),
        (4, 1, 1.0),
        (3, 0, None),
        (2, 0, None),
        (1, 0, None),
    ]


def test_equalized_odds_counts_a_groups_rarer_class() -> None:
    truth = [1] * 40 + [0] * 40 + [1] * 60 + [0] * 20
    found = only(answers(truth, truth), ["a"] * 80 + ["b"] * 80, Rule("equalized_odds", 0.5))
    assert [group.counted for group in found.groups] == [40, 20]
    assert found.words.endswith("'b' has 20 rows of its rarer true class; 30 are needed in each group")


@pytest.mark.parametrize("least", [0, 1, 30])
def test_a_single_wrong_row_in_a_group_decides_nothing(least: int) -> None:
    right = [1] * 70 + [0] * 31
    found = only(answers([1] * 101, right), ["a"] * 100 + ["b"], Rule("accuracy_parity", 0.1, least=least))
    assert (found.value, found.state) == (0.7, TOO_LITTLE)
    assert [group.counted for group in found.groups] == [100, 1]


@pytest.mark.parametrize(
    ("measure", "counted", "rates"),
    [
        ("demographic_parity", [100, 200], [0.5, 0.2]),
        ("accuracy_parity", [100, 200], [0.7, 0.7]),
        ("equal_opportunity", [60, 50], [0.667, 0.3]),
        ("predictive_equality", [40, 150], [0.25, 0.167]),
        ("equalized_odds", [40, 50], [0.667, 0.3]),
    ],
)
def test_each_measure_counts_the_rows_of_its_denominator(measure: str, counted: list[int], rates: list[float]) -> None:
    cells = {("a", 1, 1): 40, ("a", 1, 0): 20, ("a", 0, 1): 10, ("a", 0, 0): 30}
    cells |= {("b", 1, 1): 15, ("b", 1, 0): 35, ("b", 0, 1): 25, ("b", 0, 0): 125}
    groups, truth, said = zip(*[cell for cell, rows in cells.items() for _ in range(rows)], strict=True)
    found = only(answers(list(truth), list(said)), groups, Rule(measure, 0.1))
    assert [group.counted for group in found.groups] == counted
    assert [group.rate for group in found.groups] == pytest.approx(rates, abs=0.001)
    # As wide as a rate of so many rows is uncertain, within what four rows more and the drawing of rows change.
    for group, rows in zip(found.groups, counted if measure != "equalized_odds" else [60, 50], strict=True):
        assert group.rate is not None and group.low is not None and group.high is not None
        expected = 2 * 1.645 * np.sqrt(group.rate * (1 - group.rate) / rows)
        assert group.high - group.low == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("measure", ["demographic_parity", "equalized_odds", "accuracy_parity"])
def test_one_group_cannot_be_compared(measure: str) -> None:
    found = only(answers([0, 1] * 50, [0, 1] * 50), ["a"] * 100, Rule(measure, 1.0))
    assert (found.value, found.low, found.high, found.passed) == (None, None, None, False)
    assert found.words == "group: too little evidence, there is only the group 'a', two are compared"
    assert [(group.name, group.rows) for group in found.groups] == [("a", 100)]


def test_no_rows_are_no_evidence() -> None:
    for kind, measure in (("binary", "accuracy_parity"), ("regression", "error_parity")):
        empty = Outcome(kind, np.array([]), np.array([]), TWO if kind == "binary" else None)
        found = only(empty, np.array([], dtype=object), Rule(measure, 1.0))
        assert found.words == "group: too little evidence, there are no rows"


def test_a_label_that_does_not_vary_scales_nothing() -> None:
    found = only(Outcome("regression", np.ones(80), np.ones(80)), ["a", "b"] * 40, Rule("error_parity", 1.0))
    assert (found.value, found.passed) == (None, False)
    assert found.words == "group: too little evidence, the label does not vary on these rows"


# --- columns ---
