"""Drift of single columns: what is an alarm, what is none, and the words for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from golden_paths.monitor_sections import DriftSection
from golden_paths.monitoring import drift, drift_report, profile, unseen
from golden_paths.monitoring.profile import Profile

SECTION = DriftSection(alpha=0.01, at_least=100, effect=0.1)
ROWS = 1_000
Change = Callable[[pd.DataFrame], object]


def frame(seed: int = 0, rows: int = ROWS) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": random.integers(20, 80, rows),
            "dose": random.normal(size=rows),
            "site": random.choice(["Bonn", "Oslo", "Rome"], rows, p=[0.6, 0.3, 0.1]),
            "smokes": random.random(rows) < 0.3,
            "seen": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(random.integers(0, 9**6, rows), unit="s"),
            "batch": np.full(rows, 7),
            "never": np.full(rows, np.nan),
        }
    )


def known(rows: pd.DataFrame | None = None, **settings: Any) -> Profile:
    rows = frame(rows=4_000) if rows is None else rows
    return profile.build(rows, features=list(rows), **settings)


def alarms(window: pd.DataFrame, section: DriftSection = SECTION, of: Profile | None = None) -> dict[str, str]:
    """Column -> what of it drifted."""
    return {one.column: one.worst.what for one in drift.judge(of or known(), window, section) if one.is_alarm}


def test_the_same_population_is_no_alarm() -> None:
    assert alarms(frame(1)) == {}


CHANGES: dict[str, tuple[Change, dict[str, str]]] = {
    "another unit": (lambda rows: rows.update(rows[["dose"]] * 1000), {"dose": "values"}),
    "no value at all": (lambda rows: rows.__setitem__("dose", np.nan), {"dose": "missing values"}),
    "no such column": (lambda rows: rows.__delitem__("site"), {"site": "missing values"}),
    "text instead of numbers": (lambda rows: rows.__setitem__("age", "forty"), {"age": "missing values"}),
    "another constant": (lambda rows: rows.__setitem__("batch", 8), {"batch": "values"}),
    "a constant instead of numbers": (lambda rows: rows.__setitem__("dose", 0.0), {"dose": "values"}),
    "infinity": (
        lambda rows: rows.__setitem__("dose", rows["dose"].where(rows.index > 200, np.inf)),
        {"dose": "values"},
    ),
    "minus infinity": (
        lambda rows: rows.__setitem__("dose", rows["dose"].where(rows.index > 200, -np.inf)),
        {"dose": "values"},
    ),
    "values where there were none": (lambda rows: rows.__setitem__("never", 1.0), {"never": "missing values"}),
    "another category": (lambda rows: rows["site"].replace("Oslo", "Kiel", inplace=True), {}),
    "later": (lambda rows: rows.__setitem__("seen", rows["seen"] + pd.Timedelta("30d")), {"seen": "values"}),
    "the other truth": (lambda rows: rows.__setitem__("smokes", ~rows["smokes"]), {"smokes": "values"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_of_its_column_alone(name: str) -> None:
    change, expected = CHANGES[name]
    window = frame(2)
    if name == "another category":
        window["site"], expected = window["site"].replace("Oslo", "Kiel"), {"site": "values"}
    else:
        change(window)
    assert alarms(window) == expected


def test_truth_values_that_come_as_numbers_or_text_dates_are_the_same_values() -> None:
    window = frame(3)
    window["smokes"] = window["smokes"].astype(float).where(window.index > 3)
    window["seen"] = window["seen"].map(lambda when: when.isoformat())
    window.loc[0, "seen"] = "2026-01-01"
    window["age"] = window["age"].astype(float)
    assert alarms(window) == {}


def test_numbers_of_32_bits_are_the_same_numbers_when_they_come_with_64() -> None:
    rows = frame(rows=4_000)
    rows["dose"] = (rows["dose"].round(1)).astype("float32")
    window = frame(3)
    window["dose"] = window["dose"].round(1)
    assert alarms(window, of=known(rows)) == {}


def test_significant_is_not_enough_and_neither_is_large() -> None:
    window, tiny = frame(4, rows=50_000), frame(4, rows=150)
    window["dose"] += 0.1
    tiny["dose"] += 0.05
    judged = {one.column: one for one in drift.judge(known(), window, SECTION)}
    assert (judged["dose"].worst.state, judged["dose"].is_significant) == ("too small to matter", True)
    few = {one.column: one for one in drift.judge(known(), tiny, DriftSection(effect=0.02, at_least=100))}
    assert few["dose"].worst.state == "not significant"
    assert few["dose"].worst.distance is not None and few["dose"].worst.distance > 0.02


def test_a_window_with_too_few_rows_is_no_alarm_and_says_so() -> None:
    window = frame(5, rows=99)
    window["dose"] = 1e9
    judged = drift.judge(known(), window, SECTION)
    assert {one.worst.state for one in judged} == {"too few rows"}
    words = "dose: too few rows to look for drift, 99 have a value and 100 are needed"
    assert drift_report.words(judged[1], SECTION) == words
    assert {one.state for one in unseen.judge(known(), window, SECTION)} == {"too few rows"}
    assert len(drift.judge(known(), frame().head(0), SECTION)) == 7


def test_a_column_with_few_values_alarms_by_the_missing_ones() -> None:
    window = frame(6)
    window.loc[50:, "dose"] = np.nan
    found = next(one for one in drift.judge(known(), window, SECTION) if one.column == "dose")
    assert (found.values.state, found.gaps.state) == ("too few rows", "drift")
    words = "dose has drifted: 95.0% of its values are missing, 0.0% in training"
    assert drift_report.words(found, SECTION).startswith(words)


def test_predictions_are_compared_under_the_names_that_the_window_has() -> None:
    random, rows = np.random.default_rng(7), frame(7)
    chances = random.random(2_000)
    of = known(predictions=(chances > 0.5).astype(int), scores=chances)
    rows["score"] = 1.0  # of no concern: the window calls its scores otherwise
    rows["said"], rows["chance"] = 1.0, 0.99
    found = [one for one in drift.judge(of, rows, SECTION, predictions="said", scores="chance") if one.is_alarm]
    assert [(one.column, one.role) for one in found] == [("prediction", "prediction"), ("score", "score")]
    assert drift_report.words(found[0], SECTION).startswith(
        "the prediction has drifted: shares of categories differ by 0.5"
    )
    assert alarms(frame(7), of=of) == {}  # a window without predictions


def test_a_regressions_predictions_are_numbers() -> None:
    random, rows = np.random.default_rng(8), frame(8)
    of = known(predictions=random.normal(size=500), is_regression=True)
    rows["prediction"] = random.normal(2, 1, ROWS)
    assert alarms(rows, of=of) == {"prediction": "values"}


def test_a_sensitive_column_is_compared_by_hash_and_its_values_are_not_named(tmp_path: Path) -> None:
    def hashed(value: object) -> str:
        return hashlib.sha256(f"key {value}".encode()).hexdigest()[:16]

    of, window = known(sensitive=["site"], hash=hashed), frame(9)
    window["site"] = window["site"].replace("Oslo", "Kiel").map(hashed)
    assert "Oslo" not in of.model_dump_json()
    assert alarms(window, of=of) == {"site": "values"}
    told = [one for one in unseen.judge(of, window, SECTION) if one.is_alarm]
    assert [(one.column, one.values, one.distinct) for one in told] == [("site", (), 1)]
    assert (
        drift_report.finding(drift.judge(of, window, SECTION), SECTION, tmp_path).plots["Drift of site"]
        == "drift_1.png"
    )


def test_what_was_found_has_a_line_a_table_and_plots(tmp_path: Path) -> None:
    window = frame(10)
    window["dose"] *= 1000
    window.loc[:99, "site"] = "a $100 site"
    found = drift_report.finding(drift.judge(known(), window, SECTION), SECTION, tmp_path, {"sex": "it is sensitive"})
    by_column = {ruling.column: ruling for ruling in found.rulings}
    assert [ruling.column for ruling in found.rulings if not ruling.passed] == ["dose", "site"]
    assert by_column["dose"].words.startswith("dose has drifted: cumulative shares differ by up to 0.5")
    assert by_column["dose"].words.endswith("(p < 1e-9; 1,000 live rows, 4,000 of training), at least 0.1 matters")
    assert by_column["age"].words.startswith("age: no significant drift, cumulative shares differ by up to 0.0")
    assert by_column["never"].state == "not significant"
    assert {len(row) for row in found.tables[0].rows} == {9}
    assert [row[0] for row in found.tables[0].rows if row[1] == "missing values"] == ["never"]
    assert found.notes[1] == "sex is not compared: it is sensitive"
    assert list(found.plots)[:2] == ["Drift of dose", "Drift of site"]
    for name in found.plots.values():
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    (ruling,) = unseen.finding(unseen.judge(known(), window, SECTION)).rulings[:1]
    assert ruling.words == (
        "site: 1 unknown category ('a $100 site') in 100 of 1,000 rows (10.00%), more than training lets expect (0.00%)"
    )
