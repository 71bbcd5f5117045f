"""Whether a model stays sound on rows as they should not be. Parent side: it sees answers alone, and judges those.

Four rulings. `robustness.missing`: what is lost when values are missing. `robustness.out_of_range`: that answers stay
finite and in reach of the labels when one feature lies far beyond what training saw. `robustness.shuffled`: that a
row's answer depends on that row alone. `robustness.unit`: that one feature in another unit is noticed by the data
contract, or else costs little.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from golden_paths import parquet
from golden_paths.contract.model import Contract
from golden_paths.gate_sections import EvaluateSection, RobustnessSection
from golden_paths.modelling import plots, robust_child, robust_loss, robust_rulings, robust_unit
from golden_paths.modelling.finding import Finding, Ruling, Table
from golden_paths.modelling.metrics import REGRESSION, Outcome
from golden_paths.modelling.robust_child import PLAIN, Asked
from golden_paths.modelling.robust_unit import Changed

if TYPE_CHECKING:
    import pandas as pd

TITLE, PLOT, FILE = "Robustness", "Share of the gain lost (at most 200% shown)", "robustness.png"
Bars: TypeAlias = dict[str, tuple[float, float, float]]  # what is lost, from and to
MOST_DRAWN, MOST_SHOWN = 15, 2.0  # features, and the loss beyond which a plot shows no more


def finding(
    section: EvaluateSection,
    outcome: Outcome,
    *,
    asked: Path,
    frame: Path,
    label: str,
    contract: Contract | None,
    folder: Path,
) -> Finding | None:
    """The four rulings, a table of features, and a plot in `folder`; None when the spec does not ask.

    `outcome` is of all held-out rows, `asked` what the child wrote about them, `frame` the training set (parquet).
    """
    if section.robustness is None:
        return None
    found = robust_child.load(asked)
    rows = parquet.read(frame, list(dict.fromkeys([*found.features, label, "split"])))
    metric = section.robustness.metric or next(iter(section.metrics))
    made, bars = judge(section.robustness, metric, outcome, asked=found, rows=rows, label=label, contract=contract)
    return made.model_copy(update={"plots": _drawn(bars, folder)})


def judge(
    section: RobustnessSection,
    metric: str,
    outcome: Outcome,
    *,
    asked: Asked,
    rows: pd.DataFrame,
    label: str,
    contract: Contract | None,
) -> tuple[Finding, Bars]:
    """The finding, and the losses to draw. `rows` is the training set: features, label and split."""
    outcomes = {question: _outcome(outcome, asked, question) for question in asked.answers}
    train, held_out = rows[rows["split"] == "train"], rows[rows["split"] == "test"]
    labels = train[label].to_numpy(dtype="float64") if outcome.kind == REGRESSION else None
    lacking = [name for name in asked.features if rows[name].isna().any()]
    scale, narrow = robust_loss.scale(outcomes[PLAIN], metric), outcomes[PLAIN].only(asked.narrow)
    notices = partial(robust_unit.noticed, contract, held_out.iloc[asked.places[asked.narrow]].reset_index(drop=True))
    units = (
        robust_unit.costs(section, narrow, outcomes, asked.refused, scale, notices) if scale and scale.gain > 0 else []
    )
    missing = robust_rulings.missing(section, outcomes, asked.refused, scale, lacking)
    rulings = (
        missing,
        robust_rulings.out_of_range(section, outcomes, asked.refused, labels),
        robust_rulings.shuffled(outcomes, asked.refused, asked.apart),
        robust_unit.rule(section, narrow, outcomes, scale, units),
    )
    reached = robust_rulings.reached(outcomes, asked.refused, labels)
    tables = (_units(section, units), _reached(section, reached, is_number=labels is not None))
    shown = tuple(table for table in tables if table.rows)
    made = Finding(title=TITLE, rulings=rulings, tables=shown, notes=_notes(asked, scale))
    return made, _bars(section, missing, units)


def _outcome(outcome: Outcome, asked: Asked, question: str) -> Outcome:
    """The answers to one question beside the truth of its rows."""
    truth = outcome.truth[asked.places]
    if question == robust_child.APART:
        truth = truth[asked.apart]
    elif question.startswith(("beyond:", "unit:")):
        truth = truth[asked.narrow]
    return Outcome(outcome.kind, truth, asked.answers[question][0], outcome.classes, asked.answers[question][1])


def _notes(asked: Asked, scale: robust_loss.Scale | None) -> tuple[str, ...]:
    sample = f"asked about {len(asked.places)} held-out rows, and {len(asked.narrow)} of them for each feature alone"
    if scale is None:
        return (sample,)
    return (sample, f"the gain is from {scale.metric} {scale.constant:.4g} of one constant answer to {scale.plain:.4g}")


def _units(section: RobustnessSection, units: list[Changed]) -> Table:
    rows = tuple(
        (
            one.column,
            one.times(section.factor),
            "no answer"
            if one.cost is None
            else f"{min(one.cost, MOST_SHOWN):.1%}{' or more' if one.cost > MOST_SHOWN else ''}",
            one.noticed or "nobody",
        )
        for one in units
    )
    return Table(
        title="One feature in another unit", head=("feature", "unit", "share of the gain lost", "noticed by"), rows=rows
    )


def _reached(section: RobustnessSection, reached: Mapping[str, float | None], *, is_number: bool) -> Table:
    """Of a feature's two sides, the worse."""
    worst: dict[str, float | None] = {}
    for question, value in reached.items():
        name = robust_rulings.column_of(question)
        worst[name] = None if value is None or worst.get(name, 0.0) is None else max(value, worst.get(name) or 0.0)
    measure = "spans of the labels out of range" if is_number else "share of unsound answers"
    rows = tuple((name, "refused" if value is None else f"{value:.3g}") for name, value in worst.items())
    title = f"One feature {section.reach:g} spans out of range, or a text never seen"
    return Table(title=title, head=("feature", measure), rows=rows)


def _bars(section: RobustnessSection, missing: Ruling, units: list[Changed]) -> Bars:
    """Those of features have no interval; the dearest alone."""
    bars: Bars = {}
    if missing.value is not None and missing.low is not None and missing.high is not None:
        bars[f"{section.share:.0%} missing"] = missing.value, missing.low, missing.high
    dearest = sorted((one for one in units if one.cost is not None), key=lambda one: -(one.cost or 0.0))
    for one in dearest[:MOST_DRAWN]:
        cost = one.cost or 0.0
        bars[f"{one.column} {one.times(section.factor)}"] = cost, cost, cost
    return bars


def _drawn(bars: Bars, folder: Path) -> dict[str, str]:
    """Title -> file in `folder`."""
    if not bars:
        return {}
    shown = [
        (min(value, MOST_SHOWN), min(low, MOST_SHOWN), min(high, MOST_SHOWN)) for value, low, high in bars.values()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    plots.bars(folder / FILE, PLOT, list(bars), shown)
    return {PLOT: FILE}
