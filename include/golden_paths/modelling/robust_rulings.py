"""The rulings on missing values, values out of range, and shuffled rows. Pure: of answers alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.gate_sections import RobustnessSection
from golden_paths.modelling import robust_loss
from golden_paths.modelling.finding import Ruling
from golden_paths.modelling.metrics import Outcome
from golden_paths.modelling.robust_child import AGAIN, APART, MISSING, PLAIN
from golden_paths.modelling.robust_loss import Scale

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, Any]
    Outcomes: TypeAlias = Mapping[str, Outcome]
    Refused: TypeAlias = Mapping[str, str]

REFUSES, NO_ANSWER, NOTHING = "refuses", "no answer", "nothing to lose"
WITHIN, BEYOND, TOO_LITTLE = "within", "beyond", "too little evidence"
CLOSE, CLOSE_FLOAT32 = (
    1e-9,
    1e-5,
)  # of the largest answer: a sum's last digits depend on how many rows are asked at once


def missing(
    section: RobustnessSection, outcomes: Outcomes, refused: Refused, scale: Scale | None, lacking: list[str]
) -> Ruling:
    """`lacking` are the features that the training set itself lacks values of: their absence may not be refused."""
    gate, expected = "robustness.missing", f"<= {section.missing:.4g} of the gain with its whole interval"
    what = f"with {section.share:.0%} of the values missing"
    no = _no_answer(MISSING, outcomes, refused)
    if no:
        state, told = no
        words = f"{what} {told}"
        if not section.may_refuse:
            words += ": mend the model (an imputer), or say robustness.may_refuse: true when the caller can do without an answer"
        elif lacking:
            words += f", and {_listed(lacking)} lacks values in the training set itself: mend the model (an imputer)"
        passed = section.may_refuse and not lacking
        return Ruling(gate=gate, passed=passed, expected=expected, state=state, words=words)
    if scale is None or scale.gain <= 0:
        return Ruling(gate=gate, passed=False, expected=expected, state=NOTHING, words=f"{what}: {nothing(scale)}")
    found = robust_loss.lost(scale, outcomes[PLAIN], outcomes[MISSING])
    if found is None:
        words = f"{what} {scale.metric} cannot be computed"
        return Ruling(gate=gate, passed=False, expected=expected, words=words)
    state = WITHIN if found.high <= section.missing else BEYOND if found.low > section.missing else TOO_LITTLE
    words = f"{what} {scale.metric} loses {found}, at most {section.missing:.0%} may be: {state}"
    interval = {"value": found.value, "low": found.low, "high": found.high}
    return Ruling(gate=gate, passed=state == WITHIN, expected=expected, words=words, state=state, **interval)


def out_of_range(section: RobustnessSection, outcomes: Outcomes, refused: Refused, labels: Array | None) -> Ruling:
    """`labels` are those of the training rows, where they are numbers."""
    gate, names = "robustness.out_of_range", beyond(outcomes, refused)
    what = f"with one feature {section.reach:g} spans out of its range, or a text never seen,"
    expected = "an answer to every row" if labels is None else f"<= {section.out_of_range:g} label spans out of range"
    if not names:
        return Ruling(
            gate=gate, passed=True, expected=expected, state="no such feature", words=f"{what} nothing could be asked"
        )
    silent = [name for name in names if _no_answer(name, outcomes, refused)]
    if silent and not section.may_refuse:
        state, told = _no_answer(silent[0], outcomes, refused) or ("", "")
        words = f"{what} {told} for {column_of(silent[0])}{_more(len({column_of(name) for name in silent}) - 1)}"
        return Ruling(
            gate=gate, passed=False, expected=expected, state=state, words=f"{words}: limit the features in the model"
        )
    measured = {name: value for name, value in reached(outcomes, refused, labels).items() if value is not None}
    if not measured:
        return Ruling(
            gate=gate, passed=True, expected=expected, state=REFUSES, words=f"{what} the model refuses, as it may"
        )
    worst = max(measured, key=lambda name: measured[name])
    value, most = measured[worst], 0.0 if labels is None else section.out_of_range
    if labels is None:
        told = f"{value:.1%} of the answers are no class, or no probabilities"
    else:
        told = f"answers lie up to {value:.3g} spans of the training labels out of their range"
    words = f"{what} {told}, at most {most:g} may be; worst is {column_of(worst)}"
    return Ruling(gate=gate, passed=value <= most, expected=expected, words=words, value=value)


def beyond(outcomes: Outcomes, refused: Refused) -> list[str]:
    """The questions about one feature out of range."""
    return [name for name in (*outcomes, *refused) if name.startswith("beyond:")]


def reached(outcomes: Outcomes, refused: Refused, labels: Array | None) -> dict[str, float | None]:
    """For each of these questions how far the answers lie out of range, or the share that is unsound; None: refused."""
    return {
        name: None if name in refused else unsound(outcomes[name]) if labels is None else excess(outcomes[name], labels)
        for name in beyond(outcomes, refused)
    }


def shuffled(outcomes: Outcomes, refused: Refused, apart: Array) -> Ruling:
    """Half of the rows in another order must be answered as they were among all rows."""
    gate, expected = "robustness.shuffled", "the same answer to the same row"
    what = f"half of the rows ({len(apart)}), shuffled,"
    for question in (AGAIN, APART):
        if question in refused:
            words = f"{what if question == APART else 'the same rows again'}: the model refuses ({refused[question]})"
            return Ruling(gate=gate, passed=False, expected=expected, state=REFUSES, words=words)
    again = differing(outcomes[PLAIN], outcomes[AGAIN])
    if again:
        words = f"the same rows asked again get another answer in {again:.1%} of the rows: fix the model's seed"
        return Ruling(gate=gate, passed=False, expected=expected, state="not repeatable", words=words, value=again)
    value = differing(outcomes[PLAIN].only(apart), outcomes[APART])
    why = ": the model looks at order, index or other rows" if value else ""
    words = f"{what} get another answer in {value:.1%} of the rows{why}"
    return Ruling(gate=gate, passed=value == 0, expected=expected, words=words, value=value)


def differing(one: Outcome, other: Outcome) -> float:
    """The share of rows that are answered otherwise; of probabilities and numbers, by more than rounding does."""
    import numpy as np

    both = one.probabilities is not None and other.probabilities is not None
    left, right = (one.probabilities, other.probabilities) if both else (one.predictions, other.predictions)
    assert left is not None
    assert right is not None
    if left.dtype.kind != "f" or right.dtype.kind != "f":
        same = left == right
    else:
        finite = np.abs(left[np.isfinite(left)])
        close = CLOSE_FLOAT32 if np.float32 in (left.dtype, right.dtype) else CLOSE
        same = np.isclose(left, right, rtol=0, atol=close * float(finite.max(initial=0.0)), equal_nan=True)
    rows = same.reshape(len(same), -1).all(axis=1)
    return float(1 - rows.mean())


def excess(outcome: Outcome, labels: Array) -> float:
    """How far the answers lie out of the labels' range, in its spans."""
    import numpy as np

    low, high = float(labels.min()), float(labels.max())
    said = outcome.predictions[outcome.answered].astype(float)
    return float(np.maximum(low - said, said - high).max(initial=0.0) / ((high - low) or 1.0))


def unsound(outcome: Outcome) -> float:
    """The share of a classifier's answers that are no class of its, or whose probabilities are none."""
    import numpy as np

    assert outcome.classes is not None
    answered = outcome.only(outcome.answered)
    sound = np.isin(answered.predictions, outcome.classes)
    if answered.probabilities is not None:
        within = ((answered.probabilities >= -1e-6) & (answered.probabilities <= 1 + 1e-6)).all(axis=1)
        sound &= within & (np.abs(answered.probabilities.sum(axis=1) - 1) < 1e-4)
    return float(1 - sound.mean()) if len(sound) else 0.0


def nothing(scale: Scale | None) -> str:
    """Why no share can be told."""
    if scale is None:
        return "the metric cannot be computed on these rows"
    known = f"{scale.metric} {scale.plain:.4g} is no better than one constant answer's {scale.constant:.4g}"
    return f"{known}, so no share of a gain can be lost; name another in robustness.metric"


def column_of(question: str) -> str:
    """beyond:low:age -> age."""
    return question.split(":", 2)[2]


def _no_answer(question: str, outcomes: Outcomes, refused: Refused) -> tuple[str, str] | None:
    if question in refused:
        return REFUSES, f"the model refuses ({refused[question]})"
    silent = int((~outcomes[question].answered).sum())
    return (NO_ANSWER, f"{silent} of {len(outcomes[question].truth)} rows get no answer") if silent else None


def _listed(names: list[str]) -> str:
    return f"{names[0]}{_more(len(names) - 1)}"


def _more(count: int) -> str:
    return f" and {count} more" if count else ""
