"""One column judged, and outcomes written out: for tests of the bias gate."""

from __future__ import annotations

import numpy as np

from golden_paths.modelling.bias import Rule, Verdict, judge
from golden_paths.modelling.metrics import Outcome

TWO = np.array([0, 1])


def only(outcome: Outcome, column: object, rule: Rule) -> Verdict:
    (verdict,) = judge(outcome, {"group": np.asarray(column)}, rule)
    return verdict


def answers(truth: list[int], said: list[int]) -> Outcome:
    return Outcome("binary", np.array(truth), np.array(said), TWO)


# --- agreement with fairlearn ---
