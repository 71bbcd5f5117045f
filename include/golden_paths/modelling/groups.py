"""Groups of people in the held-out part: how the model treats each, as the spec's bias gate asks. Parent side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths import parquet
from golden_paths.artifacts import TrainingSet
from golden_paths.gate_sections import BiasSection
from golden_paths.modelling import bias
from golden_paths.modelling.bias import Verdict
from golden_paths.modelling.metrics import Outcome

if TYPE_CHECKING:
    import numpy as np


def verdicts(section: BiasSection | None, training_set: TrainingSet, frame: Path, outcome: Outcome) -> list[Verdict]:
    """One for each sensitive column and intersection; none when the spec does not ask. Raises `StepFailed` as `bias.judge`."""
    if section is None:
        return []
    rule = bias.Rule(
        section.measure,
        section.at_most,
        least=section.smallest_group,
        confidence=section.confidence,
        seed=section.seed,
    )
    return bias.judge(outcome, held_out(frame, training_set.sensitive), rule, section.intersections)


def held_out(frame: Path, columns: tuple[str, ...]) -> dict[str, np.ndarray[Any, Any]]:
    """The columns of the held-out rows, each of shape (rows,), in the training set's own order."""
    rows = parquet.read(frame, [*columns, "split"])
    rows = rows[rows["split"] == "test"]
    return {name: rows[name].to_numpy() for name in columns}
