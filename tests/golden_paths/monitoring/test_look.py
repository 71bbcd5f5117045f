"""How a look reads the log's rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from golden_paths.errors import StepFailed
from golden_paths.monitor_sections import DriftSection
from golden_paths.monitoring import drift, look, profile
from golden_paths.monitoring.profile import Profile

RNG = np.random.default_rng(5)
SCORES = RNG.random(2000)


def frame(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"income": RNG.normal(size=rows)})


def of(kind: str, classes: tuple[object, ...]) -> Profile:
    made = profile.build(frame(2000), features=["income"], predictions=(SCORES > 0.5).astype(int), scores=SCORES)
    return made.model_copy(update={"kind": kind, "classes": classes})


def test_who_asks_for_classes_alone_is_no_drift_of_the_score() -> None:
    scores = np.where(np.arange(1000) % 2, SCORES[:1000], np.nan)
    window = frame(1000).assign(prediction=(SCORES[:1000] > 0.5).astype(int), score=scores)
    found = {one.role: one for one in drift.judge(of("binary", (0, 1)), window, DriftSection())}
    assert (found["score"].is_alarm, found["score"].rows, found["score"].counts.live_missing) == (False, 500, 0)
    assert not any(one.is_alarm for one in found.values())


@pytest.mark.parametrize(
    ("classes", "said"), [((0, 1), [1.0, 0.0]), ((False, True), [True, 0]), (("no", "yes"), ["yes", "no"]), ((0.0, 1.0), [1, 0])]
)
def test_answers_are_read_as_the_models_classes_whatever_they_were_stored_as(
    classes: tuple[object, ...], said: list[object]
) -> None:
    rows = pd.DataFrame({"prediction": said, "score": [0.9, 0.2]})
    found = look.outcome(of("binary", classes), rows, truth=said)
    assert list(found.predictions) == [classes[1], classes[0]]
    assert (list(found.truth), list(found.positive)) == (list(found.predictions), [0.9, 0.2])


def test_answers_without_scores_have_no_probabilities() -> None:
    found = look.outcome(of("binary", (0, 1)), pd.DataFrame({"prediction": [0, 1], "score": [0.2, np.nan]}))
    assert found.probabilities is None


def test_a_label_that_is_no_class_is_said() -> None:
    with pytest.raises(StepFailed, match="the label 'maybe' is no class of the model's"):
        look.outcome(of("binary", ("no", "yes")), pd.DataFrame({"prediction": ["no"], "score": [0.1]}), truth=["maybe"])


def test_numbers_are_numbers(tmp_path: Path) -> None:
    found = look.outcome(of("regression", ()), pd.DataFrame({"prediction": [1, 2.5]}), truth=["3", "4"])
    assert (list(found.predictions), list(found.truth), found.kind) == ([1.0, 2.5], [3.0, 4.0], "regression")
