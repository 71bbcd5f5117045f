"""A watch that is asked for wrongly: said at its line, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from golden_paths.errors import InvalidSpec
from golden_paths.load import read_spec
from projects import SPEC, make_project

BIAS = "{measure: mean_parity, at_most: 0.1}"
CASES = {
    "no schedule": ("{schedule: hourlyy}", "monitor.schedule 'hourlyy' is no schedule; write five cron fields, a preset"),
    "no rhythm": ('{schedule: "@once"}', "monitor.schedule '@once' is no rhythm in which to look; write a preset such as"),
    "a date that never comes": ('{schedule: "0 0 30 2 *"}', "monitor.schedule '0 0 30 2 *' names a date that never comes"),
    "a bias that is not there": (
        "{bias: inherit}",
        "monitor.bias 'inherit' inherits evaluate.bias, which is not there; add that, or write measure and at_most here",
    ),
    "groups without columns": (
        f"{{bias: {BIAS}}}",
        "monitor.bias has no columns that tell groups of people apart; name them in training_set.sensitive, as in [sex]",
    ),
    "a bias that is none": ("{bias: yes please}", "monitor.bias "),
    "a budget that is none": (
        "{retrain: {at_most: three a month}}",
        "monitor.retrain.at_most 'three a month' is no rate; write a number, 'per' and a duration, as in 3 per 30d",
    ),
    "a budget of none": ("{retrain: {at_most: 0 per 30d}}", "monitor.retrain.at_most '0 per 30d' is no rate"),
    "a budget within no time": ("{retrain: {at_most: 3 per month}}", "monitor.retrain.at_most '3 per month' is not a duration"),
    "a cause that is never said": (
        "{retrain: {on: [drift, age]}, drift: {}}",
        "monitor.retrain.on.1 'age' names age, which is never said: monitor.max_age is absent; "
        "add monitor.max_age, or take age out",
    ),
    "a cause that is none": ("{retrain: {on: [boredom]}}", "monitor.retrain.on.0 'boredom' is not one of the values it may have"),
    "no cause at all": ("{retrain: {on: []}}", "monitor.retrain.on is empty; name a cause, as in [drift, age]"),
    "an alpha that alarms all the time": ("{drift: {alpha: 0.9}}", "monitor.drift.alpha '0.9' is refused"),
    "an effect of nothing": ("{drift: {effect: 0}}", "monitor.drift.effect '0' is refused"),
    "too few rows for anything": ("{drift: {at_least: 5}}", "monitor.drift.at_least '5' is "),
    "labels that are not there": (
        "{performance: {labels: include/data/gone.parquet}}",
        "monitor.performance.labels 'include/data/gone.parquet' is not there: no file include/data/gone.parquet in the project",
    ),
    "labels of something else": (
        "{performance: {labels: include/data/other.parquet}}",
        "monitor.performance.labels 'include/data/other.parquet' has no column left, the label",
    ),
    "a metric that is none": (
        '{performance: {metrics: {roc_auk: ">= 0.7"}}}',
        "monitor.performance.metrics.roc_auk is not a metric that is known; did you mean 'roc_auc'?",
    ),
    "a bound on the wrong side": (
        '{performance: {metrics: {roc_auc: "<= 0.7"}}}',
        "monitor.performance.metrics.roc_auc '<= 0.7' keeps good models out: roc_auc is better when higher; "
        'write ">= 0.7"',
    ),
    "a window of no time": ("{window: 0h}", "monitor.window '0h' is not a duration"),
    "a key that is unknown": ("{drfit: {}}", "monitor.drfit "),
}


@pytest.mark.parametrize("name", CASES)
def test_a_watch_that_is_asked_for_wrongly_is_said_at_its_line(tmp_path: Path, name: str) -> None:
    file = make_project(tmp_path) / "churn.yaml"
    times = pd.to_datetime(["2026-01-01"], utc=True)
    pd.DataFrame({"customer": [1], "event_timestamp": times}).to_parquet(tmp_path / "include/data/other.parquet")
    written, said = CASES[name]
    file.write_text(f"{SPEC}monitor: {written}\n")
    with pytest.raises(InvalidSpec) as refused:
        read_spec(file)
    assert str(refused.value).startswith(f"churn.yaml:{len(SPEC.splitlines()) + 1}: {said}")
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize(
    "written",
    [
        "{}",
        "{drift: {}, retrain: {}}",
        "{drift: {}, retrain: {on: [drift, contract]}}",
        "{schedule: 6h, window: 1d, freshness: 24h, max_age: 30d, errors: 1%, latency: 200ms, performance: inherit}",
        '{performance: {metrics: {f1: ">= 0.5"}, within: 60d, at_least: 50}, retrain: {on: [performance]}}',
    ],
)
def test_a_watch_is_read_with_its_defaults(tmp_path: Path, written: str) -> None:
    file = make_project(tmp_path) / "churn.yaml"
    file.write_text(f"{SPEC}monitor: {written}\n")
    found = read_spec(file).spec.monitor
    assert found
    assert (found.contract, str(found.retrain.at_most) if found.retrain else "3 per 30d") == (True, "3 per 30d")


def test_the_issues_own_example_is_read(tmp_path: Path) -> None:
    file = make_project(tmp_path) / "churn.yaml"
    text = SPEC.replace("  label: left\n", "  label: left\n  sensitive: [sex]\n")
    text = text.replace('metrics: {roc_auc: ">= 0.75"}\n', 'metrics: {roc_auc: ">= 0.75"}\n  bias: {at_most: 0.1}\n')
    file.write_text(
        f"""{text}monitor:
  schedule: "@hourly"
  drift: {{alpha: 0.01, at_least: 500, effect: 0.1}}
  bias: inherit
  freshness: 24h
  max_age: 30d
  retrain: {{on: [drift, age, performance], cool_down: 24h, at_most: 3 per 30d}}
"""
    )
    with pytest.raises(InvalidSpec) as refused:  # performance is asked to retrain, and nothing measures it
        read_spec(file)
    assert "names performance, which is never said: monitor.performance is absent" in str(refused.value)
    file.write_text(file.read_text().replace("  bias: inherit", "  bias: inherit\n  performance: inherit"))
    assert read_spec(file).spec.monitor
