"""What one look at a model has before it: the version that serves, the rows that it answered, and how columns are to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths.artifacts import ModelVersion
from golden_paths.errors import StepFailed
from golden_paths.modelling.metrics import BINARY, REGRESSION, Outcome
from golden_paths.monitor_sections import MonitorSection
from golden_paths.prediction_log.batch import ENTITY as ENTITY
from golden_paths.prediction_log.batch import FEATURE as FEATURE
from golden_paths.prediction_log.hashing import canonical
from golden_paths.project import Project
from golden_paths.spec import PathSpec, TrainingSetSection

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from golden_paths.monitoring.profile import Profile

PREDICTION, SCORE = "answer.prediction", "answer.score"


@dataclass(frozen=True)
class Look:
    """`rows` are those of the prediction log that `champion` answered in [start, end), as the log has them.

    `profile` is None for a version of before there were any. Sensitive values are hashed, as the platform's policy says. `folder`
    takes plots.
    """

    spec: PathSpec
    project: Project
    section: MonitorSection
    champion: ModelVersion
    start: datetime
    end: datetime
    rows: pd.DataFrame
    profile: Profile | None
    folder: Path

    @property
    def sensitive(self) -> tuple[str, ...]:
        """Columns that tell groups of people apart."""
        return self.spec.need(TrainingSetSection).sensitive

    @property
    def features(self) -> pd.DataFrame:
        """The features that were answered, under their own names, shape (rows, features)."""
        return self.named(FEATURE)

    @property
    def answered(self) -> pd.DataFrame:
        """The features, and what was answered as `PREDICTION` and `SCORE`: a feature may be called so, too."""
        score = {SCORE: self.rows["score"]} if "score" in self.rows else {}
        return self.features.assign(**{PREDICTION: self.rows["prediction"]}, **score)

    def named(self, kind: str) -> pd.DataFrame:
        """The columns of one kind, without its prefix."""
        chosen = [name for name in self.rows.columns if name.startswith(kind)]
        return self.rows[chosen].rename(columns=lambda name: name.removeprefix(kind))


def outcome(profile: Profile, rows: pd.DataFrame, truth: Sequence[Any] | None = None) -> Outcome:
    """What the model said in these rows, as evaluation knows it; without `truth`, only what asks for none may be computed.

    The log, and a file of labels, may hold 1.0 for 1: both are read as the class that they name. Raises `StepFailed` for a label
    that is no class of the model's.
    """
    import numpy as np

    if profile.kind == REGRESSION:
        said = rows["prediction"].to_numpy(dtype="float64")
        return Outcome(REGRESSION, said if truth is None else np.asarray(truth, dtype="float64"), said)
    predictions = _classes(rows["prediction"], profile.classes, "prediction")
    known = predictions if truth is None else _classes(truth, profile.classes, "label")
    scores = rows["score"].to_numpy(dtype="float64") if profile.kind == BINARY and "score" in rows else np.array([np.nan])
    probabilities = np.column_stack([1 - scores, scores]) if np.isfinite(scores).all() and len(scores) == len(rows) else None
    return Outcome(profile.kind, known, predictions, np.asarray(profile.classes), probabilities)


def _classes(values: Sequence[Any] | pd.Series, classes: Sequence[Any], called: str) -> np.ndarray[Any, Any]:
    import numpy as np

    known = {canonical(one): one for one in classes}
    found = [known.get(canonical(value)) for value in values]
    if (odd := next((value for value, one in zip(values, found, strict=True) if one is None), None)) is not None:
        raise StepFailed(
            f"the {called} {odd!r} is no class of the model's ({', '.join(map(str, classes))})",
            remedy="see that the labels' file has the classes that the model was trained on",
        )
    return np.asarray(found, dtype=np.asarray(classes).dtype)
