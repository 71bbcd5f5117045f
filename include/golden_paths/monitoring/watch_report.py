"""The report of a look: what alarms first, then every finding with its tables and plots."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from golden_paths.modelling import finding_page
from golden_paths.modelling.finding import Finding, Table
from golden_paths.monitoring.look import Look

REPORT = "watch.html"
QUIET = ("what", "found")


def write(look: Look, findings: Sequence[Finding]) -> Path:
    """Write it into the look's folder, which has the plots."""
    name, version = look.spec.name, look.champion.version
    span = f"{look.start.isoformat(timespec='seconds')} to {look.end.isoformat(timespec='seconds')}"
    body = [
        f"<h1>{html.escape(name)}, version {html.escape(version)}: a look</h1>",
        f"<p>{len(look.rows)} answers from {span}. Digest <code>{look.champion.digest}</code>, "
        f"owner {html.escape(look.spec.owner)}.</p>",
        _verdict(findings),
        *(finding_page.shown(_shortened(one), look.folder) for one in findings),
    ]
    look.folder.mkdir(parents=True, exist_ok=True)
    report = look.folder / REPORT
    report.write_text(finding_page.page(f"{name}: a look", body))
    return report


def _verdict(findings: Sequence[Finding]) -> str:
    alarms = [ruling.words for one in findings for ruling in one.rulings if not ruling.passed]
    if not alarms:
        return '<p class="verdict passed">No alarm.</p>'
    listed = "".join(f"<li>{html.escape(words)}</li>" for words in alarms)
    return f'<div class="verdict failed">{len(alarms)} {"alarm" if len(alarms) == 1 else "alarms"}:<ul>{listed}</ul></div>'


def _shortened(one: Finding) -> Finding:
    """Its alarms as they are; what is no alarm as rows of a table."""
    quiet = tuple((ruling.column or ruling.gate, ruling.words) for ruling in one.rulings if ruling.passed)
    table = (Table(title="", head=QUIET, rows=quiet),) if quiet else ()
    alarms = tuple(ruling for ruling in one.rulings if not ruling.passed)
    return one.model_copy(update={"rulings": alarms, "tables": table + one.tables})
