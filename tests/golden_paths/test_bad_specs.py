"""Every bad spec gets one message that names place, problem and remedy; it harms no other spec and runs nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from golden_paths.errors import InvalidSpec
from golden_paths.load import read_folder, read_spec
from projects import SPEC, make_project

TEMPLATE = "holds a template, and templates are not rendered in a spec; write the value itself"
NAME_RULE = (
    "is no name that Kubernetes and MLflow both take; use lower-case letters, digits and '-', a letter first, "
    "at most 50, as in diabetes-progression"
)
INSIDE = "leaves the project; name a file below the project's folder, as in include/models/fit.py"


def change(old: str, new: str) -> str:
    assert old in SPEC
    return SPEC.replace(old, new, 1)


def drop(section: str) -> str:
    lines = SPEC.splitlines()
    start = lines.index(f"{section}:")
    end = next((at for at in range(start + 1, len(lines)) if not lines[at].startswith(" ")), len(lines))
    return "\n".join(lines[:start] + lines[end:]) + "\n"


CASES = {
    "YAML syntax": (
        change("owner: growth", "owner: [growth"),
        "bad.yaml:4: is not YAML: did not find expected ',' or ']'; mend the syntax at this line",
    ),
    "a tab": (
        change("  repo:", "\trepo:"),
        "bad.yaml:6: is not YAML: found character that cannot start any token; mend the syntax at this line",
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
        "bad.yaml:18: shadow is not a key that is known here; known are golden_path, name, owner, description, schedule, "
        "features, training_set, train, evaluate, deploy",
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
    "../": (
        change("include/data/churn.parquet", "../../etc/passwd"),
        f"bad.yaml:9: training_set.entities '../../etc/passwd' {INSIDE}",
    ),
    "an absolute path": (
        change("include/data/churn.parquet", "/etc/passwd"),
        f"bad.yaml:9: training_set.entities '/etc/passwd' {INSIDE}",
    ),
    "a symlink that leaves": (
        change("include/models/churn.py:fit", "include/models/outside.py:fit"),
        "bad.yaml:12: train.code 'include/models/outside.py:fit' leaves the project through a symbolic link; "
        "name a file that lies below the project's folder",
    ),
    "no such function": (
        change("churn.py:fit", "churn.py:fitt"),
        "bad.yaml:12: train.code 'include/models/churn.py:fitt' has no function 'fitt'; did you mean 'fit'?",
    ),
    "no such file": (
        change("churn.py:fit", "chrun.py:fit"),
        "bad.yaml:12: train.code 'include/models/chrun.py' is not there: no file include/models/chrun.py in the project; "
        "did you mean 'churn.py'?",
    ),
    "no such notebook": (
        change("code: include/models/churn.py:fit", "notebook: include/notebooks/none.ipynb"),
        "bad.yaml:12: train.notebook 'include/notebooks/none.ipynb' is not there: no file include/notebooks/none.ipynb in the "
        "project; did you mean 'untagged.ipynb'?",
    ),
    "a notebook without parameters": (
        change("code: include/models/churn.py:fit", "notebook: include/notebooks/untagged.ipynb"),
        "bad.yaml:12: train.notebook 'include/notebooks/untagged.ipynb' has no cell tagged 'parameters'; "
        "tag the cell that holds the parameters' defaults",
    ),
    "both code and notebook": (
        change("  params:", "  notebook: include/notebooks/untagged.ipynb\n  params:"),
        "bad.yaml:11: train needs either code or notebook; name one of them, as in code: include/models/fit.py:fit",
    ),
    "no such feature service": (
        change("service: churn_v1", "service: churn_v2"),
        "bad.yaml:7: features.service 'churn_v2' is no feature service of include/feature_repos/churn; did you mean 'churn_v1'?",
    ),
    "no such label": (
        change("label: left", "label: leave"),
        "bad.yaml:10: training_set.label 'leave' is no column of include/data/churn.parquet; "
        "known are customer, event_timestamp, left",
    ),
    "entities that are no parquet": (
        change("include/data/churn.parquet", "include/models/churn.py"),
        "bad.yaml:9: training_set.entities 'include/models/churn.py' is no parquet file: it has no parquet footer; "
        "write it with DataFrame.to_parquet",
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
    folder = make_project(tmp_path / "project")
    (folder.parent / "include" / "models" / "outside.py").symlink_to(__file__)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_a_bad_spec_gets_one_message_and_harms_no_other(dags: Path, name: str) -> None:
    text, message = CASES[name]
    (dags / "good.yaml").write_text(SPEC.replace("name: churn", "name: good"))
    (dags / "bad.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    good, broken = read_folder(dags)
    assert [loaded.spec.name for loaded in good] == ["good"]
    assert [str(error) for _, error in broken] == [message]


def test_no_bad_spec_takes_more_than_50_ms(dags: Path) -> None:
    """The issue's bound, on the best of three: a machine's pause is not ours."""
    slow = {}
    for name, (text, _) in CASES.items():
        (dags / "bad.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        times = []
        for _ in range(3):
            begin = time.process_time()
            with pytest.raises(InvalidSpec):
                read_spec(dags / "bad.yaml")
            times.append(time.process_time() - begin)
        if min(times) > 0.05:
            slow[name] = min(times)
    assert slow == {}


def test_two_specs_with_one_name_are_both_refused(dags: Path) -> None:
    for file in ("one.yaml", "two.yml"):
        (dags / file).write_text(SPEC)
    (dags / "good.yaml").write_text(SPEC.replace("name: churn", "name: good"))
    good, broken = read_folder(dags)
    assert [loaded.spec.name for loaded in good] == ["good"]
    assert [str(error) for _, error in broken] == [
        "one.yaml:2: name 'churn' is also the name of two.yml; rename one of them",
        "two.yml:2: name 'churn' is also the name of one.yaml; rename one of them",
    ]


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


def test_airflowignore_leaves_files_out(dags: Path) -> None:
    (dags / "draft.yaml").write_text("no spec")
    (dags / "good.yaml").write_text(SPEC)
    (dags / ".airflowignore").write_text("draft*  # not ready\n")
    assert [[loaded.file.name for loaded in read_folder(dags)[0]], read_folder(dags)[1]] == [["good.yaml"], []]
