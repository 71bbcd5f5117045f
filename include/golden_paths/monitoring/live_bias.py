"""Whether live answers treat groups alike: the gate's own columns, measure and bounds, on what people were told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths.errors import StepFailed
from golden_paths.gate_sections import BiasSection
from golden_paths.modelling import bias, report_groups
from golden_paths.modelling.bias import BEYOND
from golden_paths.modelling.finding import Finding, Ruling
from golden_paths.modelling.metrics import Outcome

if TYPE_CHECKING:
    import numpy as np

TITLE = "Groups of people, on live answers"
WITHOUT_LABELS = ("demographic_parity", "mean_parity")  # measures that ask what was answered, not whether it was right


def finding(section: BiasSection, outcome: Outcome, columns: Mapping[str, np.ndarray[Any, Any]], folder: Path) -> Finding:
    """A ruling for each column and intersection. An alarm is a gap that is beyond with its whole interval.

    Before a version serves, too little evidence is a no; while it serves it is told, and is no alarm.
    """
    rule = bias.Rule(section.measure, section.at_most, section.smallest_group, section.confidence, seed=section.seed)
    there = [names for names in section.intersections if set(names) <= set(columns)]
    try:
        found = bias.judge(outcome, columns, rule, there)
    except StepFailed as error:
        return told(str(error))
    shown = report_groups.finding(found, folder)[0]
    return shown.model_copy(update={"title": TITLE, "rulings": tuple(map(_live, shown.rulings))})


def _live(one: Ruling) -> Ruling:
    return one.model_copy(update={"passed": one.state != BEYOND, "words": f"bias: {one.words}"})


def told(words: str) -> Finding:
    """What keeps groups from being compared: no alarm."""
    return Finding(
        title=TITLE, rulings=(Ruling(gate="bias", passed=True, expected="", words=f"bias: {words}", state="not judged"),)
    )
