"""All that a look examines, each as a finding: what the spec asks of live inputs and answers, of age and of the endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from golden_paths.errors import StepFailed
from golden_paths.gate_sections import BiasSection, EvaluateSection
from golden_paths.modelling.finding import Finding, Ruling
from golden_paths.modelling.metrics import Outcome
from golden_paths.monitor_sections import PerformanceSection
from golden_paths.monitoring import (
    comparable,
    drift,
    drift_counts,
    drift_report,
    live_bias,
    live_contract,
    live_performance,
    unseen,
)
from golden_paths.monitoring.look import FEATURE, PREDICTION, SCORE, Look, outcome
from golden_paths.values import Bound

if TYPE_CHECKING:
    import pandas as pd

    from golden_paths.monitoring.profile import Profile

Labelled = Callable[[Look, PerformanceSection], "pd.DataFrame | str"]
NO_PROFILE = "no reference profile was frozen with this version: run the path again to have one"


def findings(look: Look, labelled: Labelled) -> list[Finding]:
    """Of the rows of this window, and of the answers that have a label by now, which `labelled` gives: rows, or why not."""
    return [*_drift(look), *live_contract.findings(look), *_of_answers(look, labelled)]


def _drift(look: Look) -> Iterator[Finding]:
    if (section := look.section.drift) is None:
        return
    if look.profile is None:
        yield _not_judged("Drift", "drift", NO_PROFILE)
        return
    profile = comparable.profile_for(look, look.profile)
    counts = drift_counts.counted(profile, look.answered, predictions=PREDICTION, scores=SCORE)
    look.folder.mkdir(parents=True, exist_ok=True)
    yield drift_report.finding(drift.judge_counts(counts, section), section, look.folder, profile.left_out)
    yield unseen.finding(unseen.judge_counts(counts, section))


def _of_answers(look: Look, labelled: Labelled) -> Iterator[Finding]:
    """Performance, and groups of people. Labels are read once, when one of them needs them."""
    bias, performance = _bias(look), _performance(look)
    if look.profile is None:
        if bias:
            yield _not_judged(live_bias.TITLE, "bias", NO_PROFILE)
        if performance:
            yield _not_judged(live_performance.TITLE, "performance", NO_PROFILE)
        return
    needs_labels = performance or (bias and not _is_judged_without(bias, look))
    rows = labelled(look, performance or PerformanceSection()) if needs_labels else None
    if performance and rows is not None:
        yield _performed(look, look.profile, performance, rows)
    if bias:
        yield _treated(look, look.profile, bias, rows)


def _performed(look: Look, profile: Profile, section: PerformanceSection, rows: pd.DataFrame | str) -> Finding:
    if isinstance(rows, str):
        return _not_judged(live_performance.TITLE, "performance", rows)
    bounds: dict[str, Bound] = section.metrics or look.spec.need(EvaluateSection).metrics
    try:
        return live_performance.finding(_outcome(profile, rows, with_truth=True), bounds, section.at_least)
    except StepFailed as error:
        return _not_judged(live_performance.TITLE, "performance", str(error))


def _treated(look: Look, profile: Profile, section: BiasSection, rows: pd.DataFrame | str | None) -> Finding:
    """On every answer, where the measure needs no label and the log has the columns; else on those with a label."""
    if isinstance(rows, str):
        return live_bias.told(rows)
    is_without = rows is None or _is_judged_without(section, look)
    chosen = _answered(look.rows if rows is None or is_without else rows)
    columns = {}
    for name in look.sensitive:
        found = next((one for one in (name, f"{FEATURE}{name}") if one in chosen.columns), None)
        if found is None:
            return live_bias.told(f"neither the log nor the labels have {name}")
        columns[name] = chosen[found].to_numpy()
    if chosen.empty:
        return live_bias.told("there are no answers to compare" if is_without else "no answer has a label by now")
    try:
        said = _outcome(profile, chosen, with_truth=not is_without)
    except StepFailed as error:
        return live_bias.told(str(error))
    return live_bias.finding(section, said, columns, look.folder)


def _is_judged_without(section: BiasSection, look: Look) -> bool:
    names = {f"{FEATURE}{name}" for name in look.sensitive}
    return section.measure in live_bias.WITHOUT_LABELS and names <= set(look.rows.columns)


def _answered(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without an answer are not judged: that the model has none for them is said by drift."""
    return rows[rows["prediction"].notna()]


def _outcome(profile: Profile, rows: pd.DataFrame, *, with_truth: bool) -> Outcome:
    answered = _answered(rows)
    return outcome(profile, answered, answered["truth"].tolist() if with_truth else None)


def _bias(look: Look) -> BiasSection | None:
    asked = look.section.bias
    return look.spec.need(EvaluateSection).bias if asked == "inherit" else asked


def _performance(look: Look) -> PerformanceSection | None:
    asked = look.section.performance
    return PerformanceSection() if asked == "inherit" else asked


def _not_judged(title: str, gate: str, words: str) -> Finding:
    ruling = Ruling(gate=gate, passed=True, expected="", words=f"{gate}: not judged: {words}", state="not judged")
    return Finding(title=title, rulings=(ruling,))
