"""Features that go together are named, whatever they hold; others are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from golden_paths.modelling.together import pairs

RANDOM = np.random.default_rng(0)
ONE, OTHER = RANDOM.normal(size=(2, 500))
WARD = RANDOM.choice(["north", "south", "east"], 500)


def found(**columns: object) -> list[tuple[str, str]]:
    return [pair[:2] for pair in pairs(pd.DataFrame(columns))]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (ONE * 3 + 1, True),
        (-np.exp(ONE), True),
        (np.where(np.arange(500) < 20, np.nan, ONE), True),
        (np.where(ONE > 0, "high", "low"), True),
        (0.5 * ONE + OTHER, False),
        (OTHER, False),
        (WARD, False),
        (np.ones(500), False),
        (np.full(500, np.nan), False),
        (np.arange(500).astype(str), False),
    ],
    ids=["scaled", "turned", "with gaps", "as text", "in part", "unlike", "text", "constant", "missing", "names"],
)
def test_a_number_goes_together_with_what_says_the_same(other: object, expected: bool) -> None:
    assert found(one=ONE, other=other) == ([("one", "other")] if expected else [])


def test_text_and_truth_values_go_together_with_what_says_the_same() -> None:
    codes = {"north": 10, "south": 7, "east": 99}
    assert found(ward=WARD, code=[codes[ward] for ward in WARD]) == [("ward", "code")]
    assert found(ward=WARD, place=[f"the {ward}" for ward in WARD]) == [("ward", "place")]
    assert found(north=WARD == "north", same=(WARD == "north").astype(object)) == [("north", "same")]
    assert found(ward=WARD, other=RANDOM.permutation(WARD)) == []


def test_the_strongest_come_first() -> None:
    frame = pd.DataFrame({"a": ONE, "b": ONE + 0.5 * OTHER, "c": ONE * 2})
    strengths = [round(strength, 2) for *_, strength in pairs(frame)]
    assert strengths == sorted(strengths, reverse=True)
    assert next(iter(pairs(frame))) == ("a", "c", pytest.approx(1.0))
