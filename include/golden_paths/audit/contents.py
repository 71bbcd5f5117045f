"""The files of a pack."""

from __future__ import annotations

from golden_paths.audit import evidence
from golden_paths.audit.case import Case
from golden_paths.audit.found import Audit
from golden_paths.audit.page import page
from golden_paths.digests import of_bytes

PAGE, DATA, EVENTS = "index.html", "audit.json", "events.ndjson"


def of(case: Case) -> tuple[Audit, dict[str, bytes]]:
    """The audit, and every file: the page, the same as data, the events, and what MLflow keeps of spec and packages."""
    audit = evidence.audit(case)
    files = {name: one.value.content for name, one in case.files.items() if one.value and one.value.content is not None}
    files |= {DATA: (audit.model_dump_json(indent=2) + "\n").encode(), EVENTS: evidence.lines(case)}
    shown = page(audit, {name: of_bytes(content) for name, content in files.items()})
    return audit, files | {PAGE: shown.encode()}
