"""What /invocations answers, compared with MLflow's own scoring server, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from golden_paths.errors import DigestMismatch
from golden_paths.serve.app import build
from golden_paths.serve.loading import Loader
from golden_paths.serve.model import ServedModel
from golden_paths.serve.status import Identity, Status
from serving import PATIENT, Saved, save

pytestmark = pytest.mark.real
NAMES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
ROW = dict(zip(NAMES, PATIENT, strict=True))
OTHER = [48, 1, 21, 87, 183, 103, 70, 3, 3, 69]
FORMS = {
    "split": {"dataframe_split": {"columns": NAMES, "data": [PATIENT, OTHER]}},
    "split in another order": {"dataframe_split": {"columns": NAMES[::-1], "data": [PATIENT[::-1], OTHER[::-1]]}},
    "split with an index": {"dataframe_split": {"index": [7, 8], "columns": NAMES, "data": [PATIENT, OTHER]}},
    "records": {"dataframe_records": [ROW, dict(zip(NAMES, OTHER, strict=True))]},
    "instances as objects": {"instances": [ROW]},
    "inputs by column": {"inputs": {name: [one, two] for name, one, two in zip(NAMES, PATIENT, OTHER, strict=True)}},
}
MIXED_ROWS = [
    {"ward": "north", "visits": 3, "smoker": True, "bmi": 31.5, "seen": "2026-01-03T04:05:06"},
    {"ward": "south", "visits": 0, "smoker": False, "bmi": 22.25, "seen": "2025-11-30T00:00:00"},
]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """A regression on text, whole numbers, truth values, times and a number that may be missing."""
    import numpy as np
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    frame = pd.DataFrame(
        {
            "ward": ["north", "south", "east", "north"] * 5,
            "visits": np.arange(20),
            "smoker": [True, False] * 10,
            "bmi": np.linspace(18, 38, 20),
            "seen": pd.date_range("2025-01-01", periods=20, freq="D"),
        }
    )
    columns = make_column_transformer(
        (OneHotEncoder(), ["ward"]), (SimpleImputer(), ["bmi"]), ("passthrough", ["visits", "smoker"])
    )
    estimator = make_pipeline(columns, LinearRegression()).fit(frame, np.arange(20) * 1.7)
    return save(tmp_path_factory.mktemp("mixed") / "model", estimator, frame)


def ours(saved: Saved) -> TestClient:
    status = Status(Identity("diabetes", "1", saved.digest, "run-1", "abc"))
    loader = Loader(status, model=saved.folder, feature_repo=None, service=None)
    loader.load()
    return TestClient(build(status, loader), raise_server_exceptions=False)


def mlflows(saved: Saved) -> TestClient:
    import mlflow.pyfunc
    from mlflow.pyfunc import scoring_server

    return TestClient(scoring_server.init(mlflow.pyfunc.load_model(str(saved.folder))))


@pytest.fixture(scope="module")
def served(diabetes: Saved) -> Iterator[TestClient]:
    with ours(diabetes) as client:
        yield client


@pytest.fixture(scope="module")
def served_mixed(mixed: Saved) -> Iterator[TestClient]:
    with ours(mixed) as client:
        yield client


@pytest.fixture(scope="module")
def peer(diabetes: Saved) -> Iterator[TestClient]:
    with mlflows(diabetes) as client:
        yield client


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gets_the_same_answer_as_from_mlflow(served: TestClient, peer: TestClient, form: str) -> None:
    wanted = peer.post("/invocations", json=FORMS[form])
    answer = served.post("/invocations", json=FORMS[form])
    assert (answer.status_code, answer.json()) == (200, wanted.json())


def test_rows_without_names_are_taken_in_the_order_of_the_signature(served: TestClient) -> None:
    named = served.post("/invocations", json=FORMS["split"])
    assert served.post("/invocations", json={"instances": [PATIENT, OTHER]}).json() == named.json()


def test_csv_gets_the_same_answer_as_from_mlflow(served: TestClient, peer: TestClient) -> None:
    text = ",".join(NAMES) + "\n" + ",".join(map(str, PATIENT)) + "\n" + ",".join(map(str, OTHER)) + "\n"
    asked: Any = {"content": text, "headers": {"content-type": "text/csv"}}
    assert served.post("/invocations", **asked).json() == peer.post("/invocations", **asked).json()


def test_columns_of_every_type_get_the_same_answer_as_from_mlflow(served_mixed: TestClient, mixed: Saved) -> None:
    body = {"dataframe_records": MIXED_ROWS}
    with mlflows(mixed) as peer:
        wanted = peer.post("/invocations", json=body)
    assert wanted.status_code == 200, wanted.text
    assert served_mixed.post("/invocations", json=body).json() == wanted.json()


def test_probabilities_are_the_estimators_to_the_last_bit(served: TestClient, diabetes: Saved) -> None:
    rows = diabetes.frame.head(20)
    body = {"dataframe_split": {"columns": list(rows.columns), "data": rows.to_numpy().tolist()}}
    answer = served.post("/invocations?return=probabilities", json=body).json()
    assert answer == {
        "predictions": diabetes.estimator.predict(rows).tolist(),
        "probabilities": diabetes.estimator.predict_proba(rows).tolist(),
        "classes": [False, True],
    }


def test_a_model_without_probabilities_says_null(served_mixed: TestClient) -> None:
    answer = served_mixed.post("/invocations?return=probabilities", json={"dataframe_records": MIXED_ROWS}).json()
    assert (len(answer["predictions"]), answer["probabilities"], answer["classes"]) == (2, None, None)


def test_a_large_batch_gets_the_same_answers_as_its_rows_alone(served: TestClient) -> None:
    answer = served.post("/invocations", json={"instances": [PATIENT, OTHER] * 1000}).json()
    alone = served.post("/invocations", json={"instances": [PATIENT, OTHER]}).json()
    assert answer["predictions"] == alone["predictions"] * 1000


def rows(**changes: Any) -> dict[str, Any]:
    return {"dataframe_records": [ROW, ROW | changes]}


ONE_OF = "the body is an object with one of dataframe_split, dataframe_records, instances, inputs"
REFUSED: dict[str, tuple[Any, int, str]] = {
    "no JSON": (b"{", 400, "the body is not JSON: unexpected end of data: line 1 column 2 (char 1)"),
    "a list": ([1], 400, f"{ONE_OF}; found list"),
    "another form": ({"data": [1]}, 400, f"{ONE_OF}; found data"),
    "two forms": ({"inputs": {}, "instances": []}, 400, f"{ONE_OF}; found inputs, instances"),
    "null": (rows(bmi=None), 422, "'bmi' in row 1 is missing, and the model takes no missing value"),
    "NaN": (json.dumps(rows(bmi=float("nan"))), 422, "'bmi' in row 1 is missing, and the model takes no missing value"),
    "infinity": (json.dumps(rows(bmi=float("inf"))), 422, "'bmi' in row 1 is Infinity, not a number"),
    "text for a number": (rows(bmi="32"), 422, "'bmi' in row 1 is '32', not a number"),
    "a truth value for a number": (rows(bmi=True), 422, "'bmi' in row 1 is true, not a number"),
    "a list for a number": (rows(bmi=[1]), 422, "'bmi' in row 1 is [1], not a number"),
    "an unknown column": (rows(weight=80), 422, "'weight' is no column of the model"),
    "a missing column": (
        {"dataframe_split": {"columns": NAMES[:-1], "data": [PATIENT[:-1]]}},
        422,
        "'s6' is missing, the model needs it",
    ),
    "a short row": (
        {"instances": [PATIENT, PATIENT[:-1]]},
        422,
        "'instances' in row 1 has not the 10 values of a row, one for each column",
    ),
    "a column twice": ({"dataframe_split": {"columns": ["age", "age"], "data": [[1, 1]]}}, 422, "'age' is named twice"),
    "no rows": ({"instances": []}, 422, "'instances' is not a list of rows, or has none"),
    "two problems": (
        rows(bmi=None, bp="high"),
        422,
        "'bmi' in row 1 is missing, and the model takes no missing value (and 1 more)",
    ),
    "columns of two lengths": (
        {"inputs": {name: [1] * (1 + (name == "bp")) for name in NAMES}},
        422,
        "'inputs' has columns of different lengths, or no rows",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_input_is_refused_with_the_field_and_row(served: TestClient, case: str) -> None:
    body, status, error = REFUSED[case]
    answer = served.post("/invocations", content=body if isinstance(body, bytes | str) else json.dumps(body))
    assert (answer.status_code, answer.json()["error"]) == (status, error)


MIXED_REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "3.5 for a whole number": ({"visits": 3.5}, "'visits' in row 0 is 3.5, not a whole number"),
    "null for a whole number": ({"visits": None}, "'visits' in row 0 is missing, and the model takes no missing value"),
    "a number for text": ({"ward": 3}, "'ward' in row 0 is 3, not text"),
    "a number for a truth value": ({"smoker": 1}, "'smoker' in row 0 is 1, not true or false"),
    "no time": ({"seen": "soon"}, "'seen' in row 0 is 'soon', not a time as in 2026-11-24T10:00:00"),
}


@pytest.mark.parametrize("case", MIXED_REFUSED)
def test_each_type_refuses_what_it_cannot_hold(served_mixed: TestClient, case: str) -> None:
    changes, error = MIXED_REFUSED[case]
    answer = served_mixed.post("/invocations", json={"dataframe_records": [MIXED_ROWS[0] | changes]})
    assert (answer.status_code, answer.json()["error"]) == (422, error)


def test_a_category_the_model_never_saw_is_refused_in_its_own_words(served_mixed: TestClient) -> None:
    answer = served_mixed.post("/invocations", json={"dataframe_records": [MIXED_ROWS[0] | {"ward": "west"}]})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(
        "the model refuses these rows: Found unknown categories ['west'] in column 0"
    )


@pytest.mark.parametrize("missing", [None, float("nan")], ids=["null", "NaN"])
def test_a_value_may_be_missing_where_the_model_imputes_it(
    served_mixed: TestClient, mixed: Saved, missing: Any
) -> None:
    import pandas as pd

    row = MIXED_ROWS[0] | {"bmi": missing}
    wanted = mixed.estimator.predict(pd.DataFrame([row]).astype({"bmi": float, "seen": "datetime64[ns]"})).tolist()
    answer = served_mixed.post("/invocations", content=json.dumps({"dataframe_records": [row]}))
    assert answer.json() == {"predictions": wanted}


def test_other_content_types_and_questions_are_refused(served: TestClient) -> None:
    text = served.post("/invocations", content="x", headers={"content-type": "text/plain"})
    assert (text.status_code, text.json()["error"]) == (
        415,
        "content type text/plain is not read; send application/json or text/csv",
    )
    unknown = served.post("/invocations?return=shap", json={"instances": [PATIENT]})
    assert (unknown.status_code, unknown.json()["error"]) == (
        400,
        "return=shap is unknown; ask for predictions or probabilities",
    )


def test_predict_without_a_feature_repository_says_so(served: TestClient) -> None:
    answer = served.post("/predict", json={"entity": {"patient_id": 3}})
    assert (answer.status_code, answer.json()["error"]) == (
        501,
        "this server was started without a feature repository; post the features to /invocations",
    )


def test_a_changed_folder_is_not_loaded(diabetes: Saved, monkeypatch: pytest.MonkeyPatch) -> None:
    import skops.io

    loaded: list[Any] = []
    monkeypatch.setattr(skops.io, "load", lambda *args, **_: loaded.append(args))
    with pytest.raises(
        DigestMismatch, match=f"^{diabetes.folder} has digest {diabetes.digest}, registered is {'0' * 64}; "
    ):
        ServedModel.verified(diabetes.folder, "0" * 64)
    assert loaded == []
