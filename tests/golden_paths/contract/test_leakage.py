"""Planted leaks of three strengths, noise, and rows that both parts have."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from golden_paths.contract.leakage import leaks
from golden_paths.contract.violation import Violation

FEATURES = ["leak", "text", "noise", "group", "constant", "id"]


def planted(seed: int, strength: float, *, classes: int = 2, size: int = 300) -> pd.DataFrame:
    """`leak`, and as text `text`, is the label in `strength` of the rows; `classes` 0: the label is a number."""
    random = np.random.default_rng(seed)
    label = random.integers(0, classes, size) if classes else random.normal(size=size)
    leak = np.where(random.random(size) < strength, label, random.permutation(label))
    return pd.DataFrame(
        {
            "id": random.permutation(size),
            "t": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(size), unit="h"),
            "leak": leak,
            "text": [f"v{-one}" for one in leak] if classes else random.choice(list("abc"), size),
            "noise": random.normal(size=size),
            "group": random.choice(list("abcdefgh"), size),
            "constant": 1,
            "y": label,
            "split": np.where(np.arange(size) < 0.7 * size, "train", "test"),
        }
    )


def found(frame: pd.DataFrame, features: list[str] | None = None, **given: Any) -> list[Violation]:
    known: dict[str, Any] = {"label": "y", "timestamp": "t", "keys": ["id"]} | given
    return leaks(frame, features=features or FEATURES, **known)


def leaking(frame: pd.DataFrame, features: list[str] | None = None) -> list[str | None]:
    return [one.column for one in found(frame, features) if one.rule == "leak"]


@pytest.mark.parametrize("classes", [2, 3, 10, 0])
@pytest.mark.parametrize("strength", [0.6, 0.9, 1.0])
def test_only_a_feature_that_is_the_label_leaks(strength: float, classes: int) -> None:
    expected = {2: ["leak", "text"], 3: ["leak", "text"], 10: ["leak", "text"], 0: ["leak"]}[classes]
    features = ["leak", "text", "noise", "id"]
    for seed in range(2):
        found_ones = leaking(planted(seed, strength, classes=classes), features)
        assert found_ones == (expected if strength == 1 else [])


@pytest.mark.parametrize("classes", [2, 0])
def test_noise_never_leaks(classes: int) -> None:
    for seed in range(20):
        frame = planted(seed, 1, classes=classes, size=60)
        assert leaking(frame, ["noise", "group", "id"]) == []


def test_a_constant_never_leaks() -> None:
    frame = planted(0, 1)
    nothing = [None] * len(frame)
    assert (
        leaking(frame.assign(leak=nothing, noise=pd.Series(nothing, dtype="Float64")), ["constant", "leak", "noise"])
        == []
    )


def test_a_leak_says_how_well_it_predicts() -> None:
    (violation,) = found(planted(0, 1), ["leak", "noise"])
    assert str(violation) == (
        "leak (leak): expected no feature that predicts the label alone (AUC below 0.995), found AUC 1.0000 on rows held out"
    )
    (violation,) = found(planted(0, 1, classes=0), ["leak"])
    assert violation.found == "R2 1.0000 on rows held out"


WAYS = {
    "another unit": lambda label: label * 2.54 + 32,
    "missing where it is 0": lambda label: np.where(label == 0, np.nan, 7.0),
    "a text": lambda label: np.where(label == 0, "alive", "dead").astype(object),
    "a category": lambda label: pd.Series(np.where(label == 0, "alive", "dead")).astype("category"),
    "a truth": lambda label: pd.Series(label == 1).astype("boolean"),
    "a time": lambda label: pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(label, unit="D"),
    "infinite": lambda label: np.where(label == 0, 1.0, np.inf),
    "beyond floats of 32 bits": lambda label: np.where(label == 0, 1e300, 1e300 * (1 + 1e-12)),
    "of several types": lambda label: pd.Series([1 if one else "none" for one in label], dtype=object),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_leak_is_found_in_whatever_form(way: str) -> None:
    frame = planted(1, 1)
    assert leaking(frame.assign(leak=WAYS[way](frame["y"].to_numpy())), ["leak"]) == ["leak"]


@pytest.mark.parametrize("kind", ["object", "boolean", "category", "string", "string[pyarrow]"])
def test_the_label_may_be_stored_in_any_way(kind: str) -> None:
    frame = planted(1, 1)
    label = frame["y"].astype(bool) if kind == "boolean" else frame["y"].map({0: "no", 1: "yes"})
    assert leaking(frame.assign(y=label.astype(kind)), ["leak", "noise"]) == ["leak"]


def test_a_number_in_another_unit_leaks_even_in_few_rows_with_far_ones() -> None:
    label = np.random.default_rng(0).lognormal(sigma=1.5, size=60)
    frame = planted(0, 1, classes=0, size=60).assign(y=label, leak=label * 0.45 - 3)
    assert leaking(frame, ["leak", "noise"]) == ["leak"]


def test_a_curve_of_a_number_leaks_too() -> None:
    label = np.random.default_rng(0).uniform(-2, 2, size=2000)
    frame = planted(0, 1, classes=0, size=2000).assign(y=label, leak=np.exp(3 * label))
    assert leaking(frame, ["leak", "noise"]) == ["leak"]


def test_nothing_is_said_of_fewer_than_fifty_rows() -> None:
    frame = planted(0, 1, size=60)
    assert (leaking(frame.iloc[:49]), leaking(frame.iloc[:50])) == ([], ["leak", "text"])
    frame.loc[frame.index[:11], "y"] = None
    assert leaking(frame) == []


def test_a_label_of_one_class_and_one_of_rare_classes_are_not_judged() -> None:
    frame = planted(0, 1)
    assert leaking(frame.assign(y=1)) == []
    assert leaking(frame.assign(y=[f"c{one}" for one in range(len(frame))])) == []


def test_large_data_are_sampled_with_their_rare_classes_and_judged_in_seconds() -> None:
    random, size = np.random.default_rng(0), 100_000
    rare = np.where(np.arange(size) < 12, "rare", random.choice(["a", "b"], size))
    many = np.array([f"c{one % 2000}" for one in range(size)], dtype=object)
    frame = pd.DataFrame(
        {"noise": random.normal(size=size), "rare": rare, "many": many, "number": random.normal(size=size)}
    )
    begin = time.process_time()
    for label in ("rare", "many", "number"):
        copied = frame.assign(leak=frame[label])
        known: dict[str, Any] = {"timestamp": "t", "keys": [], "label": label}
        assert [one.column for one in leaks(copied, features=["noise", "leak"], **known)] == ["leak"]
    assert time.process_time() - begin < 15


@pytest.mark.parametrize("kind", ["Int64", "int64[pyarrow]", "Float64", "double[pyarrow]"])
def test_a_number_to_predict_may_be_stored_in_any_way(kind: str) -> None:
    label = pd.Series(np.random.default_rng(0).permutation(300)).astype(kind)
    label[7] = None
    frame = planted(1, 1).assign(y=label, leak=label)
    assert leaking(frame, ["leak", "noise"]) == ["leak"]


def twins(share: float, *, size: int = 300) -> pd.DataFrame:
    """That share of the test rows has the features and label of a training row; no two have the same keys and time."""
    frame = planted(3, 0.6, size=size)
    test = frame.index[frame["split"] == "test"]
    copied = test[: round(share * len(test))]
    frame.loc[copied, [*FEATURES[:-1], "y"]] = frame.loc[range(len(copied)), [*FEATURES[:-1], "y"]].to_numpy()
    return frame


def test_test_rows_that_are_training_rows_are_told_above_the_share() -> None:
    features = FEATURES[:-1]
    frame = twins(0.1)
    (violation,) = found(frame, features)
    first = frame["id"][frame.index[frame["split"] == "test"][0]]
    assert (violation.rule, violation.found, violation.rows, violation.sample[0]) == (
        "same_values",
        "10.00%",
        9,
        f"id={first}",
    )
    assert found(twins(0.0), features) == []
    assert found(twins(2 / 200, size=667), features) == []  # 1% of the test rows is allowed
    assert len(found(twins(3 / 200, size=667), features)) == 1
    assert found(frame, features, share=0.1) == []
    assert found(frame.drop(columns="split"), features) == []


def test_the_same_features_with_another_label_are_no_twins() -> None:
    frame = twins(0.1)
    assert found(frame.assign(y=frame["y"].where(frame["split"] == "train", 1 - frame["y"])), FEATURES[:-1]) == []


@pytest.mark.parametrize("column", ["noise", "group", "y"])
def test_twins_may_lack_a_value_but_not_only_one_of_the_two(column: str) -> None:
    frame = twins(0.1)
    first = frame.index[frame["split"] == "test"][0]
    frame[column] = frame[column].astype({"noise": "Float64", "group": "category", "y": "float64"}[column])
    frame.loc[first, column] = None
    assert [one.rows for one in found(frame, FEATURES[:-1])] == [8]
    frame.loc[0, column] = None
    assert [one.rows for one in found(frame, FEATURES[:-1])] == [9]


def test_the_same_keys_and_time_in_both_parts_are_told_however_few() -> None:
    frame = planted(4, 0.6)
    test = frame.index[frame["split"] == "test"]
    frame.loc[test[5], "id"] = frame.loc[2, "id"]
    assert found(frame) == []
    frame.loc[test[5], "t"] = frame.loc[2, "t"]
    (violation,) = found(frame)
    assert str(violation) == (
        f"same_keys: expected no id and t in both parts, found 1 of {len(test)} test rows; id={frame.loc[2, 'id']}"
    )
    (violation,) = found(frame, sensitive=("id",))
    assert violation.sample == (f"row {test[5] + 1}",)


def test_keys_that_are_missing_are_not_the_same() -> None:
    frame = planted(4, 0.6).assign(t=pd.Timestamp("2026-01-01"))
    frame.loc[[0, 299], "id"] = None
    assert found(frame) == []
