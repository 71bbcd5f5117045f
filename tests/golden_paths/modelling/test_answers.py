"""Whatever an estimator answers with, training, evaluation and serving read it in the same way, to the last bit."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from golden_paths import answers
from golden_paths.errors import CodeFailed
from golden_paths.modelling import fit_code, judged, metrics
from golden_paths.modelling import predict as asked
from golden_paths.serve import predict
from golden_paths.serve.app import build
from golden_paths.serve.loading import Loader
from golden_paths.serve.status import Identity, Status
from golden_paths.steps import smoke

RNG = np.random.default_rng(5)
ROWS = 90
AGE, DOSE = RNG.integers(20, 80, ROWS), RNG.normal(size=ROWS)
WARD = np.array(["north", "south", "east"])[np.arange(ROWS) % 3]
SIGNAL = DOSE + (AGE - 50) / 20
LABELS: dict[str, Any] = {
    "number": SIGNAL,
    "whole": (SIGNAL > 0).astype("int64"),
    "bool": SIGNAL > 0,
    "text": np.where(SIGNAL > 0, "yes", "no"),
    "three": np.array(["low", "middle", "high"])[np.digitize(SIGNAL, [-0.7, 0.7])],
}


@dataclass
class Walked:
    """What train, evaluate and serve made of one fit function."""

    kept: dict[str, Any]
    outcome: metrics.Outcome
    golden: dict[str, Any]
    served: dict[str, Any]
    by_entity: list[dict[str, Any]]


def walked(root: Path, code: str, label: str, features: tuple[str, ...] = ("age", "dose")) -> Walked:
    """Fit `code`, judge what was saved, serve it, and ask it for its golden records."""
    payload = written(root, code, label, features)
    kept = fit_code.fit(payload)
    there = {**payload, "model": str(root / "model"), "out": str(root / "answers.npz")}
    outcome = judged._read(asked.held_out(there), root / "answers.npz")
    golden = json.loads((root / "golden_records.json").read_text())
    status = Status(Identity("m", "1", kept["digest"], "r", "t"))
    loader = Loader(status, model=root / "model", feature_repo=None, service=None)
    loader.load()
    query = {"return": "probabilities"} if golden["probabilities"] is not None else {}
    with TestClient(build(status, loader)) as client:
        answer = client.post("/invocations", params=query, json={"dataframe_split": golden["inputs"]})
    assert answer.status_code == 200, answer.text
    columns = dict(
        zip(golden["inputs"]["columns"], map(list, zip(*golden["inputs"]["data"], strict=True)), strict=True)
    )

    async def of(entities: list[dict[str, Any]]) -> dict[str, list[Any]]:
        return {name: [values[one["row"]] for one in entities] for name, values in columns.items()}

    store: Any = SimpleNamespace(keys={"row": int}, of=of)
    body = json.dumps({"entities": [{"row": row} for row in range(len(golden["predictions"]))]}).encode()
    assert loader.model is not None
    found = anyio.run(predict.found, loader.model, loader.lane, store, body)
    return Walked(kept, outcome, golden, answer.json(), predict.described(status.identity, found)["predictions"])


def written(root: Path, code: str, label: str, features: tuple[str, ...]) -> dict[str, Any]:
    source = root / f"fit_{abs(hash(code)) % 10**9}.py"  # a name of its own: modules stay in the process
    source.write_text(code)
    split = np.where(np.arange(ROWS) < 60, "train", "test")
    frame = pd.DataFrame({"age": AGE, "dose": DOSE, "ward": WARD, "y": LABELS[label], "split": split})
    frame.to_parquet(root / "frame.parquet")
    return {
        "source": str(source),
        "function": "fit",
        "place": "fit.py:fit",
        "params": {},
        "seed": 1,
        "frame": str(root / "frame.parquet"),
        "features": list(features),
        "label": "y",
        "out": str(root),
    }


def wrapper(predict: str, proba: str = "", *, kind: str = "") -> str:
    """A fit function whose estimator answers with an expression of `said`, a prediction of the right kind for each row."""
    lines = [
        "import numpy as np, pandas as pd",
        "from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin",
        f"class Own({kind}BaseEstimator):",
        "    def fit(self, X, y):",
        "        self.low_, self.high_ = y.min(), y.max()",
        "        return self",
        "    def predict(self, X):",
        "        said = np.where(X['dose'] > 0, self.high_, self.low_)",
        f"        return {predict}",
    ]
    if proba:
        lines += [
            "    def predict_proba(self, X):",
            "        p = 1 / (1 + np.exp(-X['dose']))",
            f"        return {proba}",
        ]
    return "\n".join([*lines, "def fit(features, label):", "    return Own().fit(features, label)", ""])


SKLEARN = """
from sklearn.compose import make_column_transformer
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
mixed = make_column_transformer(
    (OneHotEncoder(), ["ward"]), (CountVectorizer(analyzer="char"), "ward"), (StandardScaler(), ["age", "dose"]),
    sparse_threshold=0,
)
def fit(features, label):
    return """
ESTIMATORS: dict[str, tuple[str, str, str]] = {
    "three classes of text": ("LogisticRegression().fit(features, label)", "three", "f1_macro"),
    "a regression": ("Ridge().fit(features, label)", "number", "r2"),
    "text and categories in a pipeline": (
        "make_pipeline(mixed, LogisticRegression()).fit(features, label)",
        "text",
        "roc_auc",
    ),
    "a pipeline with three classes": (
        "make_pipeline(mixed, LogisticRegression()).fit(features, label)",
        "three",
        "roc_auc_ovr",
    ),
    "boosting classes": ("HistGradientBoostingClassifier(max_iter=5).fit(features, label)", "three", "log_loss"),
    "boosting numbers": ("HistGradientBoostingRegressor(max_iter=5).fit(features, label)", "number", "rmse"),
    "boosting text categories": (
        "make_pipeline(make_column_transformer((OrdinalEncoder(), ['ward']), remainder='passthrough'), "
        "HistGradientBoostingClassifier(max_iter=5, categorical_features=[0])).fit(features, label)",
        "bool",
        "brier",
    ),
    "a column of numbers": ("LinearRegression().fit(features, label.to_frame())", "number", "r2"),
    "partial least squares": ("PLSRegression(1).fit(features, label.to_frame())", "number", "r2"),
    "a classifier without probabilities": ("RidgeClassifier().fit(features, label)", "three", "accuracy"),
}
BOTH = "np.column_stack([1 - p, p])"
REGRESSION, CLASSES = "RegressorMixin, ", "ClassifierMixin, "
WRAPPERS: dict[str, tuple[str, str, str]] = {
    "a Series of numbers": (wrapper("pd.Series(said)", kind=REGRESSION), "number", "r2"),
    "a Series with an index of its own": (
        wrapper("pd.Series(said, index=X.index[::-1] + 7)", kind=REGRESSION),
        "number",
        "r2",
    ),
    "a frame of one column": (wrapper("pd.DataFrame({'y': said})", kind=REGRESSION), "number", "r2"),
    "single precision": (wrapper("said.astype('float32')", kind=REGRESSION), "number", "r2"),
    "numpy's numbers in objects": (wrapper("[np.float64(x) for x in said]", kind=REGRESSION), "number", "r2"),
    "nullable numbers": (wrapper("pd.Series(said, dtype='Float64')", kind=REGRESSION), "number", "r2"),
    "whole numbers in objects": (
        wrapper("np.array([np.int64(x) for x in said], dtype=object)", BOTH, kind=CLASSES),
        "whole",
        "f1",
    ),
    "truth values": (wrapper("said.astype(bool).tolist()", BOTH, kind=CLASSES), "bool", "f1"),
    "truth values in objects": (wrapper("said.astype(object)", BOTH, kind=CLASSES), "bool", "f1"),
    "text in a column": (wrapper("said.astype(str).reshape(-1, 1)", BOTH, kind=CLASSES), "text", "f1"),
    "text in objects": (wrapper("np.array(list(said), dtype=object)", BOTH, kind=CLASSES), "text", "roc_auc"),
    "categories": (wrapper("pd.Categorical(said)", BOTH, kind=CLASSES), "text", "f1"),
    "probabilities in a frame": (wrapper("said", f"pd.DataFrame({BOTH}, columns=['no', 'yes'])"), "text", "brier"),
}


@pytest.mark.parametrize("case", [*ESTIMATORS, *WRAPPERS])
def test_training_evaluation_and_serving_agree_to_the_last_bit(tmp_path: Path, case: str) -> None:
    code, label, metric = WRAPPERS.get(case) or (SKLEARN + ESTIMATORS[case][0], *ESTIMATORS[case][1:])
    words = case in ESTIMATORS and ("mixed" in ESTIMATORS[case][0] or "ward" in ESTIMATORS[case][0])
    path = walked(tmp_path, code, label, ("age", "dose", "ward") if words else ("age", "dose"))
    assert smoke._difference(path.golden, path.served) is None
    assert [one["prediction"] for one in path.by_entity] == path.golden["predictions"]
    assert path.outcome.predictions[:20].tolist() == path.golden["predictions"]
    assert {type(one) for one in path.golden["predictions"]} == {type(one) for one in path.outcome.truth.tolist()}
    if path.outcome.classes is not None:
        assert set(path.golden["predictions"]) <= set(path.outcome.classes.tolist())
    measured = metrics.compute(path.outcome)
    assert math.isfinite(measured[metric])
    assert f"train_{metric}" in path.kept["metrics"]


NO_ANSWER = "np.where(np.arange(len(X)) == 1, np.nan, said)"


@pytest.mark.parametrize(
    "predict",
    [NO_ANSWER, f"list({NO_ANSWER})", f"pd.Series({NO_ANSWER}, dtype='Float64')"],
    ids=["array", "list", "nullable"],
)
def test_no_number_is_null_wherever_it_is_read(tmp_path: Path, predict: str) -> None:
    path = walked(tmp_path, wrapper(predict, kind=REGRESSION), "number")
    assert path.golden["predictions"][1] is None
    assert path.served == {"predictions": path.golden["predictions"]}
    assert path.outcome.answered.tolist() == [row != 1 for row in range(30)]
    assert metrics.compute(path.outcome) == {}


@pytest.mark.parametrize(
    ("predict", "proba", "label", "said"),
    [
        (
            "np.column_stack([said, said])",
            "",
            "number",
            "predict answers 60 rows with shape (60, 2), not with one value a row",
        ),
        ("said[0]", "", "number", "predict answers 60 rows with shape (), not with one value a row"),
        ("said[:7]", "", "number", "predict answers 60 rows with shape (7,), not with one value a row"),
        (
            "pd.to_datetime(said, unit='s')",
            "",
            "number",
            "predict answers with datetime64[ns], which is neither a number nor text nor a truth value",
        ),
        ("[{'risk': x} for x in said]", "", "number", "dict is neither a number nor text nor a truth value"),
        (
            "said",
            "p",
            "text",
            "predict_proba answers 60 rows with shape (60,), not with a column for each of 2 classes",
        ),
        (
            "said",
            "np.column_stack([p, p, p])",
            "text",
            "predict_proba answers 60 rows with shape (60, 3), not with a column for each of 2 classes",
        ),
    ],
    ids=["two columns", "one number", "too few", "times", "objects", "one probability", "three probabilities"],
)
def test_what_is_no_prediction_is_refused_before_it_is_saved(
    tmp_path: Path, predict: str, proba: str, label: str, said: str
) -> None:
    with pytest.raises(CodeFailed) as caught:
        fit_code.fit(written(tmp_path, wrapper(predict, proba), label, ("age", "dose")))
    assert str(caught.value) == (
        f"fit.py:fit: the fitted model's {said}; "
        "return an estimator whose answers are numbers, text or truth values, one for each row"
    )
    assert not (tmp_path / "model").exists()


def test_an_infinite_number_and_every_missing_value_are_no_answer() -> None:
    frame = pd.Series([1, None, 3], dtype="Int64")
    assert answers.listed(answers.of_predict(frame, 3)) == [1.0, None, 3.0]
    assert answers.listed(np.array([np.inf, -np.inf, np.nan, 0.5])) == [None, None, None, 0.5]
    assert answers.listed(answers.of_predict(pd.Series(["a", pd.NA]), 2)) == ["a", None]
