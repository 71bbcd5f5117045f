"""The reference profile: what a model was trained on, small enough to be frozen with it. Later no training data is needed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from pydantic import Field

from golden_paths.modelling.kept_record import KeptRecord
from golden_paths.monitoring import profile_columns, profile_values
from golden_paths.monitoring.profile_columns import Categories, Numbers
from golden_paths.monitoring.profile_values import Hash

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array: TypeAlias = np.ndarray[Any, Any]

REFERENCE = "reference.json"  # beside the report of an evaluation
GROUPS_OF_NUMBERS = 50  # distinct numbers up to which a sensitive column tells groups
Column = Annotated[Numbers | Categories, Field(discriminator="kind")]


class Profile(KeptRecord):
    """Kept as `REFERENCE`. `features` are of all rows of the training set, `prediction` and `score` of the held-out ones.

    `score` is the probability of the second of two classes. `left_out`: features that cannot be compared, and why.
    """

    called: ClassVar[str] = "reference profile"
    step: ClassVar[str] = "evaluate"
    model: str = ""  # digest
    training_set: str = ""  # digest
    kind: str = ""  # of model: binary, multiclass, regression
    classes: tuple[bool | int | float | str, ...] = ()  # in the model's order
    rows: int
    features: dict[str, Column]
    prediction: Column | None = None
    score: Numbers | None = None
    left_out: dict[str, str] = Field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write it into the folder that has the report."""
        return self.keep(folder / REFERENCE)

    def keep(self, file: Path) -> Path:
        """Write it; returns the file. On one line: it is long, and nobody reads it."""
        file.write_text(self.model_dump_json(exclude_defaults=True) + "\n")
        return file


def build(
    frame: pd.DataFrame,
    *,
    features: Sequence[str],
    predictions: Array | None = None,
    scores: Array | None = None,
    sensitive: Collection[str] = (),
    hash: Hash | None = None,
    is_regression: bool = False,
) -> Profile:
    """The profile of a training set, shape (rows, columns), and of the predictions of its held-out rows, shape (held out,).

    Sensitive features are kept by `hash`; without one they are left out. Predictions of a classifier are categories,
    also when its classes are numbers.
    """
    import pandas as pd

    kept: dict[str, Numbers | Categories] = {}
    left_out: dict[str, str] = {}
    for name in features:
        if name not in sensitive:
            kept[name] = _of(frame[name])
        elif reason := _unfit(frame[name], hash):
            left_out[name] = reason
        else:
            kept[name] = profile_columns.of_categories(frame[name], hash)
    answers = None if predictions is None else pd.Series(predictions)
    said: Numbers | Categories | None = None
    if answers is not None:
        said = (
            profile_columns.of_numbers(answers, "numbers") if is_regression else profile_columns.of_categories(answers)
        )
    score = None if scores is None else profile_columns.of_numbers(pd.Series(scores), "numbers")
    return Profile(rows=len(frame), features=kept, prediction=said, score=score, left_out=left_out)


def _of(values: pd.Series) -> Numbers | Categories:
    kind = profile_values.kind_of(values)
    if kind == "categories":
        return profile_columns.of_categories(values)
    return profile_columns.of_numbers(values, "times" if kind == "times" else "numbers")


def _unfit(values: pd.Series, hash: Hash | None) -> str:
    """Why a sensitive column is left out; empty when it is not."""
    if hash is None:
        return "it is sensitive, and there is no key to hash its values with"
    if profile_values.kind_of(values) == "categories" or (distinct := values.nunique()) <= GROUPS_OF_NUMBERS:
        return ""
    return f"it is sensitive, and its {distinct} different numbers or dates tell no groups"
