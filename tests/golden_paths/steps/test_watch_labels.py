"""watch: labels that come late, and the groups that are compared with and without them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from golden_paths.errors import StepFailed
from watching import HOUR, NOW, Loans, alarms, applicants, scores


def test_groups_are_compared_on_every_answer_where_no_label_is_asked_for(tmp_path: Path) -> None:
    loans = Loans(tmp_path, bias="inherit", drift=None)
    loans.promote()
    frame = applicants(2000, 7)
    loans.answers(frame)
    made = loans.look()
    assert (made.alarms, made.calm) == ((), ("bias",))
    loans.answers(frame, at=NOW + 0.5 * HOUR, said=scores(frame) * (frame["sex"].to_numpy() == 1))
    words = alarms(loans.look("look-2", end=NOW + HOUR, start=NOW))["bias"]
    assert len(words) == 1 and "differs by" in words[0] and "beyond" in words[0]


def test_rows_without_an_answer_are_left_out_of_the_groups(tmp_path: Path) -> None:
    loans = Loans(tmp_path, bias="inherit", drift=None)
    loans.promote()
    frame = applicants(2000, 7)
    loans.answers(frame, without=50)
    made = loans.look()
    assert (made.rows, made.alarms, made.calm) == (2000, (), ("bias",))


def with_labels(loans: Loans, frame: pd.DataFrame, paid: np.ndarray, *, later: timedelta = timedelta(minutes=3)) -> None:
    times = pd.to_datetime(pd.Series([NOW - 0.2 * HOUR + later] * len(frame)))
    loans.labels(pd.DataFrame({"loan": np.arange(len(frame)), "event_timestamp": times, "paid": paid}))


def test_performance_is_judged_when_labels_arrive(tmp_path: Path) -> None:
    loans = Loans(tmp_path, performance="inherit", drift=None)
    loans.promote()
    frame = applicants(1000, 7)
    loans.answers(frame)
    rng = np.random.default_rng(3)
    with_labels(loans, frame, (rng.random(1000) < scores(frame) ** 3).astype(int))
    good = loans.look()
    assert (good.alarms, good.calm) == ((), ("performance",))
    with_labels(loans, frame, rng.integers(0, 2, 1000))
    [words] = alarms(loans.look("look-2"))["performance"]
    assert words.startswith("roc_auc of 1000 answers with a label: 0.") and words.endswith("bound >= 0.75: missed")


def test_labels_that_are_not_there_yet_are_waited_for(tmp_path: Path) -> None:
    loans = Loans(tmp_path, performance="inherit", drift=None)
    loans.promote()
    frame = applicants(1000, 7)
    loans.answers(frame)
    with_labels(loans, frame, np.zeros(1000), later=2 * HOUR)
    made = loans.look()
    assert (made.alarms, made.calm) == ((), ())
    assert [one.words for one in made.verdicts] == ["performance: 0 answers have a label by now, 100 are needed"]


def test_answers_without_keys_cannot_be_joined_and_say_so(tmp_path: Path) -> None:
    loans = Loans(tmp_path, performance="inherit", drift=None)
    loans.promote()
    loans.answers(applicants(1000, 7), loans=False)
    loans.labels(pd.DataFrame({"loan": [1], "event_timestamp": [NOW], "paid": [1]}))
    [verdict] = loans.look().verdicts
    assert "were asked for without entity keys" in verdict.words and not verdict.is_alarm


def test_labels_of_another_file_or_another_world_are_said(tmp_path: Path) -> None:
    loans = Loans(tmp_path, performance="inherit", drift=None)
    loans.promote()
    frame = applicants(500, 7)
    loans.answers(frame)
    with_labels(loans, frame, np.full(500, 7))
    [verdict] = loans.look().verdicts
    assert "the label 7 is no class of the model's (0, 1)" in verdict.words
    loans.labels(pd.DataFrame({"loan": [1], "paid": [1]}))
    with pytest.raises(StepFailed, match="lack event_timestamp"):
        loans.look("look-2")


def test_hashed_keys_still_find_their_labels(tmp_path: Path) -> None:
    loans = Loans(tmp_path, performance="inherit", drift=None)
    loans.policy("predictions: {keys: hash}\n")
    loans.promote()
    frame = applicants(1000, 7)
    log = loans.clients.predictions(loans.spec)
    keys = log.as_logged(pd.DataFrame({"loan": np.arange(1000)}), ["loan"])["loan"]
    assert keys[0] != 0
    loans.answers(frame.assign(loan=keys))
    with_labels(loans, frame, (scores(frame) > 0.5).astype(int))
    assert loans.look().calm == ("performance",)
