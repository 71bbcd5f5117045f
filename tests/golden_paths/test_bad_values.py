"""Values that have the right type and would still fail later: in Airflow's database, in MLflow, in the calendar."""

from __future__ import annotations

from pathlib import Path

import pytest

from bad_specs import change, hold, slow
from golden_paths.load import read_spec
from projects import SPEC, make_project

CRON = "write five cron fields, a preset such as @weekly, or 6h"
PARAM_NAME = (
    "is no name for a parameter; use letters, digits and '_', as in max_depth; not a keyword of Python, "
    "nor features, label or rollback_to"
)
LARGE = "is too large a number; write a smaller one"
SCHEDULES = {
    "999999w": "is longer than ten years; write a shorter one, as in 24h",
    "99999999999999999999w": "is not a duration; write a number and one of ms, s, m, h, d, w, as in 24h",
    "0h": "is not a duration; write a number and one of ms, s, m, h, d, w, as in 24h",
    "1s": f"is more often than once a minute; {CRON}",
    "* * * * * *": f"is no schedule; {CRON}",
    "0 0 30 2 *": f"names a date that never comes; {CRON}",
    "H H * * *": f"is no schedule; {CRON}",
    "R * * * *": f"is no schedule; {CRON}",
    "R/5": f"is no schedule; {CRON}",
    "0 0 * * 5L": f"is no schedule; {CRON}",
    "60 * * * *": f"is no schedule; {CRON}",
    "@every 5m": "is no schedule; did you mean '@weekly'?",
}
CASES = {
    f"schedule {schedule}": (
        change("features:", f'schedule: "{schedule}"\nfeatures:'),
        f"bad.yaml:5: schedule '{schedule}' {said}",
    )
    for schedule, said in SCHEDULES.items()
} | {
    "infinity": (change("0.5", "1e999"), f"bad.yaml:13: train.params.C '1e999' {LARGE}"),
    "65 bits": (change("0.5", str(2**63)), f"bad.yaml:13: train.params.C '{2**63}' {LARGE}"),
    "400 digits": (change("0.5", "1" + "0" * 400), f"bad.yaml:13: train.params.C '1{'0' * 56}...' {LARGE}"),
    "an infinite bound": (
        change(">= 0.75", "<= 1e999"),
        "bad.yaml:15: evaluate.metrics.roc_auc '<= 1e999' is no finite bound; write a smaller number",
    ),
    "an infinite loss allowed": (
        change("deploy:", "  champion: {metric: roc_auc, may_lose: 1e999}\ndeploy:"),
        f"bad.yaml:16: evaluate.champion.may_lose '1e999' {LARGE}",
    ),
    "a freshness of 19,000 years": (
        change("  service:", "  freshness: 999999w\n  service:"),
        "bad.yaml:7: features.freshness '999999w' is longer than ten years; write a shorter one, as in 24h",
    ),
    "a seed that scikit-learn refuses": (
        change("  label: left", "  label: left\n  split: {by: random, seed: 4294967296}"),
        "bad.yaml:11: training_set.split.seed '4294967296' is refused: input should be less than 4294967296; "
        "it is for: Seed of a random split",
    ),
    "an owner that is no tag": (
        change("growth", "x" * 101),
        f"bad.yaml:3: owner '{'x' * 57}...' is too long; say it in fewer words",
    ),
    "an owner of two lines": (
        change("growth", '"a\\nb"'),
        "bad.yaml:3: owner 'a b' holds a line break; write it on one line",
    ),
    "an owner of blanks": (change("growth", '"  "'), "bad.yaml:3: owner '' is empty; say it in a few words"),
    "a param that is a keyword": (change("C:", "class:"), f"bad.yaml:13: train.params.class '0.5' {PARAM_NAME}"),
    "a param that fit has already": (change("C:", "label:"), f"bad.yaml:13: train.params.label '0.5' {PARAM_NAME}"),
    "a merge key": (change("{C: 0.5}", "{<<: 0.5}"), f"bad.yaml:13: train.params.<< '0.5' {PARAM_NAME}"),
    "a param that is a list": (
        change("0.5", "[1]"),
        "bad.yaml:13: train.params.C is no plain value; write a number, a text, true or false",
    ),
    "101 params": (
        change("{C: 0.5}", "{" + ", ".join(f"p{number}: 1" for number in range(101)) + "}"),
        "bad.yaml:13: train.params holds too many; name fewer",
    ),
    "a name written with escapes": (
        change("name: churn", 'name: "\\x7aebra"'),
        "bad.yaml:2: name is written with escapes; write it plainly",
    ),
    "NUL, escaped": (
        change("growth", '"a\\0b"'),
        "bad.yaml:3: owner holds the invisible character U+0000; remove it",
    ),
    "NUL": (change("growth", "a\0b"), "bad.yaml:3: holds the invisible character U+0000; remove it"),
    "a turned reading direction": (
        change("growth", "\u202egrowth"),
        "bad.yaml:3: holds the invisible character U+202E; remove it",
    ),
    "a terminal's escape": (
        change("growth", '"\\e[31m"'),
        "bad.yaml:3: owner holds the invisible character U+001B; remove it",
    ),
    "a zero-width key": (
        SPEC + "ow\u200bner: x\n",
        "bad.yaml:18: holds the invisible character U+200B; remove it",
    ),
    "a line break that editors do not count": (
        change("growth", "growth # x\x85name: y"),
        "bad.yaml:3: holds the invisible character U+0085; remove it",
    ),
    "a path of 200 KB": (
        change("include/data/churn.parquet", "a/" * 100_000),
        f"bad.yaml:9: training_set.entities '{'a/' * 28}a...' is too long; say it in fewer words",
    ),
    "125,000 items": (
        "a: [" + "1," * 125_000 + "]",
        "bad.yaml:1: holds more than 1000 keys and values; a spec is a page of text",
    ),
    "125,000 empty keys": (
        "?\n" * 125_000,
        "bad.yaml:501: holds more than 1000 keys and values; a spec is a page of text",
    ),
}
HOSTILE = {
    "450 unknown keys": SPEC + "".join(f"zz{number}: 1\n" for number in range(450)),
    "450 unknown metrics": change("roc_auc:", "".join(f'm{number}: ">= 1", ' for number in range(450)) + "roc_auc:"),
    "450 lists for params": change("C: 0.5", ", ".join(f"p{number}: []" for number in range(450))),
    "digits": change("0.5", "9" * 200_000),
    "digits of base 60": change("0.5", "1" + ":1" * 100_000),
    "a bound of blanks": change(">= 0.75", ">=" + " " * 200_000),
    "a cron of words": change("features:", f'schedule: "{"L" * 1900}! * * * *"\nfeatures:'),
    "a path of 500 folders": change("include/data/churn.parquet", "a/" * 499),
}


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


@pytest.mark.parametrize("name", CASES)
def test_a_bad_value_gets_one_message_and_harms_no_other(dags: Path, name: str) -> None:
    hold(dags, CASES[name])


def test_no_bad_value_takes_more_than_50_ms(dags: Path) -> None:
    assert slow(dags, {name: text for name, (text, _) in CASES.items()} | HOSTILE) == {}


@pytest.mark.parametrize("schedule", ["0 0 L * *", "0 0 * * 1#2", "*/5 8-18 * * mon-FRI", "@once", "1m", "3650d"])
def test_a_schedule_that_airflow_can_run_on_is_taken(dags: Path, schedule: str) -> None:
    (dags / "good.yaml").write_text(change("features:", f'schedule: "{schedule}"\nfeatures:'))
    assert read_spec(dags / "good.yaml").spec.schedule == schedule


def test_a_number_of_64_bits_stays_whole(dags: Path) -> None:
    (dags / "good.yaml").write_text(change("0.5", str(-(2**63))))
    train = read_spec(dags / "good.yaml").spec.train
    assert train is not None
    assert train.params == {"C": -(2**63)}
