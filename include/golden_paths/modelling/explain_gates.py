"""The gates of the spec's section explain. Parent side. Pure.

never looks at both measures: a model may lean on a feature that does not make it better, and permuting that costs
nothing. always asks that the feature makes the answers better, and so looks at what permuting it costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from golden_paths.artifacts import TrainingSet
from golden_paths.gate_sections import ExplainSection
from golden_paths.modelling import importance
from golden_paths.modelling.finding import Ruling
from golden_paths.modelling.importance import BELOW, LEAST_ROWS, ON_TOP, TOO_LITTLE, Importance, Rule, Standing
from golden_paths.modelling.judged import Examined

UNKNOWN = "cannot be computed"
NEVER, ALWAYS, STABILITY = "explain.never", "explain.always", "explain.stability"
SEVEREST = (ON_TOP, TOO_LITTLE, BELOW)  # for a feature that may not be dominant


@dataclass(frozen=True)
class Rival:
    """The champion, examined on the same rows."""

    version: str
    examined: Examined


def rule(section: ExplainSection | None) -> Rule:
    """What counts as dominant."""
    return Rule(section.top, section.at_least, section.confidence, section.seed) if section else Rule()


def rulings(
    section: ExplainSection, training_set: TrainingSet, model: Examined, champion: Rival | None
) -> tuple[Ruling, ...]:
    """One for each feature that may not, or must, be dominant; and one of stability where there is a champion."""
    sensitive = () if section.sensitive_on_top else training_set.sensitive
    never, limits = tuple(dict.fromkeys((*section.never, *sensitive))), rule(section)
    both = (model.importance, importance.by_shap(model.importance)) if model.importance else ()
    found = _placed(NEVER, never, model, both, limits) + _placed(ALWAYS, section.always, model, both[:1], limits)
    if section.stability is not None and champion is not None:
        found.append(_stable(section.stability, model, champion, limits))
    return tuple(found)


def _placed(
    gate: str, names: Sequence[str], model: Examined, measures: Sequence[Importance], limits: Rule
) -> list[Ruling]:
    """Whether each feature is where it must be, by every measure: only when that is sure."""
    wanted, place = BELOW if gate == NEVER else ON_TOP, f"among the top {limits.top}"
    must, expected = (f"may not be {place}", f"not {place}") if gate == NEVER else (f"must be {place}", place)
    found = []
    given = model.importance.features if model.importance else ()
    # Costs are squares of answers: the share of one that counts is the root of the other's.
    rules = (limits, replace(limits, at_least=limits.at_least**0.5))
    standings = [
        importance.standings(measure, [name for name in names if name in given], measured_by)
        for measure, measured_by in zip(measures, rules, strict=False)
    ]
    for name in names:
        if name not in given:
            state = "not given" if model.importance else UNKNOWN
            why = (
                f"the model is not explained: {model.unexplained}" if state == UNKNOWN else "the model is not given it"
            )
            passed = state != UNKNOWN and wanted == BELOW
            words = f"{name} {must}: {why}"
            found.append(Ruling(gate=gate, passed=passed, expected=expected, words=words, state=state, column=name))
            continue
        told = [(by[name], measure) for by, measure in zip(standings, measures, strict=True)]
        at, measure = min(told, key=lambda one: SEVEREST.index(one[0].state))
        found.append(
            Ruling(
                gate=gate,
                passed=at.state == wanted,
                expected=expected,
                words=f"{name} {must}: {_told(at, measure, limits)}",
                state=at.state,
                column=name,
                value=at.value,
                low=at.low,
                high=at.high,
            )
        )
    return found


def _told(at: Standing, measure: Importance, limits: Rule) -> str:
    count = len(measure.features)
    size = f"{at.value:.3g} {measure.unit}".rstrip()
    text = (
        f"{measure.told} {size} ({limits.confidence:.0%} interval {at.low:.3g} to {at.high:.3g}), "
        f"no. {at.place} of {count}: {at.state}"
    )
    if at.state != TOO_LITTLE:
        return text
    if measure.rows < LEAST_ROWS:
        return f"{text}, {measure.rows} held-out rows have an answer, {LEAST_ROWS} are needed"
    all_on_top = f"; top is {limits.top} of {count} features, lower it" if limits.top >= count else ""
    return f"{text}, it may be anywhere from no. {at.first} to no. {at.last}{all_on_top}"


def _stable(least: float, model: Examined, champion: Rival, limits: Rule) -> Ruling:
    """Says no when the whole interval is below: as in every comparison with the champion, noise does not stop a model."""
    start, expected = f"importance is where champion version {champion.version} has it", f">= {least:.0%}"
    measured, why = None, "the answers of one of them depend on no feature"
    for whose, one in (("the champion", champion.examined), ("the model", model)):
        if one.importance is None:
            why = f"{whose} is not explained: {one.unexplained}"
    if model.importance and champion.examined.importance:
        measured = importance.overlap(model.importance, champion.examined.importance, limits)
    if measured is None:
        words = f"{start}: cannot be said, {why}"
        return Ruling(gate=STABILITY, passed=False, expected=expected, words=words, state=UNKNOWN)
    value, low, high = measured
    state = "alike" if low >= least else "unlike" if high < least else TOO_LITTLE
    words = (
        f"{start} by {value:.0%} ({limits.confidence:.0%} interval {low:.0%} to {high:.0%}, at least {least:.0%} is "
        f"asked for): {state}{', which does not stop it' if state == TOO_LITTLE else ''}"
    )
    return Ruling(
        gate=STABILITY,
        passed=state != "unlike",
        expected=expected,
        words=words,
        state=state,
        value=value,
        low=low,
        high=high,
    )
