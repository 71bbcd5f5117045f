"""The report of evaluation: one self-contained HTML file, and the plots beside it. Parent side."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from golden_paths.gate_sections import EvaluateSection
from golden_paths.modelling import finding_page, plots
from golden_paths.modelling.finding import Finding
from golden_paths.modelling.metrics import Outcome
from golden_paths.modelling.sides import Sides
from golden_paths.spec import PathSpec
from golden_paths.values import Bound


@dataclass(frozen=True)
class Judgement:
    """Everything the report says. `reasons` is empty when every gate was passed."""

    spec: PathSpec
    model_digest: str
    training_set: str
    sides: Sides
    reasons: Sequence[str]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    findings: Sequence[Finding] = ()  # the metrics first, which have a table of their own here; plots are in the report's folder


def write(judgement: Judgement, folder: Path) -> Path:
    """Write report.html and the outcome's plots into `folder`; returns the report."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = plots.draw(judgement.sides.outcome, folder)
    name = html.escape(judgement.spec.name)
    body = [
        f"<h1>{name}</h1><p>{html.escape(judgement.spec.description)}</p>",
        _verdict(judgement.reasons),
        _table(judgement),
        finding_page.images(drawn),
        *(finding_page.shown(one, folder) for one in judgement.findings[1:]),
        f"<p>{_rows(judgement.sides.outcome)} of training set <code>{judgement.training_set}</code>, "
        f"model <code>{judgement.model_digest}</code>, owner {html.escape(judgement.spec.owner)}.</p>",
    ]
    report = folder / "report.html"
    report.write_text(finding_page.page(f"{judgement.spec.name}: evaluation", body))
    return report


def _rows(outcome: Outcome) -> str:
    without = int((~outcome.answered).sum())
    return f"{len(outcome.truth)} held-out rows{f' ({without} without an answer, not drawn)' if without else ''}"


def _verdict(reasons: Sequence[str]) -> str:
    if not reasons:
        return '<p class="verdict passed">Every gate was passed.</p>'
    listed = "".join(f"<li>{html.escape(reason)}</li>" for reason in reasons)
    return f'<div class="verdict failed">The path stopped here:<ul>{listed}</ul></div>'


def _table(judgement: Judgement) -> str:
    section = judgement.spec.need(EvaluateSection)
    champion = (
        ""
        if judgement.sides.theirs is None
        else f"<th>champion (version {html.escape(judgement.sides.version or '')})</th>"
    )
    spread = "<th>95 %</th>" if judgement.intervals else ""
    rows = [f"<tr><th>metric</th><th>this model</th>{spread}{champion}<th>bound</th></tr>"]
    for name in dict.fromkeys([*judgement.sides.ours, *section.metrics]):
        value = judgement.sides.ours.get(name)
        theirs = "" if judgement.sides.theirs is None else f'<td class="n">{_number(judgement.sides.theirs.get(name))}</td>'
        verdict = _against(section.metrics.get(name), value)
        rows.append(f'<tr><td>{name}</td><td class="n">{_number(value)}</td>{_interval(judgement, name)}{theirs}{verdict}</tr>')
    return f"<table>{''.join(rows)}</table>"


def _interval(judgement: Judgement, name: str) -> str:
    if not judgement.intervals:
        return ""
    low, high = judgement.intervals.get(name, (None, None))
    return f'<td class="n">{"" if low is None else f"{_number(low)} to {_number(high)}"}</td>'


def _against(bound: Bound | None, value: float | None) -> str:
    if bound is None:
        return "<td></td>"
    held = value is not None and bound.holds(value)
    return f'<td class="{"held" if held else "missed"}">{html.escape(str(bound))}{"" if held else ", missed"}</td>'


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
