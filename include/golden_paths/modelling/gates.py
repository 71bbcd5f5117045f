"""The gates of evaluation: bounds on metrics, and the champion on the same rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from golden_paths.modelling.metrics import loss
from golden_paths.spec import EvaluateSection


def lines(
    section: EvaluateSection, measured: Mapping[str, float], champion: Mapping[str, float] | None, version: str = ""
) -> list[str]:
    """What was measured, a line for each metric that the spec names."""
    found = []
    for name, bound in section.metrics.items():
        value = f"{measured[name]:.6g}" if name in measured else "cannot be computed"
        theirs = f", champion version {version} {champion[name]:.6g}" if champion and name in champion else ""
        found.append(f"{name} {value} (bound {bound}{theirs})")
    return found


def failures(
    section: EvaluateSection,
    measured: Mapping[str, float],
    champion: Mapping[str, float] | None,
    version: str = "",
    *,
    unanswered: int = 0,
) -> list[str]:
    """Every gate that says no, each with what was measured and what was asked for; empty when all were passed.

    `champion` None: there is none yet, and nothing to compare with. `unanswered`: rows for which the model gave NaN.
    """
    found = []
    why = f" ({unanswered} of them got no answer, NaN)" if unanswered else ""
    for name, bound in section.metrics.items():
        if (value := measured.get(name)) is None:
            found.append(f"{name} cannot be computed on the held-out rows{why}, must be {bound}")
        elif not bound.holds(value):
            found.append(f"{name} is {value:.6g}, must be {bound}")
    if section.champion and champion is not None:
        found.extend(_against(section.champion.metric, section.champion.may_lose, measured, champion, version))
    return found


def _against(
    metric: str, may_lose: float, measured: Mapping[str, float], champion: Mapping[str, float], version: str
) -> list[str]:
    ours, theirs = measured.get(metric), champion.get(metric)
    if ours is None or theirs is None:
        return [
            f"{metric} cannot be compared with champion version {version}: it cannot be computed on the held-out rows"
        ]
    lost = loss(metric, champion=theirs, challenger=ours)
    if lost > may_lose:
        rival = f"champion version {version} has {theirs:.6g} on the same rows"
        return [f"{metric} is {ours:.6g}, {rival}: worse by {lost:.6g}, may lose {may_lose:g}"]
    return []
