"""The pack as one HTML page, for somebody who was not there: no script, and nothing is fetched from anywhere."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping

from golden_paths.audit import drawing
from golden_paths.audit.found import Audit, Proof, Row, Section
from golden_paths.audit.serving import shown
from golden_paths.audit.stylesheet import STYLE

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
LEGEND = (
    "Each row names the ids that it stands on: M in MLflow, L in the event log, Q in Marquez, K on the cluster, E an endpoint. "
    "\N{CHECK MARK} was looked up, and says the same; ? could not be confirmed; \N{MULTIPLICATION X} says something else. "
    "Each leads to how anybody looks it up."
)
MARKS = {"confirmed": "\N{CHECK MARK}", "not confirmed": "?", "contradicted": "\N{MULTIPLICATION X}"}


def page(audit: Audit, files: Mapping[str, str]) -> str:
    """The whole page. `files` are the other files of the pack, by name, with their SHA-256."""
    name = f"{audit.model} version {audit.version}"
    body = [
        f"<h1>{_text(name)}</h1>",
        f'<p class="small">Audit pack, collected {shown(audit.collected)}. Asked for: {_text(audit.asked)}.</p>',
        f'<p class="summary">{_text(audit.summary)}</p>',
        _verdict(audit),
        "<nav>"
        + "".join(f'<a href="#{one.key}">{_text(one.title)}</a>' for one in audit.sections)
        + '<a href="#ids">Ids</a></nav>',
        f'<p class="small">{LEGEND}</p>',
        *(_section(one, audit) for one in audit.sections),
        _ids(audit.proofs),
        _check(files),
    ]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{_text(name)}: audit</title>'
        f"<style>{STYLE}{drawing.STYLE}</style>"
    )
    return f'<!doctype html><html lang="en"><head>{head}</head><body>\n' + "\n".join(body) + "\n</body></html>\n"


def _text(text: str) -> str:
    return html.escape(text)


def _verdict(audit: Audit) -> str:
    """How much of it was confirmed, and in words all that was not."""
    confirmed, total = audit.count("confirmed"), len(audit.proofs)
    said = f"<b>{confirmed} of {total} ids were looked up and confirmed.</b>"
    if not audit.doubts:
        return f'<div class="box confirmed">{said} Nothing contradicts anything else.</div>'
    state = "contradicted" if audit.count("contradicted") else "not-confirmed"
    listed = "".join(f"<li>{_text(doubt)}</li>" for doubt in audit.doubts)
    against = (
        f"{audit.count('contradicted')} contradict what others say"
        if state == "contradicted"
        else "None contradicts another"
    )
    return f'<div class="box {state}">{said} {against}. What this pack does not confirm:<ul>{listed}</ul></div>'


def _section(section: Section, audit: Audit) -> str:
    parts = [f'<h2 id="{section.key}">{_text(section.title)}</h2>']
    if section.said:
        parts.append(f"<p>{_text(section.said)}</p>")
    if section.key == "lineage":
        parts.append(f'<div class="scroll">{drawing.svg(audit.graph, audit.proofs)}</div>')
    if section.rows:
        parts.append(_table(section, audit.proofs))
    return "".join(parts)


def _table(section: Section, proofs: Mapping[str, Proof]) -> str:
    look = "facts" if len(section.columns) == 2 else "rows"
    head = "".join(f"<th>{_text(column)}</th>" for column in (*section.columns, "confirmed by"))
    return f'<table class="{look}"><tr>{head}</tr>{"".join(_row(row, proofs) for row in section.rows)}</table>'


def _row(row: Row, proofs: Mapping[str, Proof]) -> str:
    cells = "".join(f"<td{_look(cell)}>{_text(cell)}</td>" for cell in row.cells)
    return f'<tr>{cells}<td class="by">{_links(row.proofs, proofs)}</td></tr>'


def _look(cell: str) -> str:
    if cell == "failed":
        return ' class="failed"'
    return ' class="mono"' if len(cell) >= 32 and " " not in cell else ""


def _links(keys: Iterable[str], proofs: Mapping[str, Proof]) -> str:
    return "".join(_link(key, proofs[key]) for key in keys)


def _link(key: str, proof: Proof) -> str:
    named = _text(f"{proof.system} {proof.kind} {proof.id}")
    return f'<a class="{_css(proof)}" href="#{key}" title="{named}">{key} {MARKS[proof.state]}</a>'


def _css(proof: Proof) -> str:
    return proof.state.replace(" ", "-")


def _ids(proofs: Mapping[str, Proof]) -> str:
    """Every id, by system, with how it is looked up and what came of it."""
    parts = ['<h2 id="ids">Ids, and where each is looked up</h2>']
    for system in dict.fromkeys(proof.system for proof in proofs.values()):
        rows = "".join(_id(key, proof) for key, proof in proofs.items() if proof.system == system)
        head = "<tr><th></th><th>what</th><th>id</th><th>look it up</th><th>outcome</th></tr>"
        parts.append(f'<h3>{_text(system[0].upper() + system[1:])}</h3><table class="ids">{head}{rows}</table>')
    return "".join(parts)


def _id(key: str, proof: Proof) -> str:
    outcome = f'<td class="{_css(proof)}">{MARKS[proof.state]} {_text(proof.state)}: {_text(proof.said)}</td>'
    return (
        f'<tr id="{key}"><td>{key}</td><td>{_text(proof.kind)}</td><td class="mono">{_text(proof.id)}</td>'
        f'<td class="mono">{_text(proof.look_up)}</td>{outcome}</tr>'
    )


def _check(files: Mapping[str, str]) -> str:
    rows = "".join(
        f'<tr><td>{_text(name)}</td><td class="mono">{digest}</td></tr>' for name, digest in sorted(files.items())
    )
    return (
        '<h2 id="check">How to check this pack</h2><p><code>python -m golden_paths audit verify FILE.zip</code> makes the pack '
        "again from its files and compares every byte; with <code>--digest</code> it also holds it to the SHA-256 that was "
        "printed when it was made. manifest.json has the SHA-256 of this page, and of these files:</p>"
        f'<table class="facts"><tr><th>file</th><th>SHA-256</th></tr>{rows}</table>'
    )
