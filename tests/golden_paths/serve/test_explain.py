"""What /explain answers, against what the fitted estimators say by themselves, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from explaining import FRAME, RNG, ROW, SIGNAL, THREE, Serve, explained, mixed, serve, served
from golden_paths import typical
from serving import PATIENT, Saved

__all__ = ["serve", "served"]  # fixtures
pytestmark = pytest.mark.real


def contributions(found: dict[str, Any]) -> dict[str, float]:
    return {reason["feature"]: reason["contribution"] for reason in found["reasons"]}


def is_additive(found: dict[str, Any]) -> bool:
    of = found["explained"]
    return bool(of["value"] - of["reference"] == pytest.approx(sum(contributions(found).values()) + found["rest"]))


def test_a_linear_regressions_contributions_are_the_coefficients_times_the_differences(serve: Serve) -> None:
    from sklearn.linear_model import LinearRegression

    frame = FRAME[["dose", "visits"]].astype(float)
    model, usual = LinearRegression(), typical.row(frame)
    with serve(model, SIGNAL, frame) as server:
        answer = server.post("/explain", json={"dataframe_records": [{"dose": 1.5, "visits": 7}]}).json()
    (found,) = answer.pop("explanations")
    wanted = model.coef_ * (np.array([1.5, 7.0]) - np.array(list(usual.values())))
    ends = model.predict(pd.DataFrame([{"dose": 1.5, "visits": 7.0}, usual])).tolist()
    assert (found["prediction"], found["reference_prediction"]) == pytest.approx(ends)
    assert found["explained"] == {
        "what": "the prediction",
        "value": pytest.approx(ends[0]),
        "reference": pytest.approx(ends[1]),
    }
    assert answer["reference"] == usual
    by_size = sorted(zip(["dose", "visits"], [1.5, 7], wanted, strict=True), key=lambda one: -abs(one[2]))
    assert found["reasons"] == [
        {
            "feature": name,
            "value": value,
            "reference": usual[name],
            "contribution": pytest.approx(share),
            "standard_error": 0.0,
        }
        for name, value, share in by_size
    ]
    assert found["rest"] == 0


def test_the_answer_names_version_and_digest(served: TestClient, diabetes: Saved) -> None:
    answer = served.post("/explain", json={"instances": [PATIENT]}).json()
    assert answer["model"] == {"name": "risk", "version": "4", "digest": diabetes.digest}


def test_a_classifier_is_explained_by_the_probability_of_the_class_it_predicts(serve: Serve) -> None:
    from sklearn.linear_model import LogisticRegression

    frame, model = FRAME[["dose", "visits"]].astype(float), LogisticRegression()
    row, usual = {"dose": -1.5, "visits": 3.0}, typical.row(frame)
    with serve(model, np.where(SIGNAL > 2, "ill", "well"), frame) as server:
        found = explained(server, row)
    mixes = [usual, usual | {"dose": row["dose"]}, usual | {"visits": row["visits"]}, row]
    none, dose, visits, both = model.predict_proba(pd.DataFrame(mixes))[:, 1].tolist()
    assert (found["prediction"], found["explained"]["what"]) == ("well", "the probability of well")
    assert (found["explained"]["value"], found["explained"]["reference"]) == pytest.approx((both, none))
    assert contributions(found) == pytest.approx(
        {"dose": (dose - none + both - visits) / 2, "visits": (visits - none + both - dose) / 2}
    )


def test_what_a_tree_asks_of_two_features_together_is_shared_by_them(serve: Serve) -> None:
    from sklearn.tree import DecisionTreeClassifier

    frame = pd.DataFrame({"a": [0.0, 0, 1, 1] * 3, "b": [0.0, 1, 0, 1] * 3, "c": np.arange(12.0) // 4})
    with serve(DecisionTreeClassifier(random_state=0), (frame["a"] * frame["b"]).astype(int), frame) as server:
        found = explained(server, {"a": 1, "b": 1, "c": 2})
    assert (found["prediction"], found["reference_prediction"]) == (1, 0)
    assert contributions(found) == {"a": 0.5, "b": 0.5, "c": 0}


def test_each_of_several_classes_is_explained_in_its_row(serve: Serve) -> None:
    from sklearn.ensemble import RandomForestClassifier

    model, rows = mixed(RandomForestClassifier(20, random_state=0)), FRAME.head(9)
    with serve(model, THREE) as server:
        answer = server.post("/explain", json={"dataframe_records": rows.to_dict("records")}).json()
    said, chances = model.predict(rows).tolist(), model.predict_proba(rows)
    assert {"low", "middle", "high"} == set(said)
    for row, found in enumerate(answer["explanations"]):
        assert (found["prediction"], found["explained"]["what"]) == (said[row], f"the probability of {said[row]}")
        assert found["explained"]["value"] == pytest.approx(chances[row].max())
        assert is_additive(found)


def test_text_and_truth_values_contribute_as_numbers_do(serve: Serve) -> None:
    from sklearn.linear_model import LinearRegression

    model = mixed(LinearRegression())
    with serve(model, SIGNAL) as server:
        found = explained(server, ROW)
    usual = pd.DataFrame([typical.row(FRAME)])
    wanted = {
        name: float((model.predict(usual.assign(**{name: value})) - model.predict(usual))[0])
        for name, value in ROW.items()
    }
    assert usual["ward"][0] == "north"
    assert contributions(found) == pytest.approx(wanted)
    assert {reason["feature"]: reason["value"] for reason in found["reasons"]} == ROW


def scores(model: Any, row: dict[str, Any]) -> Any:
    return model.decision_function(pd.DataFrame([row]))


@pytest.mark.parametrize("dose", [-2.0, 2.0])
def test_without_probabilities_the_decision_function_for_the_class_is_explained(serve: Serve, dose: float) -> None:
    from sklearn.linear_model import RidgeClassifier

    model, row = mixed(RidgeClassifier()), ROW | {"dose": dose, "visits": 2}
    with serve(model, (SIGNAL > 2).astype(int)) as server:
        found = explained(server, row)
    assert found["prediction"] == int(dose > 0)
    assert found["explained"]["what"] == f"the decision function for {found['prediction']}"
    assert found["explained"]["value"] == pytest.approx(abs(scores(model, row)[0]))
    assert is_additive(found)


def test_of_several_classes_without_probabilities_the_predicted_ones_decision_function_is_explained(
    serve: Serve,
) -> None:
    from sklearn.linear_model import RidgeClassifier

    model, row = mixed(RidgeClassifier()), ROW | {"dose": -2.0, "visits": 0, "smoker": False}
    with serve(model, THREE) as server:
        found = explained(server, row)
    assert found["explained"]["what"] == "the decision function for low"
    assert found["explained"]["value"] == pytest.approx(scores(model, row).max())
    assert is_additive(found)


@pytest.mark.parametrize("name", ["one class against another", "votes"])
def test_a_class_that_no_number_stands_for_is_explained_by_whether_it_is_predicted(serve: Serve, name: str) -> None:
    from sklearn.ensemble import VotingClassifier
    from sklearn.linear_model import RidgeClassifier
    from sklearn.svm import SVC

    votes = VotingClassifier([("one", RidgeClassifier()), ("two", RidgeClassifier(alpha=9.0))])
    model = mixed(SVC(decision_function_shape="ovo") if name != "votes" else votes)
    usual = typical.row(FRAME)
    with serve(model, THREE) as server:
        found = explained(server, ROW)
        same = explained(server, usual)
    said = model.predict(pd.DataFrame([ROW, usual])).tolist()
    assert said[0] != said[1]
    what = f"1 where the prediction is {said[0]}, 0 elsewhere"
    assert found["explained"] == {"what": what, "value": 1.0, "reference": 0.0}
    assert is_additive(found)
    assert same["explained"]["value"] == same["explained"]["reference"] == 1
    assert set(contributions(same).values()) == {0}


def wide(rows: int) -> pd.DataFrame:
    return pd.DataFrame(RNG.normal(size=(rows, 30)), columns=[f"f{number}" for number in range(30)])


def test_more_features_than_all_mixes_can_be_asked_about_are_sampled_with_their_standard_error(serve: Serve) -> None:
    from sklearn.ensemble import RandomForestRegressor

    frame = wide(80)
    row = dict.fromkeys(frame.columns, 1.0)
    with serve(RandomForestRegressor(10, random_state=0), frame.sum(axis=1), frame) as server:
        found = explained(server, row, "?top=30")
        assert explained(server, row, "?top=30") == found
    assert len(found["reasons"]) == 30
    assert all(reason["standard_error"] >= 0 for reason in found["reasons"])
    assert max(reason["standard_error"] for reason in found["reasons"]) > 0
    assert found["rest"] == 0
    assert is_additive(found)


def test_the_row_itself_is_answered_as_by_invocations_and_the_same_each_time(served: TestClient) -> None:
    body = {"instances": [PATIENT]}
    one, again = (served.post("/explain", json=body).json() for _ in range(2))
    predicted = served.post("/invocations?return=probabilities", json=body).json()
    assert one == again
    assert [found["prediction"] for found in one["explanations"]] == predicted["predictions"]
    assert one["explanations"][0]["explained"]["value"] == pytest.approx(max(predicted["probabilities"][0]))


@pytest.mark.parametrize(("query", "listed"), [("", 5), ("?top=1", 1), ("?top=3", 3), ("?top=99", 10)])
def test_top_says_how_many_reasons_are_listed_and_the_rest_is_their_sum(
    served: TestClient, query: str, listed: int
) -> None:
    found, whole = (explained(served, dict(zip(NAMES, PATIENT, strict=True)), each) for each in (query, "?top=10"))
    assert found["reasons"] == whole["reasons"][:listed]
    assert found["rest"] == pytest.approx(sum(reason["contribution"] for reason in whole["reasons"][listed:]))
    sizes = [abs(reason["contribution"]) for reason in whole["reasons"]]
    assert sizes == sorted(sizes, reverse=True)
    assert is_additive(found)


NAMES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]


def test_csv_is_explained_as_json_is(served: TestClient) -> None:
    text = ",".join(NAMES) + "\n" + ",".join(map(str, PATIENT)) + "\n"
    answer = served.post("/explain", content=text, headers={"content-type": "text/csv"})
    assert answer.json() == served.post("/explain", json={"instances": [PATIENT]}).json()


def test_a_missing_value_that_the_model_imputes_contributes_too(serve: Serve) -> None:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline

    frame = FRAME[["dose", "visits"]].astype(float)
    model = make_pipeline(SimpleImputer(strategy="mean"), LinearRegression())
    with serve(model, SIGNAL, frame) as server:
        found = explained(server, {"dose": None, "visits": 7})
    step = frame["dose"].mean() - typical.row(frame)["dose"]
    assert contributions(found)["dose"] == pytest.approx(model[-1].coef_[0] * step)
    assert {reason["feature"]: reason["value"] for reason in found["reasons"]} == {"dose": None, "visits": 7}
