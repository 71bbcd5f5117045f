"""What an examination of a model found: rulings, the tables and plots behind them. One form for report, evidence and card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from golden_paths.modelling.kept_record import KeptRecord
from golden_paths.record import Check

EVALUATION = "evaluation"  # the folder of a run in MLflow that has the report
DEPENDS = "What the answers depend on"  # the finding of explanations, which a model without gates of them has as well
EVIDENCE = "evidence.json"  # beside the report: all that was found, for the card
PlotFile = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.png$")]  # no folders: it is looked for beside the report


class Ruling(BaseModel):
    """One gate's word. `value`, `low` and `high` are None where nothing can be computed, or no interval is known.

    `words` is one line that stands alone: what was looked at, what was found, the interval, the bound.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    gate: str  # as in bias.equal_opportunity
    passed: bool
    expected: str
    words: str
    state: str = ""  # more than yes and no: too little evidence
    column: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def found(self) -> str:
        """The value and its interval, as in 0.08 (0.02 to 0.19)."""
        if self.value is None:
            return self.state or "cannot be computed"
        interval = f" ({self.low:.3g} to {self.high:.3g})" if self.low is not None and self.high is not None else ""
        return f"{self.value:.3g}{interval}{f', {self.state}' if self.state else ''}"

    @property
    def check(self) -> Check:
        """As the run's record, and lineage, have it."""
        return Check(
            name=self.gate,
            passed=self.passed,
            subject="model",
            column=self.column,
            expected=self.expected,
            found=self.found,
            is_gate=True,
        )


class Table(BaseModel):
    """Rows of text, each as long as `head`. Numbers are shown to the right."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Finding(BaseModel):
    """One examination. `plots`: title -> name of a PNG file beside the report."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str
    rulings: tuple[Ruling, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: dict[str, PlotFile] = {}
    notes: tuple[str, ...] = ()  # what decides nothing, and should be read


def reasons(findings: Sequence[Finding]) -> list[str]:
    """What says no, in words; empty when every gate was passed."""
    return [ruling.words for finding in findings for ruling in finding.rulings if not ruling.passed]


class EvaluationRecord(KeptRecord):
    """All that evaluation found of one model on one training set; both are known by their digests. Kept as `EVIDENCE`.

    `metrics` and `champion_metrics` are of the same held-out rows. A metric that cannot be computed is NaN.
    """

    called: ClassVar[str] = "record of an evaluation"
    step: ClassVar[str] = "evaluate"
    model: str
    training_set: str
    metrics: dict[str, float]
    champion: str | None  # its version
    champion_metrics: dict[str, float]
    findings: tuple[Finding, ...]

    def write(self, folder: Path) -> Path:
        """Write it into the folder that has the report and the plots."""
        return self.keep(folder / EVIDENCE)
