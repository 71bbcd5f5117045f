"""Gates of data on rows whose truth is known, at 200 and 20,000 rows, 20 seeds each.

Error rates that are held here. Of features that tell the label (a copy, the label in another unit or on a curve, measured
with a noise of 0.02 of its deviations): at most 1 in 20 is missed at 200 rows, none at 20,000. Of honest features (of two
classes with an AUC of 0.95, of a number with an R2 of 0.9), copies that hold in 9 of 10 rows, chance and ids: at most 1 in
20 is told at 200 rows, none at 20,000. A breach of a contract is told when there is one, and never without.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

import known_truth
from contract_cases import checked
from golden_paths.contract.alone import leaks
from golden_paths.contract.model import ColumnRules, Contract, LabelRule

SEEDS, SIZES = range(20), (200, 20_000)
MISSED = {200: 1, 20_000: 0}  # of 20, for each feature
TELLS, HONEST = ["leak", "unit", "curve"], ["honest", "chance", "id"]


def told(n: int, features: list[str], *, classes: int, strength: float) -> Counter[str | None]:
    """In how many of the seeds each feature is called a leak."""
    return Counter(
        found.column
        for seed in SEEDS
        for found in leaks(
            known_truth.leaking(n, classes=classes, strength=strength, noise=0.02, seed=seed),
            features=features,
            label="y",
        )
    )


@pytest.mark.parametrize("classes", [2, 3, 0])
@pytest.mark.parametrize("n", SIZES)
def test_what_tells_the_label_is_found(n: int, classes: int) -> None:
    found = told(n, TELLS, classes=classes, strength=1.0)
    assert {name: count for name in TELLS if (count := found[name]) < len(SEEDS) - MISSED[n]} == {}


@pytest.mark.parametrize("classes", [2, 3, 0])
@pytest.mark.parametrize("n", SIZES)
def test_what_is_honest_is_let_through(n: int, classes: int) -> None:
    found = told(n, [*HONEST, "leak"], classes=classes, strength=0.9)
    assert {name: count for name, count in found.items() if count > MISSED[n]} == {}


@pytest.mark.parametrize(("strength", "expected"), [(0.5, 0), (0.95, 0), (0.999, 20), (1.0, 20)])
def test_a_copy_is_a_leak_from_the_strength_on_at_which_it_is_nearly_perfect(strength: float, expected: int) -> None:
    assert told(20_000, ["leak"], classes=2, strength=strength)["leak"] == expected


def test_two_classes_that_overlap_a_little_are_told_of_many_rows() -> None:
    """An AUC of 0.999, beyond the limit of 0.995. Of 200 rows chance decides whether it is told."""
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        label = random.integers(0, 2, 20_000)
        frame = pd.DataFrame({"near": label * 4.37 + random.normal(size=20_000), "y": label})
        assert len(list(leaks(frame, features=["near"], label="y"))) == 1


CONTRACT = Contract(
    columns={
        "typed": ColumnRules(type="number"),
        "ranged": ColumnRules(type="number", min=0, max=10),
        "allowed": ColumnRules(type="text", allowed=("a", "b")),
        "lacking": ColumnRules(type="number"),
        "unique": ColumnRules(type="integer", unique=True),
    },
    label=LabelRule(each_class_at_least=0.35),
)
RULES = {"typed": "type", "ranged": "range", "allowed": "allowed", "lacking": "nulls", "unique": "unique"}


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("rate", [0.0, 0.0001, 0.1])
def test_every_breach_is_told_with_its_rows_and_nothing_else(n: int, rate: float) -> None:
    for seed in SEEDS:
        frame = known_truth.breaching(n, rate=rate, seed=seed)
        found = {str(one.column): (one.rule, one.rows) for one in checked(frame, CONTRACT, keys=["id"])}
        hit = {name: int((frame[name] != frame[name]).sum()) for name in ("lacking",)}
        hit |= {"typed": int((frame["typed"] == "none").sum()), "ranged": int((frame["ranged"] > 10).sum())}
        hit |= {"allowed": int((frame["allowed"] == "z").sum()), "unique": int((frame["unique"] == 0).sum())}
        assert found == ({name: (rule, hit[name]) for name, rule in RULES.items()} if rate else {})


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize(("lacking", "allowed"), [(0.05, 0.1), (0.15, 0.1)])
def test_a_share_of_missing_values_is_judged_as_it_is(n: int, lacking: float, allowed: float) -> None:
    """What decides is the share in the data, not the true one behind it: of 200 rows that is up to 0.05 away."""
    contract = Contract(columns={"lacking": ColumnRules(type="number", nulls=allowed)})
    verdicts = []
    for seed in SEEDS:
        frame = known_truth.breaching(n, rate=lacking, seed=seed)
        broken = bool(checked(frame, contract, keys=["id"]))
        assert broken == (frame["lacking"].isna().mean() > allowed)
        verdicts.append(broken)
    assert sum(verdicts) >= 19 if lacking > allowed else not any(verdicts)
