"""The step train: what it keeps, what it says when the scientist's code fails, and that a retry converges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from fakes.online import FIT, Online
from fakes.tracking import FakeTracking
from golden_paths import digests
from golden_paths.errors import CodeFailed, DigestMismatch
from golden_paths.steps import train

NOTEBOOK = {"notebook": "include/fit.ipynb", "params": {"C": 0.5}}


class Killed(BaseException):
    """The worker died here."""


class KilledAt(FakeTracking):
    """Dies once, before or after a verb."""

    def __init__(self, folder: Path, verb: str, *, after: bool) -> None:
        super().__init__(folder)
        real = getattr(self, verb)

        def dies(*arguments: Any, **named: Any) -> Any:
            setattr(self, verb, real)
            if after:
                real(*arguments, **named)
            raise Killed

        setattr(self, verb, dies)


def notebook(*cells: str) -> str:
    parameters = new_code_cell("C = 1.0", metadata={"tags": ["parameters"]})
    return str(nbformat.writes(new_notebook(cells=[parameters, *map(new_code_cell, cells)])))


def test_the_run_holds_everything_that_made_the_model(tmp_path: Path) -> None:
    online = Online(tmp_path)
    online.write("fit.py", FIT)
    context = online.context(spec=online.spec(train={"code": "include/fit.py:fit", "params": {"C": 0.5}, "seed": 3}))
    model = train.run(context)
    run = online.clients.tracking.runs[model.mlflow_run_id]
    home = online.clients.tracking.folder
    assert run.status == "FINISHED"
    assert run.params == {"C": "0.5", "golden_paths.seed": "3"}
    assert run.metrics["train_roc_auc"] > 0.9
    assert run.datasets["progression"]["digest"] == online.training_set.digest
    assert run.tags["golden_paths.code_digest"] == digests.of_bytes(FIT.encode())
    assert run.tags["golden_paths.spec_digest"] == context.spec_digest
    assert run.tags["golden_paths.owner"] == "clinical-analytics"
    assert (home / run.models[0] / "requirements.txt").read_text().splitlines()[0].startswith("mlflow==")
    assert digests.of_folder(home / run.models[0]) == model.digest
    assert digests.of_file(home / model.mlflow_run_id / "golden_records.json") == model.golden_digest
    assert sorted(path.name for path in (home / model.mlflow_run_id).rglob("*") if path.is_file()) == [
        "environment.txt",
        "fit.py",
        "golden_records.json",
        "spec.yaml",
    ]
    assert train.run(context) == model
    assert online.log[-1] == f"already trained as MLflow run {model.mlflow_run_id}"
    assert train.run(online.context(spec=context.spec, run="run-2")).weights == model.weights


@pytest.mark.parametrize(("verb", "after"), [("log_model", True), ("finish", False)])
def test_killed_and_retried_leaves_one_run_and_one_model(tmp_path: Path, verb: str, after: bool) -> None:
    online = Online(tmp_path, tracking=KilledAt(tmp_path / "mlflow", verb, after=after))
    online.write("fit.py", FIT)
    with pytest.raises(Killed):
        train.run(online.context())
    model = train.run(online.context())
    trained = [run for run in online.clients.tracking.runs.values() if run.name.startswith("train ")]
    assert [run.models for run in trained] == [[model.uri.removeprefix("models:/")]]


@pytest.mark.parametrize(
    ("code", "params", "said"),
    [
        (
            "import nowhere_to_be_found",
            {},
            "include/fit.py:fit cannot be imported: ModuleNotFoundError: No module named 'nowhere_to_be_found'; "
            "mend it; the traceback is in the log above",
        ),
        (
            "def fit(features, label):\n    return 1 / 0",
            {},
            "include/fit.py:fit raised ZeroDivisionError: division by zero; mend it; the traceback is in the log above",
        ),
        (
            "def fit(features, label):\n    raise ValueError('no luck\\nand much more')",
            {},
            "include/fit.py:fit raised ValueError: no luck; mend it; the traceback is in the log above",
        ),
        (
            "def fit(features, label, C):\n    return None",
            {"depth": 3},
            "include/fit.py:fit cannot be called with (features, label, depth): missing a required argument: 'C'; "
            "it is fit(features, label, C): it must take features, label and what train.params names",
        ),
        (
            "def fit(features, label):\n    return None",
            {},
            "include/fit.py:fit gave NoneType, which has no predict; end with a fitted estimator, as in model.fit(...)",
        ),
        (
            "from sklearn.linear_model import LogisticRegression\ndef fit(features, label):\n    return LogisticRegression()",
            {},
            "include/fit.py:fit: the fitted model cannot predict: NotFittedError: This LogisticRegression instance is not "
            "fitted yet. Call 'fit' with appropriate arguments before using this estimator.; return an estimator that is fitted",
        ),
    ],
    ids=["import", "raises", "raises-at-length", "signature", "no-predict", "not-fitted"],
)
def test_failing_code_is_named_with_file_function_and_problem(
    tmp_path: Path, code: str, params: dict[str, Any], said: str
) -> None:
    online = Online(tmp_path)
    online.write("fit.py", code)
    with pytest.raises(CodeFailed) as caught:
        train.run(online.context(spec=online.spec(train={"code": "include/fit.py:fit", "params": params})))
    assert str(caught.value) == said
    (run,) = [run for run in online.clients.tracking.runs.values() if run.name.startswith("train ")]
    assert (run.status, run.tags["golden_paths.reason"]) == ("FAILED", said)


def test_the_timeout_of_the_spec_ends_fitting(tmp_path: Path) -> None:
    online = Online(tmp_path)
    online.write("fit.py", "import threading\ndef fit(features, label):\n    threading.Event().wait()")
    with pytest.raises(CodeFailed, match=r"did not end within 9 s; make it faster, or raise the section's timeout"):
        train.run(online.context(spec=online.spec(train={"code": "include/fit.py:fit", "timeout": "9s"})))


def test_a_training_set_that_was_changed_is_not_fitted_on(tmp_path: Path) -> None:
    online = Online(tmp_path)
    online.write("fit.py", "raise SystemExit('ran')")
    frozen = online.clients.tracking.folder / online.training_set.uri.removeprefix("runs:/")
    frozen.write_bytes(frozen.read_bytes() + b"x")
    with pytest.raises(DigestMismatch):
        train.run(online.context())
    assert online.log == []


def test_a_model_of_the_scientists_own_class_travels_with_its_code(tmp_path: Path) -> None:
    online = Online(tmp_path, kind="regression")
    online.write(
        "fit.py",
        "from sklearn.base import BaseEstimator, RegressorMixin\n"
        "class Mean(RegressorMixin, BaseEstimator):\n"
        "    def fit(self, X, y):\n        self.mean_ = float(y.mean())\n        return self\n"
        "    def predict(self, X):\n        return [self.mean_] * len(X)\n"
        "def fit(features, label):\n    return Mean().fit(features, label)\n",
    )
    model = train.run(online.context())
    folder = online.clients.tracking.folder / model.uri.removeprefix("models:/")
    assert (folder / "code" / "fit.py").is_file()
    assert "fit.Mean" in (folder / "MLmodel").read_text()


OWN = {
    "fit.py": "from sklearn.linear_model import LogisticRegression\nfrom penalty import C\n"
    "def fit(features, label):\n    return LogisticRegression(C=C).fit(features, label)\n",
    "penalty.py": "import cohort.limits\nC = cohort.limits.C\n",
    "cohort/__init__.py": "",
    "cohort/limits.py": "C = 0.5\n",
    "other.py": "raise SystemExit\n",
}


def test_the_scientists_own_modules_are_part_of_the_codes_identity_and_kept_with_the_run(tmp_path: Path) -> None:
    online = Online(tmp_path)
    (online.project.root / "include" / "cohort").mkdir()
    for name, text in OWN.items():
        online.write(name, text)
    model = train.run(online.context())
    kept = online.clients.tracking.folder / model.mlflow_run_id / "code"
    assert {path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file()} == OWN.keys() - {
        "other.py"
    }
    tags = online.clients.tracking.runs[model.mlflow_run_id].tags
    assert tags["golden_paths.code_digest"] == digests.of_folder(kept)
    assert train.run(online.context()) == model
    online.write("other.py", "import nothing\n")
    assert train.run(online.context()) == model
    online.write("cohort/limits.py", "C = 0.25\n")
    again = train.run(online.context())
    assert again.mlflow_run_id != model.mlflow_run_id
    assert again.weights != model.weights


def test_a_notebook_fits_with_the_specs_params_and_is_kept_with_its_outputs(tmp_path: Path) -> None:
    online = Online(tmp_path)
    cell = "from sklearn.linear_model import LogisticRegression\nprint('C is', C)"
    fit = "model = LogisticRegression(C=C).fit(features, label)"
    online.write("fit.ipynb", notebook(cell, fit))
    online.write("fit.py", FIT)
    model = train.run(online.context(spec=online.spec(train=NOTEBOOK)))
    executed = online.clients.tracking.folder / model.mlflow_run_id / "code" / "executed.ipynb"
    assert "C is 0.5\n" in [output.get("text") for cell in nbformat.read(executed, 4).cells for output in cell.outputs]
    assert str(tmp_path) not in executed.read_text()
    by_code = train.run(online.context(spec=online.spec(train={"code": "include/fit.py:fit", "params": {"C": 0.5}})))
    assert model.weights == by_code.weights


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["1 + 1", "1 / 0"], "include/fit.ipynb: cell 3 raised ZeroDivisionError: division by zero; "),
        (["fitted = 1"], "include/fit.ipynb ends without a variable named model; "),
    ],
)
def test_a_failing_notebook_is_named_by_cell_and_kept(tmp_path: Path, cells: list[str], said: str) -> None:
    online = Online(tmp_path)
    online.write("fit.ipynb", notebook(*cells))
    with pytest.raises(CodeFailed) as caught:
        train.run(online.context(spec=online.spec(train=NOTEBOOK)))
    assert str(caught.value).startswith(said)
    (kept,) = online.clients.tracking.folder.rglob("executed.ipynb")
    assert json.loads(kept.read_text())["cells"]


def test_a_training_that_was_killed_says_in_mlflow_why_there_is_no_model(tmp_path: Path) -> None:
    online = Online(tmp_path)
    online.write("fit.py", FIT)
    context = online.context(spec=online.spec(train={"code": "include/fit.py:fit", "params": {"C": 0.5}}))
    train.undo(context, "pod churn-train-x was OOMKilled")
    (run,) = [run for run in online.clients.tracking.runs.values() if "golden_paths.step" in run.tags]
    assert (run.status, run.tags["golden_paths.reason"]) == ("FAILED", "pod churn-train-x was OOMKilled")
    model = train.run(context)  # cleared by hand, with more memory
    train.undo(context, "too late")
    assert online.clients.tracking.runs[model.mlflow_run_id] is run
    assert (run.status, run.tags["golden_paths.reason"]) == ("FINISHED", "")
