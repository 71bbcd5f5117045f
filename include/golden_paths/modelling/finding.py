"""What an examination of a model found: rulings, the tables and plots behind them. One form for report, evidence and card."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from golden_paths.record import Check

EVIDENCE = "evidence.json"  # beside the report in MLflow: all that was found, for the card


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
    plots: dict[str, str] = {}
    notes: tuple[str, ...] = ()  # what decides nothing, and should be read


def reasons(findings: Sequence[Finding]) -> list[str]:
    """What says no, in words; empty when every gate was passed."""
    return [ruling.words for finding in findings for ruling in finding.rulings if not ruling.passed]
