"""Gates that a spec asks for wrongly: said at its line, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden_paths.errors import InvalidSpec
from golden_paths.load import read_spec
from projects import SPEC, make_project

SENSITIVE = "  label: left\n  sensitive: [sex, age_group]\n"
BIAS = 'metrics: {roc_auc: ">= 0.75"}\n  bias: '
EXPLAIN = 'metrics: {roc_auc: ">= 0.75"}\n  explain: '
SHEET = "  label: left\n  datasheet: {purpose: a, source: b, licence: c, collection: d, retention: e}\n"
CASES = {
    "a contract that is not there": (
        ("  label: left\n", "  label: left\n  contract: include/gone.yaml\n"),
        "churn.yaml:11: training_set.contract 'include/gone.yaml' is not there: no file include/gone.yaml in the project; "
        "draft it: python -m golden_paths contract suggest SPEC",
    ),
    "a contract that is broken": (
        ("  label: left\n", "  label: left\n  contract: include/broken.yaml\n"),
        "include/broken.yaml:2: columns.spent.type 'nummber' ",
    ),
    "bias without columns": (
        ('metrics: {roc_auc: ">= 0.75"}', f"{BIAS}{{at_most: 0.1}}"),
        "churn.yaml:16: evaluate.bias has no columns that tell groups of people apart; "
        "name them in training_set.sensitive, as in [sex]",
    ),
    "an intersection of what is not sensitive": (
        ("  label: left\n", SENSITIVE, 'metrics: {roc_auc: ">= 0.75"}', f"{BIAS}{{at_most: 0.1, intersections: [[sex, race]]}}"),
        "churn.yaml:17: evaluate.bias.intersections.0 names race; choose among training_set.sensitive: sex, age_group",
    ),
    "an intersection of one": (
        ("  label: left\n", SENSITIVE, 'metrics: {roc_auc: ">= 0.75"}', f"{BIAS}{{at_most: 0.1, intersections: [[sex]]}}"),
        "churn.yaml:17: evaluate.bias.intersections.0 is no intersection; "
        "name two columns or more, each once, as in [sex, age_group]",
    ),
    "robustness by a metric that is not measured": (
        ('metrics: {roc_auc: ">= 0.75"}', 'metrics: {roc_auc: ">= 0.75"}\n  robustness: {metric: f1}'),
        "churn.yaml:16: evaluate.robustness.metric 'f1' is not among evaluate.metrics; choose among roc_auc",
    ),
    "a loss of nothing": (
        ('metrics: {roc_auc: ">= 0.75"}', 'metrics: {roc_auc: ">= 0.75"}\n  robustness: {missing: 0%}'),
        "churn.yaml:16: evaluate.robustness.missing '0%' is refused",
    ),
    "the label as a sensitive column": (
        ("  label: left\n", "  label: left\n  sensitive: [left]\n"),
        "churn.yaml:11: training_set.sensitive names left, the label; name columns that tell groups of people apart",
    ),
    "a question of the datasheet that is not answered": (
        ("  label: left\n", SHEET),
        "churn.yaml:11: training_set.datasheet.limits is missing; add it: "
        "What is known to be wrong with them, or not to be in them?",
    ),
    "an explain that decides nothing": (
        ('metrics: {roc_auc: ">= 0.75"}', f"{EXPLAIN}{{top: 2}}"),
        "churn.yaml:16: evaluate.explain decides nothing; name features in never or always, set stability, or leave explain out: "
        "importance is reported without it",
    ),
    "sensitive columns that may all be on top": (
        ("  label: left\n", SENSITIVE, 'metrics: {roc_auc: ">= 0.75"}', f"{EXPLAIN}{{sensitive_on_top: true}}"),
        "churn.yaml:17: evaluate.explain decides nothing; name features in never or always",
    ),
    "a feature that may never and must always be dominant": (
        ('metrics: {roc_auc: ">= 0.75"}', f"{EXPLAIN}{{never: [age], always: [spent, age]}}"),
        "churn.yaml:16: evaluate.explain.always names age, as never does; name each in one of the two",
    ),
    "a sensitive feature that must be dominant": (
        ("  label: left\n", SENSITIVE, 'metrics: {roc_auc: ">= 0.75"}', f"{EXPLAIN}{{always: [sex]}}"),
        "churn.yaml:17: evaluate.explain.always names sex of training_set.sensitive; "
        "set sensitive_on_top: true, or do not require them",
    ),
    "more required features than places": (
        ('metrics: {roc_auc: ">= 0.75"}', f"{EXPLAIN}{{top: 1, always: [age, spent]}}"),
        "churn.yaml:16: evaluate.explain.always names 2 features for 1 places; raise top, or name fewer",
    ),
    "a forbidden feature twice": (
        ('metrics: {roc_auc: ">= 0.75"}', f"{EXPLAIN}{{never: [age, age]}}"),
        "churn.yaml:16: evaluate.explain.never names a feature twice; name each once",
    ),
    "the label as a feature": (
        ('metrics: {roc_auc: ">= 0.75"}', f"{EXPLAIN}{{never: [left]}}"),
        "churn.yaml:16: evaluate.explain.never names left, the label; name features",
    ),
    "a stability that is no share": (
        ('metrics: {roc_auc: ">= 0.75"}', f"{EXPLAIN}{{stability: 0.7x}}"),
        "churn.yaml:16: evaluate.explain.stability '0.7x' is no share; write a number up to 100 and %, as in 25%",
    ),
    "a bound that allows everything": (
        ("  label: left\n", SENSITIVE, 'metrics: {roc_auc: ">= 0.75"}', f"{BIAS}{{at_most: 1.0}}"),
        "churn.yaml:17: evaluate.bias.at_most '1.0' is refused",
    ),
}


def test_an_explain_that_can_decide_is_read_with_its_defaults(tmp_path: Path) -> None:
    file = make_project(tmp_path) / "churn.yaml"
    text = SPEC.replace("  label: left\n", SENSITIVE)
    bounds = 'metrics: {roc_auc: ">= 0.75"}'
    for wanted in ("{}", "{always: [sex], sensitive_on_top: true}", "{stability: 70%}", "{never: [age], always: [spent]}"):
        file.write_text(text.replace(bounds, EXPLAIN + wanted))
        evaluate = read_spec(file).spec.evaluate
        assert evaluate and evaluate.explain
        assert (evaluate.explain.top, evaluate.explain.at_least, evaluate.explain.confidence) == (3, 0.05, 0.9)


@pytest.mark.parametrize("name", CASES)
def test_a_gate_that_is_asked_for_wrongly_is_said_at_its_line(tmp_path: Path, name: str) -> None:
    file = make_project(tmp_path) / "churn.yaml"
    (tmp_path / "include" / "broken.yaml").write_text("columns:\n  spent: {type: nummber}\n")
    (changes, said), text = CASES[name], SPEC
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    with pytest.raises(InvalidSpec) as refused:
        read_spec(file)
    assert str(refused.value).startswith(said)
    assert len(refused.value.problems) == 1
