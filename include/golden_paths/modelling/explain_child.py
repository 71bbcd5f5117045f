"""What a fitted model's answers depend on. Child side of the step evaluate, in the process that asked the model."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths import answers
from golden_paths.modelling.importance import LEAST_ROWS, Settings
from golden_paths.modelling.metrics import REGRESSION, Outcome

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from golden_paths.modelling.permutation import Answer

    Array: TypeAlias = np.ndarray[Any, Any]

PAIRS = 8  # orders of the features for each row that is explained, each walked both ways
MOST_EXPLAINED, MOST_ASKED = 200, 50_000  # rows that get SHAP values, and rows that are asked for them
MOST_SECONDS = 300.0


class Unexplained(Exception):
    """Why there is no importance, in words."""


def explained(model: Any, outcome: Outcome, features: pd.DataFrame, settings: Settings) -> dict[str, Array]:
    """Permutation importance and SHAP values on a seeded sample of the held-out rows, as arrays for .npz.

    `importance` (features,), `influence` (rows sampled, features), `shap` (rows explained, features), `answered` ().
    Raises `Unexplained`.
    """
    import numpy as np

    from golden_paths.modelling import attribution, permutation

    rows = np.random.default_rng(settings.seed).permutation(len(features))[: settings.rows]
    answered = rows[outcome.answered[rows]]
    if len(answered) < 2:
        raise Unexplained(f"{len(answered)} of {len(rows)} held-out rows have an answer, two are needed")
    sample, truth = features.take(answered).reset_index(drop=True), outcome.truth[answered]
    answer = asking(model, outcome)
    width, count = sample.shape[1], len(sample)
    explain = np.arange(min(count, MOST_EXPLAINED, max(LEAST_ROWS, MOST_ASKED // (2 * PAIRS * (width + 1)))))
    try:
        started = time.monotonic()
        answer(sample)
        seconds = time.monotonic() - started
        affordable(seconds / count, count * settings.repeats * width + len(explain) * 2 * PAIRS * (width + 1))
        target = permutation.target(outcome.kind, truth, outcome.classes)
        values, influence = permutation.importance(answer, sample, target, repeats=settings.repeats, seed=settings.seed)
        shap = attribution.shapley(answer, sample, explain, pairs=PAIRS, seed=settings.seed)
    except Unexplained:
        raise
    except Exception as error:  # the model's own
        raise Unexplained(f"{type(error).__name__}: {error}") from error
    spread = np.zeros((len(rows), width))  # a row without an answer has no part in the mean of the others
    spread[outcome.answered[rows]] = influence * len(rows) / count
    size = np.abs(shap).sum(axis=2) * (1.0 if outcome.classes is None else 0.5)
    return {"importance": values, "influence": spread, "shap": size, "answered": np.array(count)}


def asking(model: Any, outcome: Outcome) -> Answer:
    """The model as numbers: a prediction, probabilities, or 1 for the class that it answers."""
    import numpy as np

    classes = outcome.classes
    if outcome.kind == REGRESSION or classes is None:
        return lambda frame: answers.of_predict(model.predict(frame), len(frame)).astype(float)[:, None]
    if outcome.probabilities is not None:
        return lambda frame: answers.of_predict_proba(model.predict_proba(frame), len(frame), len(classes)).astype(
            float
        )

    def answer(frame: pd.DataFrame) -> Array:
        import pandas as pd

        said = answers.of_predict(model.predict(frame), len(frame))
        found: Array = np.where(pd.isna(said)[:, None], np.nan, said[:, None] == classes[None, :])
        return found

    return answer


def affordable(seconds: float, asked: int) -> None:
    """Refuse a model so slow, `seconds` for each row, that the step would end on its time limit. Raises `Unexplained`."""
    if (needed := seconds * asked) > MOST_SECONDS:
        raise Unexplained(
            f"a row's answer takes {seconds * 1000:.3g} ms, so {asked} of them take about {needed:.0f} s, more than "
            f"{MOST_SECONDS:.0f}: lower evaluate.explain.rows or repeats"
        )
