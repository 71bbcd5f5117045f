"""What the model's answers depend on, as the spec's section explain asks: gates, table and plot. Parent side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from golden_paths.artifacts import TrainingSet
from golden_paths.errors import StepFailed
from golden_paths.gate_sections import ExplainSection
from golden_paths.modelling import explain_gates, groups, importance, together
from golden_paths.modelling import importance_shown as shown
from golden_paths.modelling.explain_gates import Rival
from golden_paths.modelling.finding import DEPENDS, Finding
from golden_paths.modelling.importance import Importance, Rule, Settings
from golden_paths.modelling.judged import Examined

NAMED_PAIRS = 5


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
    found, rule = model.importance, explain_gates.rule(section)
    rulings = explain_gates.rulings(section, training_set, model, champion) if section else ()
    if found is None:
        return Finding(title=DEPENDS, rulings=rulings, notes=(f"the model is not explained: {model.unexplained}",))
    rival = champion.examined.importance if champion else None
    return Finding(
        title=DEPENDS,
        rulings=rulings,
        tables=(shown.table(found, rival, rule),),
        plots={shown.TITLE: shown.plot(found, rule, folder).name},
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


def _of_features(found: Importance, frame: Path) -> Iterator[str]:
    import pandas as pd

    held_out = pd.DataFrame(groups.held_out(frame, found.features))
    yield (
        f"permutation importance of {found.rows} held-out rows, SHAP values of {len(found.shap)} of them (sampled orders of "
        "the features, against held-out rows): how the model uses its features, not what causes the label"
    )
    if not found.values.any() and not found.influence.any():
        yield "the answers depend on no feature"
    for one, other, strength in list(together.pairs(held_out))[:NAMED_PAIRS]:
        yield f"{one} and {other} go together ({strength:.2f}): each alone is understated, read the two as one"
    if len(found.features) > shown.LISTED:
        yield f"the table has the {shown.LISTED} largest of {len(found.features)} features"


def _of_champion(section: ExplainSection | None, found: Importance, champion: Rival, rule: Rule) -> Iterator[str]:
    if (theirs := champion.examined.importance) is None:
        yield f"champion version {champion.version} is not explained: {champion.examined.unexplained}"
        return
    correlation, measured = importance.rank_correlation(found, theirs), importance.overlap(found, theirs, rule)
    if correlation is not None:
        yield f"rank correlation with the importances of champion version {champion.version}: {correlation:.2f}"
    if measured is not None and (section is None or section.stability is None):
        yield f"importance is where champion version {champion.version} has it by {measured[0]:.0%}; no bound is asked for"
