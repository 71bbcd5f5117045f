"""Every bad spec gets one message that names place, problem and remedy; it harms no other spec and runs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bad_specs import change, drop, hold, slow
from golden_paths.errors import InvalidSpec
from golden_paths.load import read_spec
from projects import SPEC, make_project

TEMPLATE = "holds a template, and templates are not rendered in a spec; write the value itself"
NAME_RULE = (
    "is no name that Kubernetes and MLflow both take; use lower-case letters, digits and '-', a letter first, "
    "at most 50, as in diabetes-progression"
)


CASES = {
    "YAML syntax": (
        change("owner: growth", "owner: [growth"),
        "bad.yaml:4: is not YAML: did not find expected ',' or ']'; mend the syntax at this line",
    ),
    "a tab": (
        change("  repo:", "\trepo:"),
        "bad.yaml:6: is not YAML: found character that cannot start any token; "
        "indent with spaces, and put what starts with @, ` or % in quotes",
    ),
    "a preset without quotes": (
        change("features:", "schedule: @weekly\nfeatures:"),
        "bad.yaml:5: is not YAML: found character that cannot start any token; "
        "indent with spaces, and put what starts with @, ` or % in quotes",
    ),
    "a colon in a text": (
        change("Chance that", "Chance: that"),
        "bad.yaml:4: is not YAML: mapping values are not allowed in this context; put a text that holds ': ' in quotes",
    ),
    "unknown key": (
        change("owner:", "ownr: x\nowner:"),
        "bad.yaml:3: ownr is not a key that is known here; did you mean 'owner'?",
    ),
    "unknown key in a section": (
        change("  params:", "  parms:"),
        "bad.yaml:13: train.parms is not a key that is known here; did you mean 'params'?",
    ),
    "wrong type: a list for text": (
        change("owner: growth", "owner: [a, b]"),
        'bad.yaml:3: owner is not text; put it in quotes, as in "None"',
    ),
    "wrong type: a number for a section": (
        change("deploy:\n  to: local", "deploy: 7"),
        "bad.yaml:16: deploy '7' is not a section; write its keys on lines of their own, indented below it",
    ),
    "wrong type: text for a number": (
        change("  label: left", "  label: left\n  split: {test: much}"),
        "bad.yaml:11: training_set.split.test 'much' is not a number; write a number, without quotes",
    ),
    "out of range": (
        change("  label: left", "  label: left\n  split: {test: 1.5}"),
        "bad.yaml:11: training_set.split.test '1.5' is refused: input should be less than 1; "
        "it is for: Share of the rows that is held out",
    ),
    "missing section": (
        drop("evaluate"),
        "bad.yaml:1: evaluate is missing, and online-model@1 needs it; add the section",
    ),
    "missing key": (
        change("owner: growth\n", ""),
        "bad.yaml:1: owner is missing; add it: The team or person who answers for the model",
    ),
    "unknown path": (
        change("online-model@1", "onlin-model@1"),
        "bad.yaml:1: golden_path 'onlin-model@1' is not a golden path; did you mean 'online-model@1'?",
    ),
    "unknown version": (
        change("online-model@1", "online-model@9"),
        "bad.yaml:1: golden_path 'online-model@9' has no version '9'; write online-model@1",
    ),
    "no version": (
        change("online-model@1", "online-model"),
        "bad.yaml:1: golden_path 'online-model' names no version; write online-model@1",
    ),
    "unknown step": (
        SPEC + "shadow:\n  share: 0.1\n",
        "bad.yaml:18: shadow is not a key that is known here; known are golden_path, name, owner, description, risk, schedule, "
        "features, training_set, train, evaluate, deploy, monitor, score, refresh, steps",
    ),
    "a section of another path": (
        SPEC + "refresh: {}\n",
        "bad.yaml:18: refresh is a section that online-model@1 does not have; "
        "remove it: online-model@1 has features, training_set, train, evaluate, deploy, monitor",
    ),
    "duplicate key": (
        change("owner: growth", "owner: growth\nowner: sales"),
        "bad.yaml:4: owner is a duplicate of line 3; keep one of them",
    ),
    "a name that Kubernetes refuses": (
        change("name: churn", "name: Churn_Model"),
        f"bad.yaml:2: name 'Churn_Model' {NAME_RULE}",
    ),
    "a name that is too long": (
        change("name: churn", f"name: {'a' * 51}"),
        f"bad.yaml:2: name '{'a' * 51}' {NAME_RULE}",
    ),
    "NO": (
        change("owner: growth", "owner: NO"),
        "bad.yaml:3: owner 'NO' may be read as a truth value; write \"NO\" for the text, or the value plainly",
    ),
    "010": (
        change("owner: growth", "owner: 010"),
        "bad.yaml:3: owner '010' may be read as an octal number; write \"010\" for the text, or the value plainly",
    ),
    "12:30": (
        change("owner: growth", "owner: 12:30"),
        "bad.yaml:3: owner '12:30' may be read as a number of base 60; write \"12:30\" for the text, or the value plainly",
    ),
    "1.10": (
        change("owner: growth", "owner: 1.10"),
        "bad.yaml:3: owner '1.10' is not text; put it in quotes, as in \"1.10\"",
    ),
    "a Python tag": (
        change("owner: growth", "owner: !!python/object/apply:os.system ['true']"),
        "bad.yaml:3: 'tag:yaml.org,2002:python/object/apply:os.system' is a YAML tag; remove it: a spec holds plain values only",
    ),
    "10 MB": (
        SPEC + "# " + "x" * 10_000_000,
        "bad.yaml: is larger than 256 KiB; a spec is a page of text: data belongs in files that it names",
    ),
    "an alias bomb": (
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
        "bad.yaml:1: '&a' is an anchor or alias; write the value out where it is meant",
    ),
    "200 KB of [": ("[" * 200_000, "bad.yaml:1: is nested deeper than 16 levels; a spec needs four"),
    "200 KB of {": ("{a: " * 50_000, "bad.yaml:1: is nested deeper than 16 levels; a spec needs four"),
    "UTF-16": (SPEC.encode("utf-16"), "bad.yaml: is not UTF-8 text (it looks like UTF-16); save it as UTF-8"),
    "Latin-1": (
        change("growth", "größe").encode("latin-1"),
        "bad.yaml:3: is not UTF-8 text; save it as UTF-8",
    ),
    "an empty file": ("", "bad.yaml: is empty; start with: python -m golden_paths new NAME"),
    "a list": ("- a\n", "bad.yaml:1: is not a mapping of keys to values; start with: python -m golden_paths new NAME"),
    "two documents": (
        SPEC + "---\n" + SPEC,
        "bad.yaml:18: has a second document after '---'; put each model into its own file",
    ),
    "a template": (
        change("growth", '"{{ conn.mlflow.password }}"'),
        f"bad.yaml:3: owner '{{{{ conn.mlflow.password }}}}' {TEMPLATE}",
    ),
    "a template, escaped": (
        change("growth", '"\\x7b{ conn.mlflow.password }}"'),
        f"bad.yaml:3: owner '{{{{ conn.mlflow.password }}}}' {TEMPLATE}",
    ),
    "a template, unquoted": (
        change("{C: 0.5}", "{C: {{ var.value.secret }}}"),
        f"bad.yaml:13: train.params.C {TEMPLATE}",
    ),
    "no such metric": (
        change("roc_auc:", "roc_acu:"),
        "bad.yaml:15: evaluate.metrics.roc_acu is not a metric that is known; did you mean 'roc_auc'?",
    ),
    "a bound without a sign": (
        change('">= 0.75"', "0.75"),
        'bad.yaml:15: evaluate.metrics.roc_auc \'0.75\' is not a bound; write ">=" or "<=" and a number, in quotes, '
        'as in ">= 0.75"',
    ),
    "a schedule that is none": (
        change("features:", 'schedule: "@weakly"\nfeatures:'),
        "bad.yaml:5: schedule '@weakly' is no schedule; did you mean '@weekly'?",
    ),
}


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


@pytest.mark.parametrize("name", CASES)
def test_a_bad_spec_gets_one_message_and_harms_no_other(dags: Path, name: str) -> None:
    hold(dags, CASES[name])


def test_no_bad_spec_takes_more_than_50_ms(dags: Path) -> None:
    assert slow(dags, {name: text for name, (text, _) in CASES.items()}) == {}


def test_every_error_of_a_file_is_told_at_once(dags: Path) -> None:
    text = SPEC.replace("churn.py:fit", "churn.py:fitt").replace("label: left", "label: leave")
    (dags / "bad.yaml").write_text(text.replace("service: churn_v1", "service: churn_v2"))
    with pytest.raises(InvalidSpec) as caught:
        read_spec(dags / "bad.yaml")
    assert [problem.key for problem in caught.value.problems] == [
        "features.service",
        "training_set.label",
        "train.code",
    ]


def test_quoted_text_is_text_whatever_it_looks_like(dags: Path) -> None:
    (dags / "good.yaml").write_text(SPEC.replace("owner: growth", 'owner: "NO"'))
    assert read_spec(dags / "good.yaml").spec.owner == "NO"
