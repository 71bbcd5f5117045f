"""The gates of a training set: the contract that its owners wrote, and what would make a model look better than it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from golden_paths.artifacts import Features, TrainingSet
from golden_paths.clients import TrainingFrame
from golden_paths.contract import checking, leakage, model
from golden_paths.contract.violation import Violation
from golden_paths.errors import GateFailed
from golden_paths.modelling import broken_rules
from golden_paths.modelling.broken_rules import SAID
from golden_paths.record import Check
from golden_paths.spec import TrainingSetSection
from golden_paths.step import StepContext

if TYPE_CHECKING:
    import pandas as pd

CHANCE = ("same_values",)  # between a few columns of few values rows repeat by chance: told, and no gate


def require(context: StepContext, section: TrainingSetSection, made: TrainingFrame, table: pd.DataFrame) -> None:
    """Raises `GateFailed` when the split training set breaks its contract, or leaks. Everything is noted, and in the log."""
    found = [*_broken(context, section, made, table), *_leaks(context, section, made, table)]
    if found:
        raise GateFailed(
            f"nothing trains on this training set: {broken_rules.brief([(one, len(table)) for one in found])}",
            remedy="see whose rows these are in the log; mend the data, or change what training_set asks of them",
        )


def require_same_online(context: StepContext, features: Features, made: TrainingFrame) -> None:
    """Raises `GateFailed` when the online store answers otherwise than training has it. No values are told, and no keys."""
    assert made.skew is not None, "asked for with online_at"
    skew = made.skew
    for line in skew.left_out:
        context.log(f"online_skew, not compared: {line}")
    told = [f"{name} in {count}" for name, count in sorted(skew.differing.items())]
    passed = context.check(
        Check(
            name="online_skew",
            passed=not told,
            subject=TrainingSet.name,
            expected=f"online what training has, up to {features.end.isoformat()}",
            found=f"{', '.join(told)} of {skew.keys} keys differ" if told else f"{skew.keys} keys agree",
            is_gate=True,
        )
    )
    if not passed:
        more = f" and {len(told) - SAID} more features" if len(told) > SAID else ""
        raise GateFailed(
            f"{features.service} is served with other values than those to train on: of {skew.keys} keys differ online "
            f"{', '.join(told[:SAID])}{more}",
            remedy="materialize again, over the whole interval; if it stays, see whether source rows repeat keys and time",
        )


def _broken(
    context: StepContext, section: TrainingSetSection, made: TrainingFrame, table: pd.DataFrame
) -> list[Violation]:
    if section.contract is None:
        return []
    root = context.project.root
    found = checking.check(
        table,
        model.read(context.project.path(section.contract), root),
        keys=made.keys,
        timestamp=made.timestamp,
        label=section.label,
        sensitive=section.sensitive,
        as_of=context.run.end,
    )
    return _noted(context, "contract", f"what {section.contract} says", found, len(table))


def _leaks(context: StepContext, section: TrainingSetSection, made: TrainingFrame, table: pd.DataFrame) -> list[Violation]:
    found = leakage.leaks(
        table,
        features=made.features,
        label=section.label,
        timestamp=made.timestamp,
        keys=made.keys,
        sensitive=section.sensitive,
    )
    for one in found:
        if one.rule in CHANCE:
            context.log(f"training set: {one}")
    found = [one for one in found if one.rule not in CHANCE and one.column not in section.may_tell_all]
    expected = "nothing that gives the label away, and no row on both sides of the split"
    return _noted(context, "leakage", expected, found, len(table))


def _noted(context: StepContext, name: str, expected: str, found: Sequence[Violation], rows: int) -> list[Violation]:
    return broken_rules.noted(
        context, name, found, subject=TrainingSet.name, expected=expected, rows=rows, called="training set"
    )
