"""Drift as a report has it: a line for each column, a table, and plots of what alarms and of what differs most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from golden_paths.modelling.finding import Finding, Ruling, Table
from golden_paths.monitor_sections import DriftSection
from golden_paths.monitoring import drift_plots
from golden_paths.monitoring.drift import DRIFT, GAPS, NOTHING_SURE, TOO_FEW, TOO_SMALL, ColumnDrift, Compared
from golden_paths.monitoring.drift_counts import FEATURE, PREDICTION

GATE, TITLE = "drift", "Drift"
PLOTS, LARGEST = 12, 4  # at most; of which the largest, alarm or not
HEAD = ("column", "of", "distance", "p", "live rows", "training rows", "missing", "missing in training", "verdict")
MEASURES = {
    "numbers": "cumulative shares differ by up to",
    "times": "cumulative shares differ by up to",
    "categories": "shares of categories differ by",
}


def finding(
    found: Sequence[ColumnDrift], section: DriftSection, folder: Path, left_out: Mapping[str, str] | None = None
) -> Finding:
    """A ruling for each column, with the distance of what decides. `left_out`: features not compared, and why.

    Plots are written into `folder`.
    """
    rulings = tuple(_ruling(one, section) for one in found)
    rows = tuple(_row(one, compared) for one in found for compared in _compared(one))
    rule = (
        f"A column has drifted when a difference is significant at {section.alpha:g}, all columns together, and at least "
        f"{section.effect:g}. p is that of one test alone."
    )
    notes = (rule, *(f"{name} is not compared: {why}" for name, why in (left_out or {}).items()))
    return Finding(
        title=TITLE,
        rulings=rulings,
        tables=(Table(title="Drift by column", head=HEAD, rows=rows),) if rows else (),
        plots={
            f"Drift of {subject(one)}": drift_plots.draw(one.counts, subject(one), folder / f"drift_{number}.png").name
            for number, one in enumerate(_shown(found), start=1)
        },
        notes=notes,
    )


def subject(one: ColumnDrift) -> str:
    """How it is called: a feature by its name, which may be `score`, too."""
    if one.role == FEATURE:
        return one.column
    return "the prediction" if one.role == PREDICTION else "the score of the prediction"


def words(one: ColumnDrift, section: DriftSection) -> str:
    """One line that stands alone."""
    worst, who = one.worst, subject(one)
    if worst.state == TOO_FEW:
        return f"{who}: too few rows to look for drift, {one.rows:,} have a value and {section.at_least:,} are needed"
    if worst.distance is None:
        return f"{who}: there is nothing to compare, {one.rows:,} live rows and {one.reference_rows:,} of training have a value"
    told = f"{_measured(one, worst)} ({_chance(worst.p)}; {one.counts.window:,} live rows, {one.counts.ref_window:,} of training)"
    if worst.state == DRIFT:
        return f"{who} has drifted: {told}, at least {section.effect:g} matters"
    if worst.state == TOO_SMALL:
        return f"{who}: {told} is significant, but too small to matter: less than {section.effect:g}"
    return f"{who}: no significant drift, {told}"


def _measured(one: ColumnDrift, compared: Compared) -> str:
    counts = one.counts
    if compared.what == GAPS:
        live, ref = counts.live_missing / counts.window, counts.ref_missing / counts.ref_window
        return f"{live:.1%} of its values are missing, {ref:.1%} in training"
    return f"{MEASURES[counts.kind]} {compared.distance:.3g}"


def _chance(p: float) -> str:
    return f"p = {p:.2g}" if p >= 1e-9 else "p < 1e-9"


def _ruling(one: ColumnDrift, section: DriftSection) -> Ruling:
    return Ruling(
        gate=GATE,
        passed=not one.is_alarm,
        expected=f"a distance below {section.effect:g}, or none that is significant at {section.alpha:g}",
        words=words(one, section),
        state=one.worst.state,
        column=subject(one),
        value=one.worst.distance,
    )


def _compared(one: ColumnDrift) -> tuple[Compared, ...]:
    """Missing values are told where there are any."""
    return (one.values, one.gaps) if one.counts.live_missing or one.counts.ref_missing else (one.values,)


def _row(one: ColumnDrift, compared: Compared) -> tuple[str, ...]:
    counts = one.counts
    distance = "" if compared.distance is None else f"{compared.distance:.3g}"
    is_told = compared.state in (DRIFT, TOO_SMALL, NOTHING_SURE)
    return (
        subject(one),
        compared.what,
        distance,
        f"{compared.p:.2g}" if is_told and compared.p >= 1e-9 else "< 1e-9" if is_told else "",
        f"{one.rows:,}",
        f"{one.reference_rows:,}",
        f"{counts.live_missing:,}",
        f"{counts.ref_missing:,}",
        compared.state,
    )


def _shown(found: Sequence[ColumnDrift]) -> list[ColumnDrift]:
    """Alarms first, the larger before the smaller; then the largest of the others, where values can be compared."""
    ordered = sorted(found, key=lambda one: (not one.is_alarm, -(one.worst.distance or 0.0)))
    alarms = sum(one.is_alarm for one in found)
    return [one for one in ordered if one.rows or one.reference_rows][: min(PLOTS, max(alarms, LARGEST))]
