"""Gates: what passes, and what is said when it does not."""

from __future__ import annotations

import numpy as np
import pytest

from golden_paths.errors import StepFailed
from golden_paths.modelling import gates, metrics
from golden_paths.modelling.metrics import METRICS, Outcome
from golden_paths.spec import EvaluateSection

SURE = Outcome(
    "binary",
    np.array([0, 0, 1, 1]),
    np.array([0, 0, 1, 1]),
    np.array([0, 1]),
    np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9]]),
)


def section(bounds: dict[str, str], **champion: object) -> EvaluateSection:
    return EvaluateSection.model_validate({"metrics": bounds, **({"champion": champion} if champion else {})})


@pytest.mark.parametrize(
    ("bounds", "measured", "said"),
    [
        ({"roc_auc": ">= 0.75"}, {"roc_auc": 0.75}, []),
        ({"roc_auc": ">= 0.75"}, {"roc_auc": 0.7499999}, ["roc_auc is 0.75, must be >= 0.75"]),
        ({"rmse": "<= 55"}, {"rmse": 55.0}, []),
        ({"rmse": "<= 55"}, {"rmse": 60.25}, ["rmse is 60.25, must be <= 55"]),
        (
            {"roc_auc": ">= 0.9", "brier": "<= 0.1"},
            {"roc_auc": 0.5, "brier": 0.3},
            ["roc_auc is 0.5, must be >= 0.9", "brier is 0.3, must be <= 0.1"],
        ),
        ({"roc_auc": ">= 0.5"}, {}, ["roc_auc cannot be computed on the held-out rows, must be >= 0.5"]),
        ({"roc_auc": ">= 0.5"}, {"roc_auc": float("nan")}, ["roc_auc is nan, must be >= 0.5"]),
    ],
)
def test_every_bound_that_is_missed_is_named(
    bounds: dict[str, str], measured: dict[str, float], said: list[str]
) -> None:
    assert gates.whys(gates.judged(section(bounds), measured, None)) == said


def test_a_metric_that_missing_answers_forbid_says_so() -> None:
    assert gates.whys(gates.judged(section({"rmse": "<= 1"}), {}, None, unanswered=3)) == [
        "rmse cannot be computed on the held-out rows (3 of them got no answer, NaN), must be <= 1"
    ]


def test_what_was_measured_is_told_beside_its_bound_and_the_champion() -> None:
    wanted = section({"roc_auc": ">= 0.75", "brier": "<= 0.2", "f1": ">= 0.5"})
    assert gates.lines(wanted, {"roc_auc": 0.8, "brier": 0.1}, {"roc_auc": 0.79}, "3") == [
        "roc_auc 0.8 (bound >= 0.75, champion version 3 0.79)",
        "brier 0.1 (bound <= 0.2)",
        "f1 cannot be computed (bound >= 0.5)",
    ]
    assert gates.lines(section({"mae": "<= 9"}), {"mae": 8.5}, None) == ["mae 8.5 (bound <= 9)"]


WORSE = "roc_auc is 0.78, champion version 3 has 0.8 on the same rows: worse by 0.02, may lose 0.01"


@pytest.mark.parametrize(
    ("metric", "ours", "theirs", "said"),
    [
        ("roc_auc", 0.80, None, []),
        ("roc_auc", 0.81, 0.80, []),
        ("roc_auc", 0.795, 0.80, []),
        ("roc_auc", 0.78, 0.80, [WORSE]),
        ("brier", 0.105, 0.10, []),
        ("brier", 0.05, 0.10, []),
        (
            "brier",
            0.15,
            0.10,
            ["brier is 0.15, champion version 3 has 0.1 on the same rows: worse by 0.05, may lose 0.01"],
        ),
    ],
)
def test_a_new_version_may_be_worse_by_may_lose_in_the_metrics_own_direction(
    metric: str, ours: float, theirs: float | None, said: list[str]
) -> None:
    wanted = section({metric: ">= 0"}, metric=metric, may_lose=0.01)
    assert gates.whys(gates.judged(wanted, {metric: ours}, None if theirs is None else {metric: theirs}, "3")) == said


def test_without_a_champion_section_the_champion_does_not_decide() -> None:
    assert gates.whys(gates.judged(section({"roc_auc": ">= 0"}), {"roc_auc": 0.1}, {"roc_auc": 0.9}, "3")) == []


def test_a_champion_that_cannot_be_measured_is_no_pass() -> None:
    wanted = section({"roc_auc": ">= 0"}, metric="roc_auc")
    assert gates.whys(gates.judged(wanted, {"roc_auc": 0.9}, {}, "3")) == [
        "roc_auc cannot be compared with champion version 3: it cannot be computed on the held-out rows"
    ]


def test_metrics_of_another_kind_are_refused_with_those_that_fit() -> None:
    with pytest.raises(StepFailed) as caught:
        metrics.require({"rmse": ">= 1", "roc_auc": ">= 1"}, SURE)
    assert str(caught.value) == (
        "evaluate.metrics rmse cannot judge a binary model; choose among roc_auc, average_precision, accuracy, "
        "balanced_accuracy, f1, precision, recall, brier, log_loss"
    )


def test_a_classifier_without_probabilities_is_not_judged_by_them() -> None:
    outcome = Outcome("binary", SURE.truth, SURE.predictions, SURE.classes)
    with pytest.raises(StepFailed) as caught:
        metrics.require({"roc_auc": ">= 1"}, outcome)
    assert str(caught.value) == (
        "evaluate.metrics roc_auc cannot judge a binary model without probabilities; choose among accuracy, "
        "balanced_accuracy, f1, precision, recall"
    )
    assert set(metrics.compute(outcome)) == {"accuracy", "balanced_accuracy", "f1", "precision", "recall"}


def test_a_perfect_model_has_perfect_metrics_whatever_its_labels_are() -> None:
    named = Outcome(
        "binary",
        np.array(["no", "no", "yes", "yes"]),
        np.array(["no", "no", "yes", "yes"]),
        np.array(["no", "yes"]),
        SURE.probabilities,
    )
    for outcome in (SURE, named):
        found = metrics.compute(outcome)
        assert {name: found[name] for name in ("roc_auc", "f1", "recall", "accuracy")} == {
            "roc_auc": 1.0,
            "f1": 1.0,
            "recall": 1.0,
            "accuracy": 1.0,
        }
        assert found["brier"] == pytest.approx((0.01 + 0.04 + 0.09 + 0.01) / 4)


def test_the_order_of_a_models_classes_does_not_change_its_metrics() -> None:
    truth, classes = np.array(["low", "high", "mid", "low", "mid", "high"]), np.array(["high", "low", "mid"])
    chances = np.random.default_rng(0).dirichlet(np.ones(3), 6)
    found = [
        metrics.compute(Outcome("multiclass", truth, classes[chances.argmax(1)], classes[order], chances[:, order]))
        for order in ([0, 1, 2], [1, 2, 0])
    ]
    assert found[0] == pytest.approx(found[1])
    assert {"log_loss", "roc_auc_ovr"} <= found[0].keys()


def test_one_class_among_the_rows_leaves_out_what_needs_two() -> None:
    only = Outcome("binary", np.array([1, 1]), np.array([1, 1]), np.array([0, 1]), np.array([[0.1, 0.9], [0.2, 0.8]]))
    assert "roc_auc" not in metrics.compute(only)
    assert metrics.compute(only)["accuracy"] == 1.0


def test_regression_errors_are_in_the_labels_unit() -> None:
    found = metrics.compute(Outcome("regression", np.array([1.0, 2.0, 4.0]), np.array([1.0, 4.0, 4.0])))
    assert found["mae"] == pytest.approx(2 / 3)
    assert found["rmse"] == pytest.approx((4 / 3) ** 0.5)
    assert found["medae"] == 0.0
    assert {name for name, metric in METRICS.items() if "regression" in metric.kinds} == set(found)
