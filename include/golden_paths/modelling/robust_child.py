"""Asks a loaded model about rows as they should not be. Child side: it judges nothing, `robustness` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from golden_paths.gate_sections import RobustnessSection
from golden_paths.modelling import strange_rows

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from golden_paths.modelling.parts import Parts

    Array: TypeAlias = np.ndarray[Any, Any]
    Answer: TypeAlias = tuple[Array, Array | None]  # predictions, and probabilities where there are any

MOST_ROWS, FEWEST_ROWS = 2000, 200
MOST_ANSWERS = 2_000_000  # numbers for all features' changes together: fewer rows of many features
PLAIN, AGAIN, APART, MISSING = "plain", "again", "apart", "missing"


@dataclass(frozen=True)
class Probe:
    """What is done to rows, as `RobustnessSection` has it."""

    share: float = 0.1
    reach: float = 10.0
    factor: float = 1000.0
    seed: int = 0


@dataclass(frozen=True)
class Asked:
    """Answers by question. `places` are the sampled rows; `apart` and `narrow` index into those.

    The questions: plain, again (the same once more), apart (the rows of `apart` alone, in that order), missing; and for
    each column, on the rows of `narrow`: beyond:low:NAME, beyond:high:NAME, unit:up:NAME, unit:down:NAME. `refused` has
    the kind of error instead of an answer: its text could hold values of the data.
    """

    features: list[str]
    places: Array
    apart: Array
    narrow: Array
    answers: dict[str, Answer] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def examine(answer: Callable[[pd.DataFrame], Answer], rows: pd.DataFrame, train: pd.DataFrame, probe: Probe) -> Asked:
    """Ask about a seeded sample of at most 2,000 of `rows`. `train`, of the same columns, says what training has seen.

    What the model raises for the rows as they are is raised; what it raises for changed ones is an answer.
    """
    import numpy as np

    random = np.random.default_rng(probe.seed)
    count = min(len(rows), MOST_ROWS)
    places = np.sort(random.choice(len(rows), count, replace=False))
    sample = rows.iloc[places].reset_index(drop=True)
    predictions, probabilities = answer(sample.copy())  # a model may change what it is given
    width = 1 if probabilities is None else probabilities.shape[1]
    few = min(count, max(FEWEST_ROWS, MOST_ANSWERS // (4 * width * max(1, rows.shape[1]))))
    asked = Asked(
        features=list(rows.columns),
        places=places,
        apart=random.permutation(count)[: (count + 1) // 2],
        narrow=np.sort(random.choice(count, few, replace=False)),
    )
    asked.answers[PLAIN] = predictions, probabilities
    for question, changed in _questions(sample, train, probe, asked, random):
        try:
            asked.answers[question] = answer(changed)
        except Exception as error:  # a model may raise anything
            print(f"{question}: {type(error).__name__}")  # noqa: T201
            asked.refused[question] = type(error).__name__
    return asked


def _questions(
    sample: pd.DataFrame, train: pd.DataFrame, probe: Probe, asked: Asked, random: np.random.Generator
) -> Iterator[tuple[str, pd.DataFrame]]:
    yield AGAIN, sample.copy()
    yield APART, sample.iloc[asked.apart].reset_index(drop=True)
    yield MISSING, strange_rows.lacking(sample, probe.share, random)
    few = sample.iloc[asked.narrow].reset_index(drop=True)
    for name in strange_rows.numbers(sample):
        for side, spans in (("low", -probe.reach), ("high", probe.reach)):
            yield f"beyond:{side}:{name}", strange_rows.beyond(few, name, train[name], spans)
        for way, factor in (("up", probe.factor), ("down", 1 / probe.factor)):
            yield f"unit:{way}:{name}", strange_rows.in_unit(few, name, factor)
    for name in strange_rows.texts(train):
        yield f"beyond:high:{name}", strange_rows.never_seen(few, name)


def rules(section: RobustnessSection, out: Path) -> dict[str, float | str]:
    """What the child is told, as JSON, of what a spec asks: see `write`."""
    return asdict(Probe(section.share, section.reach, section.factor, section.seed)) | {"out": str(out)}


def write(model: Any, data: Parts, kind: str, classes: Array | None, rules: Mapping[str, Any]) -> None:
    """Examine a loaded model on the held-out rows; `rules` are the fields of `Probe` and `out`, the .npz file to write."""
    from golden_paths.modelling.outcomes import ask

    label = data.held_out_label.iloc[:1]  # `ask` wants one; the parent has the truth

    def answer(frame: pd.DataFrame) -> Answer:
        outcome = ask(model, kind, frame, label, classes)
        return outcome.predictions, outcome.probabilities

    probe = Probe(**{name: value for name, value in rules.items() if name != "out"})
    store(examine(answer, data.held_out_features, data.features, probe), Path(rules["out"]))


def store(asked: Asked, file: Path) -> None:
    """As arrays of numbers and text, without a pickle. Questions are kept by their number: a name may hold anything."""
    import numpy as np

    questions = list(asked.answers)
    arrays: dict[str, Any] = {
        "features": np.array(asked.features, dtype=str),
        "places": asked.places,
        "apart": asked.apart,
        "narrow": asked.narrow,
        "questions": np.array(questions, dtype=str),
        "refused": np.array([list(pair) for pair in asked.refused.items()], dtype=str).reshape(-1, 2),
    }
    for number, (predictions, probabilities) in enumerate(asked.answers.values()):
        is_object = predictions.dtype == object
        arrays[f"predictions_{number}"] = predictions.astype(str) if is_object else predictions
        if probabilities is not None:
            arrays[f"probabilities_{number}"] = probabilities
    np.savez(file, **arrays)


def load(file: Path) -> Asked:
    """What `store` wrote."""
    import numpy as np

    with np.load(file, allow_pickle=False) as arrays:
        answers = {
            str(name): (arrays[f"predictions_{number}"], arrays.get(f"probabilities_{number}"))
            for number, name in enumerate(arrays["questions"])
        }
        refused = {str(question): str(kind) for question, kind in arrays["refused"]}
        places, apart, narrow = arrays["places"], arrays["apart"], arrays["narrow"]
        return Asked([str(name) for name in arrays["features"]], places, apart, narrow, answers, refused)
