"""The reference profile: what it keeps, and how small it is."""

from __future__ import annotations

import decimal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drifting import frame as drifting
from golden_paths.monitoring import profile, profile_values
from golden_paths.monitoring.profile import Profile
from golden_paths.monitoring.profile_columns import Categories, Numbers
from golden_paths.prediction_log import batch
from golden_paths.prediction_log.batch import Answered
from golden_paths.prediction_log.hashing import hashed
from golden_paths.prediction_log.keeping import Keeping
from prediction_logs import form


def kept(values: object) -> Numbers | Categories:
    rows = pd.DataFrame({"x": values})
    return profile.build(rows, features=["x"]).features["x"]


def numbers(values: object) -> Numbers:
    found = kept(values)
    assert isinstance(found, Numbers)
    return found


def categories(values: object) -> Categories:
    found = kept(values)
    assert isinstance(found, Categories)
    return found


def test_few_distinct_numbers_are_kept_exactly_infinite_ones_in_their_order() -> None:
    found = numbers([2.0, np.inf, 2.0, -np.inf, np.nan, 0.5])
    assert (found.rows, found.missing) == (5, 1)
    assert (found.points, found.at, found.before) == ((-np.inf, 0.5, 2.0, np.inf), (1, 1, 2, 1), ())


def test_of_many_numbers_no_more_than_one_in_a_thousand_lie_between_two_points() -> None:
    values = np.random.default_rng(1).standard_cauchy(50_000)
    found = numbers(values)
    assert len(found.points) <= 1_001
    assert found.cells[::2].max() <= 55  # the points are cut to few digits
    upto = found.cells.cumsum()[1::2]
    assert upto.tolist() == [(values <= point).sum() for point in found.points]


def test_numbers_far_from_zero_are_told_apart() -> None:
    found = numbers(1e12 + np.arange(5_000.0))
    assert len(found.points) == 1_001
    assert found.cells[::2].max() <= 6


KINDS = {
    "whole numbers with gaps": ([1, None, 3], "numbers"),
    "decimals": ([decimal.Decimal("1.5"), None, decimal.Decimal(2)], "numbers"),
    "times": (pd.to_datetime(["2026-01-01", None, "2026-03-01"]), "times"),
    "times of a zone": (pd.to_datetime(["2026-01-01", "2026-03-01"]).tz_localize("Europe/Rome"), "times"),
    "truth values": ([True, False, True], "categories"),
    "truth values with gaps": ([True, None, False], "categories"),
    "text": (["a", None, "b"], "categories"),
    "a mixture": (["a", 1, 2.5, True, None], "categories"),
    "lists": ([[1], [1], None], "categories"),
    "a categorical": (pd.Categorical(["a", "b", None]), "categories"),
    "nothing, of numbers": ([np.nan, np.nan], "numbers"),
    "nothing, of objects": (pd.Series([None, None], dtype=object), "categories"),
    "no rows": (pd.Series([], dtype=float), "numbers"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_column_of_any_kind_is_profiled_and_read_back(name: str, tmp_path: Path) -> None:
    values, kind = KINDS[name]
    rows = pd.DataFrame({"x": values})
    made = profile.build(rows, features=["x"])
    column = made.features["x"]
    assert (column.kind, column.rows, column.missing) == (
        kind,
        int(rows["x"].notna().sum()),
        int(rows["x"].isna().sum()),
    )
    assert Profile.read(made.write(tmp_path)) == made


def test_times_are_seconds_whatever_their_zone() -> None:
    here = pd.date_range("2026-01-01", periods=3, tz="Europe/Rome")
    assert numbers(here).points == numbers(here.tz_convert("UTC")).points == numbers(here.as_unit("s")).points


def test_times_that_mean_never_come_last() -> None:
    made = numbers(pd.Series(np.array(["2020-01-01", "9999-12-31"], dtype="datetime64[us]")))
    assert made.points[0] == 1577836800.0
    assert made.points[-1] == 253402214400.0


def test_a_span_of_time_that_is_missing_is_missing() -> None:
    made = numbers(pd.Series([pd.Timedelta("1d"), pd.NaT, pd.Timedelta("2d")]))
    assert (list(made.points), made.missing) == ([86400.0, 172800.0], 1)


def test_numbers_of_32_bits_are_hashed_as_they_are_asked() -> None:
    of = form(features={"x": "float"}, keys={}, keeping=Keeping(address="/log", hashed=("x",)), hash_key="k")
    trained = profile_values.categories(pd.Series([0.1, 0.2], dtype="float32"), lambda value: str(hashed(value, "k")))
    widened = float(np.float32(0.1))  # as Feast tells it; /invocations has 0.1
    asked = [Answered(0.0, "r", None, {"x": [value, 0.2, None]}, {"predictions": [1, 1, 1]}) for value in (0.1, widened)]
    live = batch.table(of, asked)["feature.x"].to_pylist()
    assert live[:3] == live[3:]
    assert set(live[:2]) == set(trained)


def test_the_most_frequent_categories_are_named_and_the_others_counted() -> None:
    found = categories([f"often {place % 900}" for place in range(1_800)] + [f"once {place}" for place in range(500)])
    assert (found.distinct, found.once, len(found.named), found.others.shape) == (1_400, 500, 1_000, (400, 2))
    assert found.named["often 7"] == 2
    many = categories([f"id {place}" for place in range(20_000)])
    assert (many.distinct, many.named, sum(many.groups), len(many.groups)) == (20_000, {}, 20_000, 128)


def test_a_sensitive_column_is_left_out_without_a_key_or_when_it_is_a_number_of_many() -> None:
    rows = pd.DataFrame({"sex": ["f", "m"] * 60, "age": range(120)})
    made = profile.build(rows, features=["sex", "age"], sensitive=["sex", "age"])
    assert made.features == {}
    assert made.left_out == dict.fromkeys(
        ("sex", "age"), "it is sensitive, and there is no key to hash its values with"
    )
    hashed = profile.build(rows, features=["sex", "age"], sensitive=["sex", "age"], hash=lambda value: f"#{value}")
    assert isinstance(hashed.features["sex"], Categories)
    assert (hashed.features["sex"].named, hashed.features["sex"].is_sensitive) == ({"#f": 60, "#m": 60}, True)
    assert hashed.left_out == {"age": "it is sensitive, and its 120 different numbers or dates tell no groups"}


def test_a_profile_of_twenty_columns_is_small_quickly_made_and_always_the_same(tmp_path: Path) -> None:
    rows = drifting(100_000, np.random.default_rng(2))
    known = {
        "features": list(rows),
        "predictions": rows["rare_truth"].to_numpy(),
        "scores": rows["normal_0"].to_numpy(),
    }
    profile.build(rows.head(1_000), **known)  # imports
    before = time.process_time()
    made = profile.build(rows, **known)
    assert time.process_time() - before < 0.6  # 0.1 s on a machine at rest
    file = made.write(tmp_path)
    assert file.stat().st_size < 400_000
    assert file.read_bytes() == profile.build(rows, **known).write(tmp_path).read_bytes()
