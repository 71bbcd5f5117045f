"""Permutation importance and SHAP values of one model: against exact values, scikit-learn's, and odd columns and answers."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from golden_paths.modelling import attribution, explain_child, permutation
from golden_paths.modelling.explain_child import Unexplained, explained
from golden_paths.modelling.importance import Settings
from golden_paths.modelling.metrics import Outcome
from known_importance import Linear, linear

Array = np.ndarray[Any, Any]


def mixed(n: int = 120) -> tuple[pd.DataFrame, Array]:
    """A number, a truth value with gaps, text, a constant; the label follows from the first three."""
    random = np.random.default_rng(4)
    dose, smokes = random.normal(size=n), random.random(n) < 0.5
    ward = random.choice(["north", "south", "east"], n)
    label = np.where(dose + smokes + (ward == "north") + random.normal(scale=0.3, size=n) > 0.8, "yes", "no")
    return pd.DataFrame({"dose": dose, "smokes": smokes, "ward": pd.Categorical(ward), "constant": 1.0}), label


def fitted(features: pd.DataFrame, label: Array, last: Any) -> Any:
    encoded = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["ward", "smokes"]), (StandardScaler(), ["dose", "constant"])
    )
    return make_pipeline(encoded, last).fit(features, label)


def asked(model: Any, features: pd.DataFrame, label: Array, *, probabilities: bool = True) -> Outcome:
    chances = model.predict_proba(features) if probabilities else None
    return Outcome("binary", label, model.predict(features), model.classes_, chances)


def exact(answer: Any, features: pd.DataFrame, row: int) -> Array:
    """Shapley values by their definition: over every coalition, against every row of the background."""
    width, found = features.shape[1], []
    worth = {}
    for size in range(width + 1):
        for coalition in combinations(range(width), size):
            told = features.copy()
            for at in coalition:
                told[features.columns[at]] = features.iloc[[row] * len(features), at].array
            worth[frozenset(coalition)] = answer(told).mean(axis=0)
    for at in range(width):
        others, value = [other for other in range(width) if other != at], 0.0
        for size in range(width):
            weight = factorial(size) * factorial(width - size - 1) / factorial(width)
            for coalition in map(frozenset, combinations(others, size)):
                value = value + weight * (worth[coalition | {at}] - worth[coalition])
        found.append(value)
    return np.array(found)


@pytest.mark.parametrize("last", [LogisticRegression(), RandomForestClassifier(20, random_state=0)])
def test_sampled_shap_values_are_the_exact_ones_but_for_their_sampling(last: Any) -> None:
    features, label = mixed(60)
    model = fitted(features, label, last)
    answer = explain_child.asking(model, asked(model, features, label))
    rows = np.array([0, 7])
    found = attribution.shapley(answer, features, rows, pairs=1500, seed=0)
    for at, row in enumerate(rows):
        # A draw's standard deviation is at most 0.5: of 3,000, four standard errors are 0.036.
        assert found[at] == pytest.approx(exact(answer, features, row), abs=0.036)
    assert not found[:, 3].any()


def test_shap_values_of_a_linear_model_are_weight_times_distance_from_the_background() -> None:
    known = linear("regression", {"a": 2.0, "b": -1.0, "c": 0.0}, 50, seed=0)
    answer = explain_child.asking(known.model, known.outcome)
    found = attribution.shapley(answer, known.features, np.arange(50), pairs=2000, seed=0)[:, :, 0]
    expected = (known.features - known.features.mean()).to_numpy() * [2.0, -1.0, 0.0]
    assert found == pytest.approx(expected, abs=0.25)


def test_a_rows_shap_values_add_up_to_its_answer_less_the_backgrounds() -> None:
    known = linear("multiclass", {"a": 2.0, "b": -1.0, "c": 0.5}, 40, seed=0)
    answer = explain_child.asking(known.model, known.outcome)
    one_row = known.features.iloc[[3]].reset_index(drop=True)
    alike = pd.concat([one_row] * 5, ignore_index=True)
    two = pd.concat([alike, known.features.iloc[[9]]], ignore_index=True)
    found = attribution.shapley(answer, alike, np.array([0]), pairs=3, seed=0)
    assert not found.any()  # the background is the row itself
    against = attribution.shapley(answer, two, np.array([5]), pairs=200, seed=0)[0].sum(axis=0)
    share = float((against / (answer(two)[5] - answer(two)[0])).mean())
    assert against == pytest.approx(share * (answer(two)[5] - answer(two)[0]))  # 1 of 6 rows of it is the row itself
    assert share == pytest.approx(5 / 6, abs=0.1)


def test_permutation_importance_is_scikit_learns_but_for_the_permutations() -> None:
    known = linear("regression", {"a": 1.0, "b": 0.5, "c": 0.0}, 400, seed=0)
    model = LinearRegression().fit(known.features, known.outcome.truth)
    target = permutation.target("regression", known.outcome.truth, None)
    answer = explain_child.asking(model, Outcome("regression", known.outcome.truth, model.predict(known.features)))
    ours, _ = permutation.importance(answer, known.features, target, repeats=100, seed=0)
    theirs = permutation_importance(
        model, known.features, known.outcome.truth, scoring="r2", n_repeats=100, random_state=0
    )
    assert ours == pytest.approx(theirs.importances_mean, abs=0.02)


def test_text_truth_values_and_categories_are_permuted_as_they_are_and_a_constant_costs_nothing() -> None:
    features, label = mixed(400)
    model = fitted(features, label, LogisticRegression())
    found = explained(model, asked(model, features, label), features, Settings())
    assert found["importance"][3] == 0.0
    assert not found["influence"][:, 3].any()
    assert (found["importance"][:3] > 0.01).all()
    assert (found["shap"][:, :3].mean(axis=0) > 0.01).all()


def test_a_classifier_without_probabilities_is_measured_by_its_right_answers() -> None:
    features, label = mixed(200)
    model = fitted(features, label, RidgeClassifier())
    outcome = asked(model, features, label, probabilities=False)
    found = explained(model, outcome, features, Settings())
    again = features.assign(dose=features["dose"].to_numpy()[::-1])
    target = permutation.target("binary", label, model.classes_)
    answer = explain_child.asking(model, outcome)
    assert target.lost(answer(again)).mean() == (model.predict(again) != label).mean()
    assert 0.05 < found["importance"][0] < 1


def test_rows_without_an_answer_are_left_out_and_those_that_lose_it_lose_all() -> None:
    known = linear("regression", {"a": 1.0, "b": 0.0}, 100, seed=0)
    features = known.features.assign(b=np.where(np.arange(100) < 10, np.nan, known.features["b"]))
    outcome = Outcome("regression", known.outcome.truth, Linear("regression", {"a": 1.0, "b": 1.0}).predict(features))
    found = explained(Linear("regression", {"a": 1.0, "b": 1.0}), outcome, features, Settings())
    assert (int(found["answered"]), found["influence"].shape) == (90, (100, 2))
    assert np.isfinite(found["influence"]).all()
    target = permutation.target("regression", np.array([0.0, 2.0]), None)
    assert target.lost(np.array([[np.nan], [2.0], [0.0], [np.inf]])).tolist() == [1.0, 0.0, 0.0, 1.0]
    chances = permutation.target("binary", np.array(["no"]), np.array(["no", "yes"]))
    assert chances.lost(np.array([[np.nan, 0.5], [0.0, 1.0], [0.8, 0.2]])) == pytest.approx([1.0, 1.0, 0.04])


def test_a_row_never_gets_its_own_value_back() -> None:
    features = pd.DataFrame({"a": [1.0, 2.0, 3.0]})
    seen: list[list[float]] = []

    def answer(frame: pd.DataFrame) -> Array:
        seen.append(frame["a"].tolist())
        return frame[["a"]].to_numpy()

    target = permutation.target("regression", np.array([1.0, 2.0, 3.0]), None)
    permutation.importance(answer, features, target, repeats=5, seed=0)
    first, second = np.array(seen[1]).reshape(2, 3)  # of three rows there are two others
    assert (sorted(first), sorted(second)) == ([1, 2, 3], [1, 2, 3])
    assert not (first == features["a"]).any() and not (second == features["a"]).any() and not (first == second).any()


def test_a_features_importance_does_not_depend_on_the_features_beside_it() -> None:
    known = linear("regression", {"a": 1.0, "b": 0.5}, 200, seed=0)
    wide = known.features.assign(z=1.0)[["z", "b", "a"]]
    found, beside = (explained(known.model, known.outcome, one, Settings()) for one in (known.features, wide))
    assert found["importance"].tolist() == beside["importance"][[2, 1]].tolist()
    assert np.array_equal(found["influence"], beside["influence"][:, [2, 1]])


class Broken(Linear):
    """Answers the rows as they are, and fails on any other number of them."""

    def score(self, frame: pd.DataFrame) -> Array:
        if len(frame) != 60:
            raise KeyError("ward")
        return super().score(frame)


def test_a_model_that_cannot_be_explained_says_why() -> None:
    known = linear("regression", {"a": 1.0}, 60, seed=0)
    with pytest.raises(Unexplained, match=r"^KeyError: 'ward'$"):
        explained(Broken("regression", {"a": 1.0}), known.outcome, known.features, Settings())
    silent = Outcome("regression", known.outcome.truth, np.full(60, np.nan))
    with pytest.raises(Unexplained, match="^0 of 60 held-out rows have an answer, two are needed$"):
        explained(known.model, silent, known.features, Settings())


def test_a_model_too_slow_to_be_explained_is_not_waited_for() -> None:
    explain_child.affordable(0.003, 100_000)
    with pytest.raises(Unexplained) as caught:
        explain_child.affordable(0.0031, 100_000)
    assert str(caught.value) == (
        "a row's answer takes 3.1 ms, so 100000 of them take about 310 s, more than 300: lower evaluate.explain.rows or repeats"
    )


def test_so_many_rows_are_asked_as_was_promised_and_no_more() -> None:
    known = linear("regression", {"a": 1.0, "b": 0.5}, 3000, seed=0)
    model = Linear("regression", {"a": 1.0, "b": 0.5})
    explained(model, known.outcome, known.features, Settings(rows=500, repeats=4))
    walks = 200 * 2 * explain_child.PAIRS * 3
    assert sum(model.asked) == 500 + 500 + 2 * 4 * 500 + walks
    assert max(model.asked) <= attribution.ASKED_AT_ONCE
