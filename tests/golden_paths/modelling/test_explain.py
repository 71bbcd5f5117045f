"""What evaluation says about importance: rulings in words, table, plot, notes; and names that the training set lacks."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from golden_paths.artifacts import TrainingSet
from golden_paths.errors import StepFailed
from golden_paths.gate_sections import ExplainSection
from golden_paths.modelling import explain
from golden_paths.modelling.explain_gates import Rival
from golden_paths.modelling.finding import Finding, Ruling, reasons
from golden_paths.modelling.judged import Examined
from known_importance import Known, Linear, linear

HEAD = (
    "feature",
    "permuting costs (of the label's variance)",
    "90% interval",
    "mean |SHAP|",
    "90% interval",
    "the champion's cost",
)
WEIGHTS = {"dose": 1.0, "age": 0.6, "sex": 0.0}


def section(**keys: object) -> ExplainSection:
    return ExplainSection.model_validate({"top": 1, **keys}, strict=False)


def training_set(features: tuple[str, ...], sensitive: tuple[str, ...] = ()) -> TrainingSet:
    return TrainingSet(
        uri="u",
        digest="d",
        mlflow_run_id="r",
        rows=1,
        test_rows=1,
        keys=("patient",),
        timestamp="t",
        features=features,
        label="y",
        sensitive=sensitive,
    )


def examined(known: Known, weights: dict[str, float] | None = None) -> Examined:
    model = Linear(known.model.kind, weights or known.model.weights)
    return Examined(known.outcome, known.importance(model))


def found(
    folder: Path,
    asked: ExplainSection | None,
    *,
    n: int = 2000,
    ours: dict[str, float] | None = None,
    theirs: Examined | dict[str, float] | None = None,
    sensitive: tuple[str, ...] = (),
    unexplained: str = "",
) -> Finding:
    known = linear("regression", WEIGHTS, n, seed=0)
    frame = folder / "frame.parquet"
    known.features.assign(split="test").to_parquet(frame)
    model = Examined(known.outcome, None, unexplained) if unexplained else examined(known, ours)
    rival = examined(known, theirs) if isinstance(theirs, dict) else theirs
    champion = Rival("7", rival) if rival else None
    return explain.finding(asked, training_set(tuple(WEIGHTS), sensitive), frame, model, champion, folder)


def one(made: Finding) -> Ruling:
    (ruling,) = made.rulings
    return ruling


def test_without_a_section_importance_is_reported_and_decides_nothing(tmp_path: Path) -> None:
    made = found(tmp_path, None, sensitive=("dose",), theirs=WEIGHTS)
    assert (made.title, made.rulings, reasons([made])) == ("What the answers depend on", (), [])
    (table,) = made.tables
    assert [row[0] for row in table.rows] == ["dose", "age", "sex"]
    assert table.head == HEAD
    assert {len(row) for row in table.rows} == {len(table.head)}
    assert table.rows[2][1:] == ("0", "0 to 0", "0", "0 to 0", "0")
    assert made.plots == {"Importance of the features": "importance.png"}
    assert (tmp_path / "importance.png").read_bytes().startswith(b"\x89PNG")
    assert made.notes[0] == (
        "permutation importance of 2000 held-out rows, SHAP values of 200 of them (sampled orders of the features, against "
        "held-out rows): how the model uses its features, not what causes the label"
    )
    assert made.notes[1:] == (
        "rank correlation with the importances of champion version 7: 1.00",
        "importance is where champion version 7 has it by 100%; no bound is asked for",
    )


@pytest.mark.parametrize(
    ("keys", "n", "passed", "words"),
    [
        (
            {"never": ("dose",)},
            2000,
            False,
            r"dose may not be among the top 1: permuted it costs 0\.8\d+ of the label's variance "
            r"\(90% interval 0\.7\d+ to 0\.8\d+\), no\. 1 of 3: on top",
        ),
        ({"never": ("sex",)}, 2000, True, r"sex may not be among the top 1: permuted .*, no\. 3 of 3: not on top"),
        ({"always": ("dose",)}, 2000, True, r"dose must be among the top 1: permuted .*, no\. 1 of 3: on top"),
        ({"always": ("age",)}, 2000, False, r"age must be among the top 1: permuted .*, no\. 2 of 3: not on top"),
        (
            {"never": ("dose",)},
            29,
            False,
            r"dose may .*: too little evidence, 29 held-out rows have an answer, 30 are needed",
        ),
        (
            {"always": ("age",), "top": 2},
            30,
            False,
            r"age must be among the top 2: .*: too little evidence, it may be anywhere from no\. 1 to no\. 3",
        ),
        (
            {"never": ("age",), "top": 3, "at_least": "36%"},
            200,
            False,
            r"age may .*: too little evidence, it may be anywhere from no\. 2 to no\. 2; top is 3 of 3 features, lower it",
        ),
    ],
)
def test_a_feature_is_let_through_only_when_its_place_is_sure(
    tmp_path: Path, keys: dict[str, object], n: int, passed: bool, words: str
) -> None:
    ruling = one(found(tmp_path, section(**keys), n=n))
    assert ruling.passed is passed
    assert re.fullmatch(words, ruling.words), ruling.words
    assert ruling.column == next(iter(keys.values()))[0]  # type: ignore[index]
    assert ruling.check.name == f"explain.{next(iter(keys))}"


def test_a_feature_that_only_moves_answers_is_told_by_its_shap_values(tmp_path: Path) -> None:
    ruling = one(found(tmp_path, section(never=("sex",)), ours={**WEIGHTS, "sex": 3.0}))
    assert not ruling.passed
    assert ruling.words.startswith("sex may not be among the top 1: by SHAP values it moves answers by 2.")
    assert ruling.words.endswith(", no. 1 of 3: on top")


def test_sensitive_features_may_not_be_on_top_unless_the_spec_lets_them(tmp_path: Path) -> None:
    made = found(tmp_path, section(never=("sex",)), sensitive=("sex", "dose", "postcode"))
    assert [(ruling.gate, ruling.column, ruling.passed) for ruling in made.rulings] == [
        ("explain.never", "sex", True),
        ("explain.never", "dose", False),
        ("explain.never", "postcode", True),
    ]
    assert made.rulings[2].words == "postcode may not be among the top 1: the model is not given it"
    assert reasons([made]) == [made.rulings[1].words]
    assert found(tmp_path, section(sensitive_on_top=True), sensitive=("dose",)).rulings == ()


def test_a_model_that_is_not_given_what_it_must_depend_on_does_not_pass(tmp_path: Path) -> None:
    ruling = one(found(tmp_path, section(always=("postcode",), sensitive_on_top=True), sensitive=("postcode",)))
    assert (ruling.passed, ruling.words) == (False, "postcode must be among the top 1: the model is not given it")


@pytest.mark.parametrize(
    ("theirs", "least", "passed", "words"),
    [
        (WEIGHTS, "100%", True, r"by 100% \(90% interval 100% to 100%, at least 100% is asked for\): alike"),
        ({"dose": 0.1, "age": 1.0, "sex": 0.0}, "70%", False, r"by 4\d% \(.*, at least 70% is asked for\): unlike"),
        (
            {"dose": 1.0, "age": 1.2, "sex": 0.0},
            "82%",
            True,
            r"by 8\d% \(.*, at least 82% is asked for\): too little evidence, which does not stop it",
        ),
    ],
)
def test_importance_that_has_surely_moved_since_the_champion_stops_a_model(
    tmp_path: Path, theirs: dict[str, float], least: str, passed: bool, words: str
) -> None:
    ruling = one(found(tmp_path, section(stability=least), n=400, theirs=theirs))
    assert re.fullmatch(f"importance is where champion version 7 has it {words}", ruling.words), ruling.words
    assert (ruling.gate, ruling.passed) == ("explain.stability", passed)


def test_without_a_champion_there_is_nothing_to_be_stable_against(tmp_path: Path) -> None:
    assert found(tmp_path, section(stability="90%")).rulings == ()


def test_a_gate_that_cannot_be_computed_says_no(tmp_path: Path) -> None:
    keys = section(never=("sex",), always=("dose",), stability="50%")
    made = found(tmp_path, keys, unexplained="KeyError: 'ward'", theirs=WEIGHTS)
    assert [ruling.words for ruling in made.rulings] == [
        "sex may not be among the top 1: the model is not explained: KeyError: 'ward'",
        "dose must be among the top 1: the model is not explained: KeyError: 'ward'",
        "importance is where champion version 7 has it: cannot be said, the model is not explained: KeyError: 'ward'",
    ]
    assert [ruling.passed for ruling in made.rulings] == [False] * 3
    assert (made.tables, made.plots, made.notes) == ((), {}, ("the model is not explained: KeyError: 'ward'",))


def test_a_champion_that_is_not_explained_or_depends_on_nothing_is_not_like_the_model(tmp_path: Path) -> None:
    known = linear("regression", WEIGHTS, 100, seed=0)
    broken = found(tmp_path, section(stability="50%"), theirs=Examined(known.outcome, None, "it is too slow"))
    assert one(broken).words.endswith("cannot be said, the champion is not explained: it is too slow")
    assert broken.notes[-1] == "champion version 7 is not explained: it is too slow"
    nothing = found(tmp_path, section(stability="50%"), theirs=dict.fromkeys(WEIGHTS, 0.0))
    assert one(nothing).words.endswith("cannot be said, the answers of one of them depend on no feature")
    assert not one(broken).passed and not one(nothing).passed


@pytest.mark.parametrize("part", ["never", "always"])
def test_a_name_that_the_training_set_does_not_have_is_refused(tmp_path: Path, part: str) -> None:
    with pytest.raises(StepFailed) as caught:
        found(tmp_path, section(**{part: ("sexx", "dose")}))
    assert str(caught.value) == (
        f"evaluate.explain.{part} names sexx, which the training set does not have; choose among dose, age, sex"
    )


def test_features_that_go_together_are_named(tmp_path: Path) -> None:
    known = linear("regression", WEIGHTS, 200, seed=0)
    frame = tmp_path / "frame.parquet"
    both = known.features.assign(sex=np.where(known.features["dose"] > 0, "f", "m"), split="test")
    both.to_parquet(frame)
    made = explain.finding(None, training_set(tuple(WEIGHTS)), frame, examined(known), None, tmp_path)
    assert "dose and sex go together (0.89)" in made.notes[1]
