"""What a spec refers to is read, never run, never waited for, and never followed out of the project."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from bad_specs import change, hold, slow
from golden_paths.load import read_spec
from projects import make_project

INSIDE = "leaves the project; name a file below the project's folder, as in include/models/fit.py"


def entities(place: str) -> str:
    return change("include/data/churn.parquet", place)


def code(name: str) -> str:
    return change("include/models/churn.py:fit", f"include/models/{name}.py:fit")


def notebook(name: str) -> str:
    return change("code: include/models/churn.py:fit", f"notebook: include/notebooks/{name}.ipynb")


def repo(name: str) -> str:
    return change("include/feature_repos/churn", f"include/feature_repos/{name}")


CASES = {
    "a label that is the time": (
        change("label: left", "label: event_timestamp"),
        "bad.yaml:10: training_set.label 'event_timestamp' is the rows' time; name the column that the model predicts",
    ),
    "a bound on the wrong side": (
        change('">= 0.75"', '"<= 0.75"'),
        "bad.yaml:15: evaluate.metrics.roc_auc '<= 0.75' keeps good models out: roc_auc is better when higher; "
        'write ">= 0.75"',
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
    "entities without a time": (
        entities("include/data/timeless.parquet"),
        "bad.yaml:9: training_set.entities 'include/data/timeless.parquet' has no column event_timestamp; "
        "add it: the time, in UTC, at which a row's label was known",
    ),
    "a project that Feast refuses": (
        repo("sales-forecast"),
        "bad.yaml:6: features.repo 'include/feature_repos/sales-forecast' has project 'sales-forecast' in feature_store.yaml, "
        "and Feast takes letters, digits and '_' alone; write project: sales_forecast",
    ),
    "entities that are no parquet": (
        change("include/data/churn.parquet", "include/models/churn.py"),
        "bad.yaml:9: training_set.entities 'include/models/churn.py' is no parquet file: it has no parquet footer; "
        "write it with DataFrame.to_parquet",
    ),
}
ODD = {
    "the project itself": (
        entities('"."'),
        "bad.yaml:9: training_set.entities '.' names the project itself; "
        "name a file below the project's folder, as in include/models/fit.py",
    ),
    "a folder for a file": (
        entities("include/data"),
        "bad.yaml:9: training_set.entities 'include/data' is no file; name a file of the project",
    ),
    "a FIFO": (
        entities("include/data/fifo"),
        "bad.yaml:9: training_set.entities 'include/data/fifo' is no file; name a file of the project",
    ),
    "a link to nothing": (
        entities("include/data/dangling"),
        "bad.yaml:9: training_set.entities 'include/data/dangling' is no file; name a file of the project",
    ),
    "a name that is too long": (
        entities("x" * 300),
        f"bad.yaml:9: training_set.entities '{'x' * 57}...' cannot be read (File name too long); "
        "check its place and permissions",
    ),
    "parentheses without end": (
        code("parentheses"),
        "bad.yaml:12: train.code 'include/models/parentheses.py:fit' is not Python: too many nested parentheses at line 1; "
        "mend the file",
    ),
    "signs without end": (
        code("signs"),
        "bad.yaml:12: train.code 'include/models/signs.py:fit' is not Python: it is nested too deeply; mend the file",
    ),
    "a MiB of functions": (
        code("large"),
        "bad.yaml:12: train.code 'include/models/large.py:fit' has no function 'fit'; did you mean 'fut'?",
    ),
    "100 MB of Python": (
        code("huge"),
        "bad.yaml:12: train.code 'include/models/huge.py:fit' cannot be read (it is larger than 1024 KiB); "
        "make it smaller, or check its permissions",
    ),
    "100 MB of notebook": (
        notebook("huge"),
        "bad.yaml:12: train.notebook 'include/notebooks/huge.ipynb' cannot be read (it is larger than 8192 KiB); "
        "make it smaller, or check its permissions",
    ),
    "200 KB of [": (
        notebook("deep"),
        "bad.yaml:12: train.notebook 'include/notebooks/deep.ipynb' is no notebook; save it from Jupyter, as format 4",
    ),
    "5 MB of cells": (
        notebook("large"),
        "bad.yaml:12: train.notebook 'include/notebooks/large.ipynb' has no cell tagged 'parameters'; "
        "tag the cell that holds the parameters' defaults",
    ),
    "10,000 files": (
        repo("many"),
        "bad.yaml:7: features.service 'churn_v1' was not found in the first files of include/feature_repos/many; "
        "define it in one at its top",
    ),
    "files that cannot be read": (
        repo("odd"),
        "bad.yaml:7: features.service 'churn_v1' is no feature service of include/feature_repos/odd; did you mean 'churn_v0'?",
    ),
}


def make_odd(include: Path) -> None:
    """Files that would hang, crash or slow down who reads them without care."""
    data, models, notebooks, repos = (include / name for name in ("data", "models", "notebooks", "feature_repos"))
    os.mkfifo(data / "fifo")
    (data / "dangling").symlink_to("nothing")
    (models / "parentheses.py").write_text("(" * 10_000)
    (models / "signs.py").write_text("x=" + "-" * 10_000 + "1")
    (models / "large.py").write_text("def fut(a, b):\n    return a.b + b\n" * 30_000)
    for huge in (models / "huge.py", notebooks / "huge.ipynb"):
        with huge.open("w") as stream:
            stream.truncate(100 * 1024 * 1024)
    (notebooks / "deep.ipynb").write_text("[" * 200_000)
    cells = [{"metadata": {"tags": ["other"]}, "source": "model = 1"}] * 80_000
    (notebooks / "large.ipynb").write_text(json.dumps({"cells": cells}))
    for name in ("many", "odd"):
        (repos / name).mkdir()
        (repos / name / "feature_store.yaml").touch()
    for number in range(400):
        (repos / "many" / f"f{number}.py").write_text("x = 1\n")
    odd = repos / "odd"
    os.mkfifo(odd / "fifo.py")
    (odd / "folder.py").mkdir()
    (odd / "loop").symlink_to(".")
    (odd / "dangling.py").symlink_to("nothing")
    (odd / "device.py").symlink_to("/dev/zero")
    (odd / "deep.py").write_text("FeatureService(" * 100_000)
    (odd / "large.py").write_text("x = a.b(c)\n" * 80_000)
    (odd / "found.py").write_text("FeatureService(features=[], name='churn_v0')\n")


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = make_project(tmp_path / "project")
    include = folder.parent / "include"
    (include / "models" / "outside.py").symlink_to(__file__)
    entities = pd.read_parquet(include / "data" / "churn.parquet")
    entities.drop(columns="event_timestamp").to_parquet(include / "data" / "timeless.parquet")
    forecast = include / "feature_repos" / "sales-forecast"
    shutil.copytree(include / "feature_repos" / "churn", forecast)
    (forecast / "feature_store.yaml").write_text("project: sales-forecast  # of the team\nprovider: local\n")
    return folder


@pytest.fixture
def odd(dags: Path) -> Path:
    make_odd(dags.parent / "include")
    return dags


@pytest.mark.parametrize("name", CASES)
def test_a_bad_reference_gets_one_message_and_harms_no_other(dags: Path, name: str) -> None:
    hold(dags, CASES[name])


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_gets_one_message_and_harms_no_other(odd: Path, name: str) -> None:
    hold(odd, ODD[name])


def test_no_bad_reference_takes_more_than_50_ms(odd: Path) -> None:
    assert slow(odd, {name: text for name, (text, _) in (CASES | ODD).items()}) == {}


def test_a_large_file_is_searched_and_not_parsed(odd: Path) -> None:
    models, notebooks = (odd.parent / "include" / name for name in ("models", "notebooks"))
    with (models / "large.py").open("a") as stream:
        stream.write("def fit(features, label): ...\n")
    cells = [{"metadata": {"tags": ["a", "parameters"]}}, {"outputs": ["x" * 1_000_000]}]
    (notebooks / "large.ipynb").write_text(json.dumps({"cells": cells}, indent=1))
    for text in (code("large"), notebook("large")):
        (odd / "good.yaml").write_text(text)
        assert read_spec(odd / "good.yaml").spec.name == "churn"


def test_a_service_at_the_top_of_a_large_repository_is_found(odd: Path) -> None:
    many = odd.parent / "include" / "feature_repos" / "many"
    for file in many.glob("f*.py"):
        (many / "below").mkdir(exist_ok=True)
        file.rename(many / "below" / file.name)
    (many / "services.py").write_text("FeatureService(name='churn_v1', features=[])\n")
    (odd / "good.yaml").write_text(repo("many"))
    assert read_spec(odd / "good.yaml").spec.name == "churn"
