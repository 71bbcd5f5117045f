"""/predict against a real Feast online store: what it answers, and what it says when a feature or an entity is not there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from golden_paths.clients import quick_feast
from golden_paths.errors import StepFailed
from golden_paths.prediction_log import reading
from golden_paths.prediction_log.folder_store import FolderStore
from golden_paths.prediction_log.hashing import hashed
from golden_paths.prediction_log.keeping import Keeping
from golden_paths.serve.app import build
from golden_paths.serve.loading import Loader
from golden_paths.serve.logged import PredictionLog
from golden_paths.serve.metrics import Metrics
from golden_paths.serve.online import OnlineFeatures
from golden_paths.serve.status import Identity, Status
from serving import Saved, save

pytestmark = pytest.mark.real
STORE = """
project: clinic
provider: local
registry: registry.db
online_store: {type: sqlite, path: online.db}
entity_key_serialization_version: 3
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """A classifier that needs bp, and imputes bmi."""
    import numpy as np
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    frame = pd.DataFrame({"bmi": np.linspace(18, 40, 40), "bp": np.linspace(70, 130, 40)})
    columns = make_column_transformer((SimpleImputer(), ["bmi"]), ("passthrough", ["bp"]))
    label = np.where(frame["bmi"] > 29, "ill", "well")
    return save(
        tmp_path_factory.mktemp("model") / "model",
        make_pipeline(columns, LogisticRegression()).fit(frame, label),
        frame,
    )


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Patient 1 has all; 2 no bmi; 3 no row in the view of bp; 4 a row there without a value; 9 is not known."""
    import pandas as pd

    feast: Any = quick_feast.load()
    from feast.types import Float64

    folder = tmp_path_factory.mktemp("repo")
    (folder / "feature_store.yaml").write_text(STORE)
    store = feast.FeatureStore(repo_path=str(folder))
    patient = feast.Entity(name="patient", join_keys=["patient_id"], value_type=feast.ValueType.INT64)
    sources = {
        name: feast.FileSource(path=f"{name}.parquet", timestamp_field="event_timestamp") for name in ("body", "blood")
    }
    values = {"body": ("bmi", [1, 2, 3, 4], [31.5, None, 22.0, 22.0]), "blood": ("bp", [1, 2, 4], [101.0, 90.0, None])}
    views = []
    for view, (feature, patients, column) in values.items():
        rows = {"patient_id": patients, "event_timestamp": datetime(2026, 1, 1, tzinfo=UTC), feature: column}
        pd.DataFrame(rows).to_parquet(folder / f"{view}.parquet")
        schema = [feast.Field(name=feature, dtype=Float64)]
        views.append(feast.FeatureView(name=view, entities=[patient], schema=schema, source=sources[view]))
    services = [
        feast.FeatureService(name="risk_v1", features=views),
        feast.FeatureService(name="bmi_only", features=views[:1]),
    ]
    store.apply([patient, *views, *services])
    for view in values:
        store.write_to_online_store(view, pd.read_parquet(folder / f"{view}.parquet"))
    return folder


def loader(model: Saved, repo: Path, service: str) -> tuple[Status, Loader]:
    status = Status(Identity("risk", "4", model.digest, "run-1", "abc"))
    return status, Loader(status, model=model.folder, feature_repo=repo, service=service)


@pytest.fixture(scope="module")
def served(model: Saved, repo: Path) -> Iterator[TestClient]:
    status, loading = loader(model, repo, "risk_v1")
    loading.load()
    with TestClient(build(status, loading), raise_server_exceptions=False) as client:
        yield client


def test_an_entity_is_answered_with_its_features_and_the_estimators_own_answer(
    served: TestClient, model: Saved
) -> None:
    import pandas as pd

    row = pd.DataFrame({"bmi": [31.5], "bp": [101.0]})
    (ill, well), (said,) = model.estimator.predict_proba(row)[0].tolist(), model.estimator.predict(row).tolist()
    answer = served.post("/predict", json={"entity": {"patient_id": 1}})
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "model": {"name": "risk", "version": "4"},
            "predictions": [
                {
                    "entity": {"patient_id": 1},
                    "prediction": said,
                    "features": {"bmi": 31.5, "bp": 101.0},
                    "probabilities": {"ill": ill, "well": well},
                }
            ],
        },
    )


def test_what_is_answered_is_in_the_log_with_keys_features_and_score(
    model: Saved, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDEN_PATHS_HASH_KEY", "k")
    status, loading = loader(model, repo, "risk_v1")
    loading.load()
    keeping = Keeping(address=str(tmp_path), hashed=("bmi",), flush_seconds=3600)
    log, metrics = PredictionLog(keeping, status.identity), Metrics(status.identity)
    log.begin(loading, metrics.registry)
    with TestClient(build(status, loading, metrics, log.queue)) as client:
        said = client.post(
            "/predict", json={"entities": [{"patient_id": 2}, {"patient_id": 1}]}, headers={"X-Request-ID": "r-1"}
        ).json()["predictions"]
        client.post("/predict", json={"entity": {"patient_id": 9}})
        client.post("/predict", json={"entity": {"patient_id": 1}}, headers={"X-Golden-Paths": "synthetic"})
        client.post("/invocations", json={"inputs": {"bmi": [20.0], "bp": [90.0]}})
    log.end(30)
    found = reading.read(FolderStore(str(tmp_path)), "risk", datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    assert found["request_id"].tolist()[:2] == ["r-1", "r-1"]
    assert (found["entity.patient_id"].tolist()[:2], len(found), found["entity.patient_id"].isna()[2]) == ([2, 1], 3, True)
    assert found["feature.bp"].tolist() == [90.0, 101.0, 90.0]
    assert found["feature.bmi"].tolist() == [None, hashed(31.5, "k"), hashed(20, "k")]
    assert found["prediction"].tolist()[:2] == [one["prediction"] for one in said]
    assert found["score"].tolist()[:2] == [one["probabilities"]["well"] for one in said]


def test_several_entities_are_answered_in_their_order_and_a_value_the_model_imputes_may_be_missing(
    served: TestClient,
) -> None:
    answer = served.post("/predict", json={"entities": [{"patient_id": 2}, {"patient_id": 1}]}).json()
    assert [(one["entity"]["patient_id"], one["features"]) for one in answer["predictions"]] == [
        (2, {"bmi": None, "bp": 90.0}),
        (1, {"bmi": 31.5, "bp": 101.0}),
    ]


SHAPE = 'the body is {"entities": [{KEY: VALUE}, ...]} or {"entity": {KEY: VALUE}}'
EXPLAINED_SHAPE = (
    "the body is an object with one of entities, entity, dataframe_split, dataframe_records, instances, inputs"
)
LACKING = "the online store has no value for bp; materialize the feature views again"
REFUSED: dict[str, tuple[Any, int, str, list[dict[str, Any]]]] = {
    "an unknown entity": (
        {"entities": [{"patient_id": 1}, {"patient_id": 9}]},
        404,
        "the online store does not know patient_id 9",
        [{"field": "patient_id", "row": 1, "problem": "9 is not in the online store"}],
    ),
    "an entity that one view does not have": (
        {"entity": {"patient_id": 3}},
        424,
        LACKING,
        [{"field": "bp", "row": 0, "problem": "has no value in the online store (NOT_FOUND)"}],
    ),
    "another key": (
        {"entity": {"patient": 1}},
        422,
        "'patient_id' in row 0 is missing, it is a key of the entity (and 1 more)",
        [
            {"field": "patient_id", "row": 0, "problem": "is missing, it is a key of the entity"},
            {"field": "patient", "row": 0, "problem": "is no key of the entity"},
        ],
    ),
    "text for a number": (
        {"entity": {"patient_id": "1"}},
        422,
        "'patient_id' in row 0 is '1', not a whole number",
        [{"field": "patient_id", "row": 0, "problem": "is '1', not a whole number"}],
    ),
    "a list": ([{"patient_id": 1}], 400, SHAPE, []),
    "no entities": ({"entities": []}, 400, SHAPE, []),
    "an entity that is no object": ({"entities": [3]}, 400, SHAPE, []),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_answered_names_the_key_or_the_feature(served: TestClient, case: str) -> None:
    body, status, error, problems = REFUSED[case]
    answer = served.post("/predict", json=body)
    assert (answer.status_code, answer.json()) == (status, {"error": error, "problems": problems})


def test_an_entity_is_explained_by_its_features_from_the_store(served: TestClient, model: Saved) -> None:
    import pandas as pd

    answer = served.post("/explain", json={"entities": [{"patient_id": 2}, {"patient_id": 1}]})
    assert answer.status_code == 200, answer.text
    without, found = answer.json()["explanations"]
    usual = answer.json()["reference"]
    mixes = [usual, usual | {"bmi": 31.5}, usual | {"bp": 101.0}, {"bmi": 31.5, "bp": 101.0}]
    none, bmi, bp, both = model.estimator.predict_proba(pd.DataFrame(mixes))[:, 0].tolist()
    assert (found["entity"], found["prediction"]) == ({"patient_id": 1}, "ill")
    assert {reason["feature"]: reason["contribution"] for reason in found["reasons"]} == pytest.approx(
        {"bmi": (bmi - none + both - bp) / 2, "bp": (bp - none + both - bmi) / 2}
    )
    assert {reason["feature"]: reason["value"] for reason in found["reasons"]} == {"bmi": 31.5, "bp": 101.0}
    assert without["entity"] == {"patient_id": 2}
    assert {reason["feature"]: reason["value"] for reason in without["reasons"]} == {"bmi": None, "bp": 90.0}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_answered_cannot_be_explained(served: TestClient, case: str) -> None:
    body, status, error, problems = REFUSED[case]
    answer = served.post("/explain", json=body)
    said = (EXPLAINED_SHAPE, []) if isinstance(body, list) else (error, problems)
    assert (answer.status_code, answer.json()) == (status, dict(zip(("error", "problems"), said, strict=True)))


def test_more_entities_than_can_be_explained_are_refused_before_the_store_is_asked(served: TestClient) -> None:
    answer = served.post("/explain", json={"entities": [{"patient_id": 9}] * 11})
    assert (answer.status_code, answer.json()["error"]) == (413, "more than 10 rows; send fewer at a time")


def test_a_value_that_is_null_in_the_store_is_missing(served: TestClient) -> None:
    answer = served.post("/predict", json={"entity": {"patient_id": 4}})
    assert (answer.status_code, answer.json()["error"]) == (424, LACKING)


def test_a_service_without_a_feature_of_the_model_is_not_opened(model: Saved, repo: Path) -> None:
    with pytest.raises(StepFailed) as error:
        loader(model, repo, "bmi_only")[1].load()
    assert str(error.value) == (
        "feature service 'bmi_only' does not have bp, which the model needs; serve the model with the service it was trained on"
    )


def test_the_offline_store_is_not_opened(repo: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(repo, tmp_path / "repo")
    (copy / "feature_store.yaml").write_text(STORE + "offline_store: {type: not.installed.here.Store}\n")
    assert OnlineFeatures.opened(copy, "bmi_only", ()).keys == {"patient_id": int}
