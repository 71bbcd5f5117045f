"""What /explain refuses, with the reason; and how its requests are counted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from explaining import ROW, SIGNAL, Serve, client, mixed, serve, served
from golden_paths import digests, typical
from golden_paths.serve import explain
from serving import PATIENT, Saved

__all__ = ["serve", "served"]  # fixtures
pytestmark = pytest.mark.real
ONE_OF = "the body is an object with one of entities, entity, dataframe_split, dataframe_records, instances, inputs"
REFUSED: dict[str, tuple[str, Any, int, str]] = {
    "no JSON": ("", b"{", 400, "the body is not JSON: unexpected end of data: line 1 column 2 (char 1)"),
    "a list": ("", [1], 400, ONE_OF),
    "another form": ("", {"data": [1]}, 400, ONE_OF),
    "too many rows": ("", {"instances": [PATIENT] * 11}, 413, "more than 10 rows; send fewer at a time"),
    "too large": (
        "",
        b" " * (1024 * 1024 + 1),
        413,
        "the body is larger than 1048576 bytes; send fewer rows at a time",
    ),
    "no rows": ("", {"instances": []}, 422, "'instances' is not a list of rows, or has none"),
    "text for a number": ("", {"instances": [["x", *PATIENT[1:]]]}, 422, "'age' in row 0 is 'x', not a number"),
    "a missing column": ("", {"inputs": {"age": 1}}, 422, "'sex' is missing, the model needs it (and 8 more)"),
    "no columns": ("", {"dataframe_records": [{}]}, 422, "'age' is missing, the model needs it (and 9 more)"),
    "top 0": (
        "?top=0",
        {"instances": [PATIENT]},
        400,
        "top=0 is no number of reasons; ask for 1 or more, as in ?top=5",
    ),
    "top in words": (
        "?top=all",
        {"instances": [PATIENT]},
        400,
        "top=all is no number of reasons; ask for 1 or more, as in ?top=5",
    ),
    "another question": (
        "?return=shap",
        {"instances": [PATIENT]},
        400,
        "return is no question of /explain; it takes top, as in ?top=5",
    ),
    "an entity, without a store": (
        "",
        {"entity": {"patient_id": 3}},
        501,
        "this server was started without a feature repository; post the features instead of the key",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_explained_is_refused_with_the_reason(served: TestClient, case: str) -> None:
    query, body, status, error = REFUSED[case]
    answer = served.post(f"/explain{query}", content=body if isinstance(body, bytes) else json.dumps(body))
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_other_content_types_are_refused(served: TestClient) -> None:
    answer = served.post("/explain", content="x", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]) == (
        415,
        "content type text/plain is not read; send application/json or text/csv",
    )


def test_ten_rows_are_explained(served: TestClient) -> None:
    assert len(served.post("/explain", json={"instances": [PATIENT] * 10}).json()["explanations"]) == 10


def test_a_category_the_model_never_saw_is_refused_in_its_own_words(serve: Serve) -> None:
    from sklearn.linear_model import LinearRegression

    with serve(mixed(LinearRegression()), SIGNAL) as server:
        answer = server.post("/explain", json={"dataframe_records": [ROW | {"ward": "west"}]})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("the model refuses these rows: Found unknown categories ['west']")


@pytest.mark.parametrize("usual", [None, {"age": 50.0}], ids=["none", "of other columns"])
def test_a_model_without_a_typical_row_says_so_and_predicts_all_the_same(
    diabetes: Saved, tmp_path: Path, usual: dict[str, float] | None
) -> None:
    folder = shutil.copytree(diabetes.folder, tmp_path / "model")
    (folder / typical.FILE).unlink()
    if usual:
        (folder / typical.FILE).write_text(json.dumps(usual))
    with client(folder, digests.of_folder(folder)) as server:
        answer = server.post("/explain", json={"instances": [PATIENT]})
        assert (answer.status_code, answer.json()) == (
            501,
            {
                "error": "version 4 keeps no typical row to compare with; run the path again to make a version that does",
                "problems": [],
            },
        )
        assert server.post("/invocations", json={"instances": [PATIENT]}).json() == {"predictions": [True]}


def test_a_model_of_too_many_columns_says_so(served: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "MAX_COLUMNS", 9)
    answer = served.post("/explain", json={"instances": [PATIENT]})
    assert (answer.status_code, answer.json()["error"]) == (501, "version 4 takes 10 columns; up to 9 are explained")


def test_out_of_time_is_refused_and_the_next_request_is_answered(
    served: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(explain, "SECONDS", 0.0)
        answer = served.post("/explain", json={"instances": [PATIENT]})
        assert (answer.status_code, answer.json()["error"]) == (
            503,
            "no explanation within 0 s; send fewer rows, or ask again later",
        )
    assert served.post("/explain", json={"instances": [PATIENT]}).status_code == 200


def test_requests_are_counted_as_the_others_are_and_described(diabetes: Saved) -> None:
    with client(diabetes.folder, diabetes.digest) as server:
        for rows in (1, 2, 11):
            server.post("/explain", json={"instances": [PATIENT] * rows})
        metrics = server.get("/metrics").text.splitlines()
        described = server.get("/openapi.json").json()["paths"]["/explain"]["post"]
    assert 'golden_paths_requests_total{endpoint="/explain",status="200"} 2.0' in metrics
    assert 'golden_paths_requests_total{endpoint="/explain",status="413"} 1.0' in metrics
    assert 'golden_paths_latency_seconds_count{endpoint="/explain"} 3.0' in metrics
    assert [(one["name"], one["schema"]["default"]) for one in described["parameters"]] == [("top", 5)]
    assert {"200", "400", "413", "501"} <= described["responses"].keys()
