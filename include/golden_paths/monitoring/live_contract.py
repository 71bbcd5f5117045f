"""Live inputs, held to what the training set had to keep."""

from __future__ import annotations

from golden_paths.contract import checking, model
from golden_paths.contract.model import Contract
from golden_paths.contract.violation import Violation
from golden_paths.modelling.finding import Finding, Ruling
from golden_paths.monitoring.look import Look
from golden_paths.spec import TrainingSetSection

TITLE = "The data contract, on live inputs"


def findings(look: Look) -> list[Finding]:
    """One finding, or none where there is nothing to hold or nothing to be held.

    Of the contract only rules of single columns count here: a window has no labels, and no promised number of rows. Nor is a
    value asked to be there once: the same entity may be asked about twice.
    """
    name = look.spec.need(TrainingSetSection).contract
    if not look.section.contract or name is None or look.rows.empty:
        return []
    frame = look.features.assign(time=look.rows["time"])
    contract = _of_columns(model.read(look.project.path(name), look.project.root), look, set(frame.columns))
    if not contract.columns:
        return []
    found = checking.check(
        frame, contract, keys=(), timestamp="time", label="", sensitive=look.sensitive, as_of=look.end
    )
    rulings = tuple(map(_ruling, found)) or (_kept(contract, len(frame)),)
    left = [name for name in look.sensitive if name in frame.columns]
    notes = (f"{', '.join(left)}: hashed in the log, so not held to the contract",) if left else ()
    return [Finding(title=TITLE, rulings=rulings, notes=notes)]


def _of_columns(contract: Contract, look: Look, there: set[str]) -> Contract:
    columns = {
        name: rules.model_copy(update={"unique": False})
        for name, rules in contract.columns.items()
        if name in there and name not in look.sensitive
    }
    return contract.model_copy(update={"columns": columns, "rows": None, "label": None, "freshness": None})


def _ruling(one: Violation) -> Ruling:
    return Ruling(
        gate="contract",
        passed=False,
        expected=one.expected,
        words=f"contract: {one}",
        state=one.rule,
        column=one.column,
        value=float(one.rows),
    )


def _kept(contract: Contract, rows: int) -> Ruling:
    words = f"contract: {len(contract.columns)} columns are kept in all {rows} rows"
    return Ruling(gate="contract", passed=True, expected="no violation", words=words, value=0.0)
