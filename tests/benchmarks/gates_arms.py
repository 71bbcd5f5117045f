"""One arm of bench_gates.py in a process of its own: python gates_arms.py ARM FOLDER. Imports and a first use are not counted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gates_data
import numpy as np
import pandas as pd
from gates_data import KEY, LABEL, METRICS, NUMBERS, SENSITIVE, TIME, Rows
from gates_measure import measured

from golden_paths.contract import checking, leakage
from golden_paths.gate_sections import RobustnessSection
from golden_paths.modelling import bias, explain_child, intervals, metrics, robust_child, robustness
from golden_paths.modelling.importance import Settings
from golden_paths.modelling.metrics import Outcome

Array = np.ndarray[Any, Any]
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def contract(rows: Rows) -> object:
    known: dict[str, Any] = {"keys": [KEY], "timestamp": TIME, "label": LABEL, "as_of": gates_data.AS_OF}
    return checking.check(rows.frame, gates_data.contract(), sensitive=SENSITIVE, **known)


def leaks(rows: Rows) -> object:
    known: dict[str, Any] = {"keys": [KEY], "timestamp": TIME, "label": LABEL, "sensitive": SENSITIVE}
    return leakage.leaks(rows.frame, features=rows.features, **known)


def with_intervals(rows: Rows) -> object:
    return metrics.compute(rows.ours), intervals.intervals(rows.ours, METRICS)


def champion(rows: Rows) -> object:
    return metrics.compute(rows.champion), intervals.difference(rows.ours, rows.champion, "roc_auc")


def groups(rows: Rows) -> object:
    return bias.judge(rows.ours, rows.sensitive, bias.Rule("equalized_odds", 0.1), [SENSITIVE])


def depends(rows: Rows) -> object:
    return explain_child.explained(gates_data.model(), rows.ours, rows.frame[gates_data.NAMES], Settings())


def strange(rows: Rows) -> object:
    """The child's part and the parent's, on the held-out rows."""
    names, model = gates_data.NAMES, gates_data.model()
    held_out, train = (rows.frame[rows.frame["split"] == part] for part in ("test", "train"))

    def answer(frame: pd.DataFrame) -> tuple[Array, Array]:
        return model.predict(frame), model.predict_proba(frame)

    predictions, chances = answer(held_out[names])
    outcome = Outcome("binary", held_out[LABEL].to_numpy(), predictions, np.array([0, 1]), chances)
    asked = robust_child.examine(answer, held_out[names], train[names], robust_child.Probe())
    whole = rows.frame[[*names, LABEL, "split"]]
    known: dict[str, Any] = {"rows": whole, "label": LABEL, "contract": gates_data.contract()}
    return robustness.judge(RobustnessSection(), "roc_auc", outcome, asked=asked, **known)


# A gate more is a line more.
GATES: dict[str, Callable[[Rows], object]] = {
    "contract": contract,
    "leaks and split": leaks,
    "metrics with intervals": with_intervals,
    "champion": champion,
    "bias": groups,
    "explanations": depends,
    "robustness": strange,
}


def all_gates(rows: Rows) -> object:
    return [gate(rows) for gate in GATES.values()]


def plain(rows: Rows) -> Callable[[], object]:
    """One pass of the same statistics over arrays that are in memory already."""
    numbers = rows.frame[[f"number_{place}" for place in range(NUMBERS)]].to_numpy().T.copy()
    whole = rows.frame[[name for name in rows.features if name.startswith("whole_")]].to_numpy().T.copy()
    named = [name for name in rows.features if name.startswith("text_")]
    texts = [rows.frame[name].to_numpy().astype(str) for name in (*named, *SENSITIVE)]
    keys = rows.frame[KEY].to_numpy()
    outcomes = [(one.is_positive, one.positive) for one in (rows.ours, rows.champion)]

    def act() -> object:
        found: list[object] = [of_column(column) for column in (*numbers, *whole)]
        ranked = [np.unique(text, return_inverse=True, return_counts=True) for text in texts]
        codes = [ranks for _, ranks, _ in ranked]
        together = np.ascontiguousarray(np.column_stack([*numbers, *whole, *codes[: len(named)]]))
        rowwise = together.view(np.dtype((np.void, together.dtype.itemsize * together.shape[1])))
        found += [np.unique(keys).size, np.unique(rowwise).size]
        found += [of_outcome(truth, positive) for truth, positive in outcomes]
        sex, age = codes[len(named) :]
        cells = outcomes[0][0] * 2 + (outcomes[0][1] > 0.5)
        return found + [np.bincount(group * 4 + cells) for group in (sex, age, sex * 100 + age)]

    return act


def of_column(column: Array) -> object:
    missing = np.isnan(column)
    values = column[~missing]
    return missing.sum(), values.min(), values.max(), values.mean(), values.std(), np.quantile(values, QUANTILES)


def of_outcome(truth: Array, positive: Array) -> object:
    """AUC, average precision, F1, Brier score, log loss: of scores without ties."""
    ordered = truth[np.argsort(positive)]
    found, falsely = ordered[::-1].cumsum(), (~ordered).cumsum()
    area = falsely[ordered].sum() / (ordered.sum() * (~ordered).sum())
    precise = (found / np.arange(1, len(ordered) + 1))[ordered[::-1]].mean()
    said = positive > 0.5
    f1 = 2 * (truth & said).sum() / (truth.sum() + said.sum())
    loss = -np.log(np.where(truth, positive, 1 - positive)).mean()
    return area, precise, f1, ((truth - positive) ** 2).mean(), loss


def agree(outcome: Outcome) -> None:
    """The plain pass computes what the gates do, or the ratio says nothing."""
    area, precise, f1, brier, loss = of_outcome(outcome.is_positive, outcome.positive)  # type: ignore[misc]
    known = metrics.compute(outcome)
    np.testing.assert_allclose([area, precise, f1, brier, loss], [known[name] for name in METRICS], rtol=1e-9)


def main() -> None:
    arm, rows = sys.argv[1], gates_data.read(Path(sys.argv[2]))
    if arm == "numpy":
        agree(rows.ours)
        plain(rows.few())()
        measured(plain(rows))
        return
    act = all_gates if arm == "all gates" else GATES[arm]
    act(rows.few())
    measured(partial(act, rows))


if __name__ == "__main__":
    main()
