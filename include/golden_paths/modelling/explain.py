"""What the model's answers depend on, as the spec's section explain asks: gates, table and plot. Parent side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from golden_paths.artifacts import TrainingSet
from golden_paths.errors import StepFailed
from golden_paths.gate_sections import ExplainSection
from golden_paths.modelling import groups, importance, plots, together
from golden_paths.modelling.finding import Finding, Ruling, Table
from golden_paths.modelling.importance import BELOW, LEAST_ROWS, ON_TOP, TOO_LITTLE, Importance, Rule, Settings
from golden_paths.modelling.judged import Examined

TITLE, PLOT, FILE = "What the answers depend on", "Importance of the features", "importance.png"
UNKNOWN = "cannot be computed"
PLOTTED, LISTED, NAMED_PAIRS = 15, 50, 5


@dataclass(frozen=True)
class Rival:
    """The champion, examined on the same rows."""

    version: str
    examined: Examined


def settings(section: ExplainSection | None) -> Settings:
    """What `judged.examined` is asked for, of the model and of the champion."""
    return Settings(section.rows, section.repeats, section.seed) if section else Settings()


def decides(section: ExplainSection | None) -> bool:
    """Whether a champion that cannot be asked must stop the path."""
    return section is not None and section.stability is not None


def finding(
    section: ExplainSection | None,
    training_set: TrainingSet,
    frame: Path,
    model: Examined,
    champion: Rival | None,
    folder: Path,
) -> Finding:
    """Rulings explain.never, explain.always and explain.stability; a table, and a plot written into `folder`.

    `frame` is the training set's parquet file. A gate that cannot be computed says no.
    Raises `StepFailed` for a name that the training set does not have.
    """
    check(section, training_set)
    found, rule = model.importance, _rule(section)
    rulings = tuple(_rulings(section, training_set, model, champion, rule)) if section else ()
    if found is None:
        return Finding(title=TITLE, rulings=rulings, notes=(f"the model is not explained: {model.unexplained}",))
    rival = champion.examined.importance if champion else None
    return Finding(
        title=TITLE,
        rulings=rulings,
        tables=(_table(found, rival, rule),),
        plots={PLOT: _plot(found, rule, folder).name},
        notes=(*_of_features(found, frame), *(_of_champion(section, found, champion, rule) if champion else ())),
    )


def check(section: ExplainSection | None, training_set: TrainingSet) -> None:
    """Refuse names that are no columns: a feature that is misspelt would pass for one that the model is not given."""
    if section is None:
        return
    known = {*training_set.features, *training_set.sensitive}
    for part, names in (("never", section.never), ("always", section.always)):
        if unknown := [name for name in names if name not in known]:
            raise StepFailed(
                f"evaluate.explain.{part} names {', '.join(unknown)}, which the training set does not have",
                remedy=f"choose among {', '.join(training_set.features)}",
            )


def _rule(section: ExplainSection | None) -> Rule:
    if section is None:
        return Rule()
    return Rule(section.top, section.at_least, section.confidence, section.seed)


def _rulings(
    section: ExplainSection, training_set: TrainingSet, model: Examined, champion: Rival | None, rule: Rule
) -> Iterator[Ruling]:
    sensitive = () if section.sensitive_on_top else training_set.sensitive
    never = dict.fromkeys((*section.never, *sensitive))
    asked = [("explain.never", name, BELOW) for name in never] + [
        ("explain.always", name, ON_TOP) for name in section.always
    ]
    found = model.importance
    known = [name for _, name, _ in asked if found and name in found.features]
    places = importance.standings(found, known, rule) if found else {}
    for gate, name, wanted in asked:
        yield _placed(gate, name, wanted, model, places.get(name), rule)
    if section.stability is not None and champion is not None:
        yield _stable(section.stability, model, champion, rule)


def _placed(gate: str, name: str, wanted: str, model: Examined, at: importance.Standing | None, rule: Rule) -> Ruling:
    """Whether a feature is where it must be: only when that is sure."""
    must, expected = (
        (f"may not be among the top {rule.top}", f"not among the top {rule.top}, surely")
        if wanted == BELOW
        else (f"must be among the top {rule.top}", f"among the top {rule.top}, surely")
    )
    if (found := model.importance) is None:
        words = f"{name} {must}, and the model is not explained: {model.unexplained}"
        return Ruling(gate=gate, passed=False, expected=expected, words=words, state=UNKNOWN, column=name)
    if at is None:
        words = f"{name} {must}: the model is not given it"
        return Ruling(gate=gate, passed=wanted == BELOW, expected=expected, words=words, state="not given", column=name)
    return Ruling(
        gate=gate,
        passed=at.state == wanted,
        expected=expected,
        words=f"{name} {must}: {_told(at, found, rule)}",
        state=at.state,
        column=name,
        value=at.value,
        low=at.low,
        high=at.high,
    )


def _told(at: importance.Standing, found: Importance, rule: Rule) -> str:
    return (
        f"permuted it costs {at.value:.3g} {found.unit} ({rule.confidence:.0%} interval {at.low:.3g} to {at.high:.3g}), "
        f"no. {at.place} of {len(found.features)}: {at.state}{_lacking(at, found, rule)}"
    )


def _lacking(at: importance.Standing, found: Importance, rule: Rule) -> str:
    if at.state != TOO_LITTLE:
        return ""
    if found.answered < LEAST_ROWS:
        return f", {found.answered} held-out rows have an answer, {LEAST_ROWS} are needed"
    least = (
        ""
        if rule.top < len(found.features)
        else f", top is {rule.top} and the model has {len(found.features)} features"
    )
    return f", it may be anywhere from no. {at.first} to no. {at.last}{least}"


def _stable(least: float, model: Examined, champion: Rival, rule: Rule) -> Ruling:
    """Says no when the whole interval is below: as in every comparison with the champion, noise does not stop a model."""
    gate, expected, theirs = "explain.stability", f">= {least:.0%}, not surely less", champion.examined
    start = f"importance is where champion version {champion.version} has it"
    if model.importance is None or theirs.importance is None:
        whose, why = (
            ("the model", model.unexplained) if model.importance is None else ("the champion", theirs.unexplained)
        )
        words = f"{start}: cannot be said, {whose} is not explained: {why}"
        return Ruling(gate=gate, passed=False, expected=expected, words=words, state=UNKNOWN)
    if (measured := importance.overlap(model.importance, theirs.importance, rule)) is None:
        words = f"{start}: cannot be said, the answers of one of them depend on no feature"
        return Ruling(gate=gate, passed=False, expected=expected, words=words, state=UNKNOWN)
    value, low, high = measured
    passed = high >= least
    state = "alike" if low >= least else TOO_LITTLE if passed else "unlike"
    words = (
        f"{start} by {value:.0%} ({rule.confidence:.0%} interval {low:.0%} to {high:.0%}, at least {least:.0%} is asked "
        f"for): {state}{', which does not stop it' if state == TOO_LITTLE else ''}"
    )
    return Ruling(
        gate=gate, passed=passed, expected=expected, words=words, state=state, value=value, low=low, high=high
    )


def _table(found: Importance, rival: Importance | None, rule: Rule) -> Table:
    head = ("feature", f"permuted, it costs {found.unit}", f"{rule.confidence:.0%} interval", "mean |SHAP|", "interval")
    rows = []
    for one in _sized(found, rule)[:LISTED]:
        cells = [one.name, f"{one.cost[0]:.3g}", _interval(one.cost), f"{one.shap[0]:.3g}", _interval(one.shap)]
        if rival:
            theirs = rival.values[rival.features.index(one.name)] if one.name in rival.features else None
            cells.append("no feature of it" if theirs is None else f"{theirs:.3g}")
        rows.append(tuple(cells))
    return Table(title=PLOT, head=(*head, "the champion's") if rival else head, rows=tuple(rows))


@dataclass(frozen=True)
class _Sized:
    """One feature: (value, low, high) of what permuting it costs, and of its SHAP values' mean size."""

    name: str
    cost: tuple[float, float, float]
    shap: tuple[float, float, float]


def _sized(found: Importance, rule: Rule) -> list[_Sized]:
    """The largest importance first."""
    import numpy as np

    drawn = importance.draws(found.influence, rule.seed)
    known = found.shap[np.isfinite(found.shap).all(axis=1)]
    means = known.mean(axis=0) if len(known) else np.full(len(found.features), np.nan)
    moved = importance.draws(known - means, rule.seed) if len(known) else np.zeros_like(drawn)
    sized = []
    for at in np.argsort(-found.values, kind="stable"):
        cost, size = float(found.values[at]), float(means[at])
        shap = (size, *importance.bounds(size, moved[:, at], rule.confidence))
        sized.append(_Sized(found.features[at], (cost, *importance.bounds(cost, drawn[:, at], rule.confidence)), shap))
    return sized


def _interval(size: tuple[float, float, float]) -> str:
    return f"{size[1]:.3g} to {size[2]:.3g}"


def _plot(found: Importance, rule: Rule, folder: Path) -> Path:
    shown = _sized(found, rule)[:PLOTTED][::-1]  # the first bar is drawn lowest
    title = f"Permuted, it costs {found.unit}"
    return plots.bars(folder / FILE, title, [one.name for one in shown], [one.cost for one in shown])


def _of_features(found: Importance, frame: Path) -> Iterator[str]:
    import pandas as pd

    held_out = pd.DataFrame(groups.held_out(frame, found.features))
    yield (
        f"permutation importance of {found.answered} held-out rows, SHAP values of {len(found.shap)} of them (sampled orders of "
        "the features, against held-out rows): how the model uses its features, not what causes the label"
    )
    if not found.values.any() and not found.influence.any():
        yield "the answers depend on no feature"
    for one, other, strength in list(together.pairs(held_out))[:NAMED_PAIRS]:
        yield f"{one} and {other} go together ({strength:.2f}): each alone is understated, read the two as one"
    if len(found.features) > LISTED:
        yield f"the table has the {LISTED} largest of {len(found.features)} features"


def _of_champion(section: ExplainSection | None, found: Importance, champion: Rival, rule: Rule) -> Iterator[str]:
    if (theirs := champion.examined.importance) is None:
        yield f"champion version {champion.version} is not explained: {champion.examined.unexplained}"
        return
    correlation, measured = importance.rank_correlation(found, theirs), importance.overlap(found, theirs, rule)
    if correlation is not None:
        yield f"rank correlation with the importances of champion version {champion.version}: {correlation:.2f}"
    if measured is not None and (section is None or section.stability is None):
        yield f"importance is where champion version {champion.version} has it by {measured[0]:.0%}; no bound is asked for"
